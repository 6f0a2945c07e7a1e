"""The payment files that were imported: their register, the page of one, and undoing an import."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.contrib.admin.models import CHANGE
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django_tables2 import A

from accounts.backoffice import journal
from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.exports import export
from barnetwatch.lib.money import in_table
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.lib.registers import Register, SiteFilterSet
from barnetwatch.lib.tables import CountColumn, PoundsColumn, SiteTable
from barnetwatch.pages.page import Crumbs, needs, site_page, typed
from barnetwatch.pages.payments.importforms import WithdrawForm
from barnetwatch.pages.payments.importing import IMPORT, UNREADABLE, kind_of
from barnetwatch.pages.payments.words import (
    columns_read,
    counted,
    how_read,
    left_out_rows,
    time_covered,
)
from costs.models import PaymentAllocation, PaymentFile, Publisher, UnreadableRow
from costs.payments import importing

VIEW, UNDO = "costs.view_paymentfile", "costs.add_filewithdrawal"
#: Unreadable rows shown, and rows left out; the download has all of the former.
SHOWN, SHOWN_LEFT_OUT = 50, 100
#: How a file stands, and the colour of its tag.
STATES = {"current": "green", "replaced": "grey", "withdrawn": "orange"}


def with_state(files: Any) -> Any:
    """Files with `stands`: current, replaced by one that stands, or withdrawn."""
    later = PaymentFile.objects.standing().filter(reading__replaces=OuterRef("pk"))
    return files.annotate(
        stands=Case(
            When(withdrawal__isnull=False, then=Value("withdrawn")),
            When(Exists(later), then=Value("replaced")),
            default=Value("current"),
        )
    )


def tag(state: str) -> Any:
    """How a file stands, as a tag."""
    css = f"govuk-tag govuk-tag--{STATES[state]}"
    return format_html('<strong class="{}">{}</strong>', css, state.capitalize())


class FileTable(SiteTable):
    """The list."""

    caption = "Payment files"
    name = tables.Column(
        "File",
        linkify=("admin:payment_file", {"pk": A("pk")}),
        attrs={"td": {"class": "bw-path"}, "th": {"class": "bw-wide"}},
    )
    covers = tables.Column(
        "Payments of", accessor="reading__covers_from", default="no day given", empty_values=()
    )
    publisher = tables.Column("Publisher", order_by="publisher__name")
    rows_read = CountColumn("Payments", accessor="reading__rows")
    amount = PoundsColumn(verbose_name="Sum", accessor="reading__amount")
    unreadable = CountColumn("Not readable", accessor="reading__unreadable")
    stands = tables.Column("State")
    by = tables.Column("Imported by", accessor="recorded_by", order_by="recorded_by__name")
    at = tables.Column("Imported", accessor="recorded_at")

    class Meta(SiteTable.Meta):
        empty_text = "No payment file matches these filters."

    def render_covers(self, record: Any) -> str:
        return time_covered(record.reading.covers_from, record.reading.covers_to)

    def value_covers(self, record: Any) -> str:
        return time_covered(record.reading.covers_from, record.reading.covers_to)

    def render_rows_read(self, value: int) -> str:
        return f"{value:,}"

    def value_rows_read(self, value: int) -> int:
        return value

    def render_unreadable(self, value: int) -> str:
        return f"{value:,}" if value else "none"

    def value_unreadable(self, value: int) -> int:
        return value

    def render_stands(self, value: str) -> Any:
        return tag(value)

    def value_stands(self, value: str) -> str:
        return value

    def render_at(self, value: Any) -> str:
        return in_words(timezone.localdate(value))

    def value_at(self, value: Any) -> Any:
        return timezone.localdate(value)


class FileFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    q = django_filters.CharFilter(label="Words in the name", method="with_words")
    publisher = django_filters.ModelChoiceFilter(
        queryset=lambda request: Publisher.objects.visible_to(request.user),
        empty_label="All publishers",
    )
    stands = django_filters.ChoiceFilter(
        label="State",
        choices=[(each, each.capitalize()) for each in STATES],
        empty_label="Any state",
    )

    class Meta:
        model = PaymentFile
        fields = ["q", "publisher"]

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        """Every word somewhere in the name."""
        for word in value.split()[:10]:
            rows = rows.filter(Q(name__icontains=word))
        return rows


class Files(Register):
    """The payment files a person may see."""

    title = "Payment files"
    noun, nouns = "payment file", "payment files"
    permission = VIEW
    filterset_class = FileFilter
    table_class = FileTable
    template_name = "site/payments/files.html"
    default_sort = ("-covers", "-at")

    def get_rows(self, request: HttpRequest) -> Any:
        rows = PaymentFile.objects.visible_to(request.user)
        return with_state(rows).select_related("publisher", "reading", "recorded_by")

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"may_import": request.user.has_perm(IMPORT)}


def the_file(user: Any, pk: int) -> PaymentFile:
    """A file that a person may see; else it answers as if it were not there."""
    rows = with_state(PaymentFile.objects.visible_to(user)).select_related(
        "publisher", "recorded_by", "reading__replaces", "withdrawal__recorded_by"
    )
    found: PaymentFile = get_object_or_404(rows, pk=pk)
    return found


def crumbs_to(file: PaymentFile | None = None) -> Crumbs:
    """The pages above those of a file."""
    above = [
        ("Payments", reverse("admin:payments")),
        ("Payment files", reverse("admin:payment_files")),
    ]
    return above if file is None else [*above, (file.name, _page(file))]


def _page(file: PaymentFile) -> str:
    return reverse("admin:payment_file", args=[file.pk])


@needs(VIEW)
def file_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: what came of it, how it was read, what was left out, and how it stands."""
    file: Any = the_file(request.user, pk)
    reading = file.reading
    left_out = left_out_of(reading)
    later = PaymentFile.objects.visible_to(request.user).filter(reading__replaces=file)
    return site_page(
        request,
        "site/payments/file.html",
        file.name,
        about=file,
        crumbs=crumbs_to(),
        file=file,
        reading=reading,
        state=tag(file.stands),
        covers=time_covered(reading.covers_from, reading.covers_to),
        how=how_read(reading.detected),
        columns=columns_read(reading.detected.get("columns", {})),
        unreadable=UnreadableRow.objects.visible_to(request.user).filter(file=file)[:SHOWN],
        left_out=left_out[:SHOWN_LEFT_OUT],
        left_out_count=len(left_out),
        replacements=with_state(later).order_by("-pk"),
        may_undo=file.stands != "withdrawn" and request.user.has_perm(UNDO),
    )


