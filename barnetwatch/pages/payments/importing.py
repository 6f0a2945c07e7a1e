"""Bring a payments file in: upload it, check how it is read, correct that, import it."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice import journal
from accounts.backoffice.forms import blame
from barnetwatch.lib.bounded import had_too_much
from barnetwatch.lib.exports import FORMATS, Column, export
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.pages.page import Crumbs, needs, site_page, typed
from barnetwatch.pages.payments.importforms import CorrectForm, UploadForm
from barnetwatch.pages.payments.preview import preview
from barnetwatch.pages.payments.words import counted
from costs.models import PaymentUpload
from costs.payments import importing, uploads, working

IMPORT = "costs.add_paymentfile"
#: The columns of a list of rows that cannot be read.
UNREADABLE = [Column("Line"), Column("Column"), Column("Value"), Column("Reason")]

State = PaymentUpload.State


def the_upload(user: Any, pk: int) -> PaymentUpload:
    """An upload of a publisher that a person may see; else as if it were not there."""
    rows = PaymentUpload.objects.visible_to(user).select_related("publisher", "uploaded_by")
    # Thousands of unreadable rows stand in it, and a page that waits asks every few seconds.
    found: PaymentUpload = get_object_or_404(rows.defer("report"), pk=pk)
    return found


def crumbs_to(upload: PaymentUpload | None = None) -> Crumbs:
    """The pages above those of an upload."""
    above = [
        ("Payments", reverse("admin:payments")),
        ("Payment files", reverse("admin:payment_files")),
    ]
    if upload is None:
        return above
    return [
        *above,
        ("Import payments", reverse("admin:payment_import")),
        (upload.name, upload.get_absolute_url()),
    ]


@needs(IMPORT)
def import_page(request: HttpRequest) -> HttpResponse:
    """Choose a file and say whose it is; and what was brought and is not finished."""
    sent = typed(request)
    form = UploadForm(
        sent, request.FILES or None, user=request.user, had_too_much=had_too_much(request)
    )
    if request.method == "POST" and form.is_valid() and (answer := _received(request, form)):
        return answer
    unfinished = PaymentUpload.objects.visible_to(request.user).unfinished().defer("report")
    return site_page(
        request,
        "site/payments/import.html",
        "Import payments",
        crumbs=crumbs_to(),
        form=form,
        token=new_token(),
        unfinished=unfinished.select_related("publisher", "uploaded_by"),
    )


def _received(request: HttpRequest, form: UploadForm) -> HttpResponse | None:
    """The way to the upload's page; None where it was refused, which the form then says."""
    file, new = form.cleaned_data["file"], form.cleaned_data["new"]

    def write() -> PaymentUpload:
        publisher = importing.publisher_of(new) if new else form.cleaned_data["publisher"]
        return uploads.receive(file.chunks(), name=file.name, publisher=publisher, by=request.user)

    try:
        upload = once(
            request.POST.get("token") or new_token(), write, PaymentUpload.get_absolute_url
        )
    except SentBefore as before:
        messages.warning(request, "This page was sent before, so the file was not taken again.")
        return HttpResponseRedirect(before.became or reverse("admin:payment_import"))
    except uploads.AlreadyThere as there:
        messages.warning(request, f"{there} Nothing was changed.")
        return HttpResponseRedirect(reverse("admin:payment_file", args=[there.file.pk]))
    except ValidationError as refused:
        blame(form, refused)
        return None
    working.look_soon(upload, timezone.now())
    return HttpResponseRedirect(upload.get_absolute_url())


@needs(IMPORT)
def upload_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One upload: how it would be read, how far it is, or what became of it."""
    upload = the_upload(request.user, pk)
    if request.method == "POST":
        return _decided(request, upload)
    return site_page(
        request,
        "site/payments/upload.html",
        upload.name,
        crumbs=crumbs_to(upload)[:-1],
        upload=upload,
        preview=preview(upload) if upload.state == State.READY else None,
        **({"moving": in_words(upload)} if upload.is_moving else {}),
    )


def _decided(request: HttpRequest, upload: PaymentUpload) -> HttpResponse:
    """Import it, or look at it again; of two who press the button the second is told."""
    try:
        if "again" in request.POST:
            uploads.look_again(upload, by=request.user)
            working.look_soon(upload, timezone.now())
        elif "confirm" in request.POST:
            uploads.confirm(upload, by=request.user)
            journal.write(request.user, upload.publisher, ADDITION, f"Imports {upload.name}.")
    except ValidationError as refused:
        messages.warning(request, " ".join(refused.messages))
    return HttpResponseRedirect(upload.get_absolute_url())


def in_words(upload: PaymentUpload) -> str:
    """How far an upload is, for those who wait."""
    so_far = f" {counted(upload.rows_read, 'row')} so far." if upload.rows_read else ""
    if upload.cancel_asked:
        return "The import is being stopped. Nothing of it will be kept."
    match upload.state:
        case State.RECEIVED:
            return "The file is here and waits to be looked at."
        case State.LOOKING:
            return f"The file is being looked at.{so_far}"
        case State.CONFIRMED:
            return "The file waits to be imported."
        case _:
            return f"The file is being imported.{so_far}"


@needs(IMPORT)
def state(request: HttpRequest, pk: int) -> JsonResponse:
    """What a page asks while it waits: how far it is, and whether there is something new to see."""
    upload = the_upload(request.user, pk)
    return JsonResponse({"waiting": upload.is_moving, "words": in_words(upload)})


@needs("costs.change_publisher")
@needs(IMPORT)
def correct_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how the publisher's files are to be read, this one and those that follow."""
    upload = the_upload(request.user, pk)
    if upload.state != State.READY:
        messages.warning(request, uploads.DECIDED)
        return HttpResponseRedirect(upload.get_absolute_url())
    kept = upload.publisher.profile
    form = CorrectForm(typed(request), report=upload.report, kept=kept)
    if request.method == "POST" and form.is_valid():
        try:
            uploads.correct(upload, profile=form.profile, by=request.user)
        except ValidationError as refused:
            blame(form, refused)
        else:
            said = "Corrected how its files are read."
            journal.write(request.user, upload.publisher, CHANGE, said)
            upload.refresh_from_db()
            working.look_soon(upload, timezone.now())
            messages.success(
                request, "From now on its files are read like this. Check the figures."
            )
            return HttpResponseRedirect(upload.get_absolute_url())
    return site_page(
        request,
        "site/payments/correct.html",
        f"Correct how it is read: {upload.name}",
        crumbs=crumbs_to(upload),
        upload=upload,
        form=form,
        sample=upload.report.get("sample", []),
        corrected=kept.get("corrected", ""),
    )


@needs(IMPORT)
def cancel_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw an upload away, or stop its import; asked once more before it is done."""
    upload = the_upload(request.user, pk)
    if request.method == "POST":
        try:
            uploads.cancel(upload, by=request.user)
        except ValidationError as refused:
            messages.warning(request, " ".join(refused.messages))
        return HttpResponseRedirect(upload.get_absolute_url())
    if upload.is_finished:
        messages.warning(request, uploads.DECIDED)
        return HttpResponseRedirect(upload.get_absolute_url())
    stops = upload.state in (State.CONFIRMED, State.IMPORTING)
    return site_page(
        request,
        "site/payments/cancel.html",
        "Cancel this import" if stops else "Throw this file away",
        crumbs=crumbs_to(upload),
        upload=upload,
        stops=stops,
    )


@needs(IMPORT)
def unreadable(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows of an upload that cannot be read, as a file."""
    upload = the_upload(request.user, pk)
    rows = (
        (each["line"], each["column"], each["value"], each["reason"])
        for each in upload.report.get("rejected", ())
    )
    return export(kind_of(request), UNREADABLE, rows, f"unreadable-rows-of-upload-{pk}")


def kind_of(request: HttpRequest) -> str:
    """Which kind of file is asked for; CSV where none is."""
    kind = request.GET.get("export", "")
    return kind if kind in FORMATS else "csv"


PAGES = [
    ("payments/import/", "payment_import", import_page),
    ("payments/import/<int:pk>/", "payment_upload", upload_page),
    ("payments/import/<int:pk>/state/", "payment_upload_state", state),
    ("payments/import/<int:pk>/correct/", "payment_upload_correct", correct_page),
    ("payments/import/<int:pk>/cancel/", "payment_upload_cancel", cancel_page),
    ("payments/import/<int:pk>/unreadable/", "payment_upload_unreadable", unreadable),
]