def left_out_of(reading: Any) -> list[str]:
    """The rows of a file that are no payments, each with the reason."""
    names = ("line", "kind", "value", "until")
    rows = (dict(zip(names, each, strict=False)) for each in reading.left_out)
    return left_out_rows(rows, reading.detected.get("header_line", 0))


@needs(VIEW)
def unreadable(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows of a file that could not be read, as a file."""
    file = the_file(request.user, pk)
    rows = UnreadableRow.objects.visible_to(request.user).filter(file=file).order_by("line", "pk")
    cells = rows.values_list("line", "column", "value", "reason").iterator(chunk_size=500)
    return export(kind_of(request), UNREADABLE, cells, f"unreadable-rows-of-file-{pk}")


@needs(UNDO)
def withdraw_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what undoing an import changes, ask why, and do it."""
    file: Any = the_file(request.user, pk)
    if file.stands == "withdrawn":
        messages.warning(request, "This file was withdrawn already.")
        return HttpResponseRedirect(_page(file))
    sent = typed(request)
    form = WithdrawForm(sent)
    if request.method == "POST" and form.is_valid() and _withdrawn(request, file, form):
        return HttpResponseRedirect(_page(file))
    return site_page(
        request,
        "site/payments/withdraw.html",
        f"Undo the import of {file.name}",
        crumbs=crumbs_to(file),
        file=file,
        form=form,
        changes=what_changes(file),
        token=(sent and sent.get("token")) or new_token(),
    )


def what_changes(file: Any) -> list[str]:
    """What undoing the import of a file would change, a sentence each."""
    rows = counted(file.reading.rows, "payment")
    if file.stands == "replaced":
        said = [f"{rows} of it count no longer anyway: a later file stands in its place."]
    else:
        said = [f"{rows}, {in_table(file.reading.amount)} in all, will count no longer."]
    before = file.reading.replaces
    if before and file.stands == "current" and not hasattr(before, "withdrawal"):
        said.append(f"{before.name}, which it replaced, counts again.")
    # How many, whoever may see them: what is undone is undone for everybody.
    standing = PaymentAllocation.all_rows.standing().filter(payment__file=file).count()
    if standing:
        entries = counted(standing, "entry", "entries")
        said.append(f"{entries} of the ledger, posted from its payments, will be reversed.")
    return said


def _withdrawn(request: HttpRequest, file: PaymentFile, form: WithdrawForm) -> bool:
    """Withdraw once and note it; False where it was refused, which the form then says."""

    def withdraw() -> None:
        importing.withdraw(file, reason=form.cleaned_data["reason"], by=request.user)
        journal.write(request.user, file, CHANGE, "Withdrawn.")

    try:
        once(request.POST.get("token") or new_token(), withdraw)
    except SentBefore:
        messages.warning(request, "This page was sent before, so nothing was done again.")
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return False
    else:
        messages.success(request, f"{file.name} is withdrawn: its payments count no longer.")
    return True


PAGES = [
    ("payments/files/", "payment_files", Files.as_view()),
    ("payments/files/<int:pk>/", "payment_file", file_page),
    ("payments/files/<int:pk>/unreadable/", "payment_file_unreadable", unreadable),
    ("payments/files/<int:pk>/withdraw/", "payment_file_withdraw", withdraw_page),
]
