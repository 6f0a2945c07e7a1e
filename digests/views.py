"""What I follow, what would be sent now, what was sent, and how to stop it."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from digests import outbox
from digests.compiling import Following, gather
from digests.forms import FollowForm
from digests.models import Content, Edition, Subscription
from digests.preparing import following_of
from digests.rendering import Rendered, render_digest
from digests.sending import unsubscribe_url
from digests.showing import mail_page, shown_to
from digests.subscribing import follow, stop
from digests.weeks import latest_told

#: Past digests listed on one's own page.
PAST = 52


def _page(request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
    shared = admin.site.each_context(request) | {"title": title}
    return TemplateResponse(request, f"digests/{name}.html", shared | context)


@require_http_methods(["GET", "HEAD", "POST"])
def following(request: HttpRequest) -> HttpResponse:
    """What the reader follows: shown, changed, stopped. Nobody changes another's."""
    subscription = Subscription.objects.filter(user=request.user).first()
    if request.method == "POST" and "stop" in request.POST:
        if subscription is not None and stop(subscription, Subscription.Stopped.PAGE):
            messages.success(request, "You will get no more digests or alerts.")
        return redirect("admin:digest")
    form = FollowForm(request.POST or None, user=request.user, initial=_chosen(subscription))
    if request.method == "POST" and form.is_valid():
        try:
            follow(request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error) if not hasattr(error, "error_dict") else form.add_error(
                "contracts", error.error_dict["contracts"]
            )
        else:
            messages.success(request, "Saved. You hear of what is recorded from now on.")
            return redirect("admin:digest")
    own = Edition.objects.filter(subscription__user=request.user).select_related("content")
    return _page(
        request,
        "following",
        "Your digest",
        form=form,
        subscription=subscription,
        editions=own.order_by("-due_at", "-pk")[:PAST],
        outbox=_may_read_outbox(request),
    )


def _chosen(subscription: Subscription | None) -> dict[str, Any]:
    if subscription is None:
        return {"everything": "yes", "cadence": Subscription.Cadence.WEEKLY}
    return {
        "everything": "yes" if subscription.everything else "no",
        "contracts": list(subscription.contracts.values_list("pk", flat=True)),
        "cadence": subscription.cadence,
    }


@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """This week's digest as it would be sent now; nothing is written."""
    rendered = _preview(request)
    parts = shown_to(request.user, rendered.items)
    return _page(request, "digest", "Your digest, if it were sent now", parts=parts, preview=True)


@require_safe
def preview_mail(request: HttpRequest) -> HttpResponse:
    """The same as the mail itself."""
    rendered = _preview(request)
    html = rendered.html.replace(Content.UNSUBSCRIBE, reverse("admin:digest"))
    return mail_page(html, rendered.picture)


def _preview(request: HttpRequest) -> Rendered:
    now = timezone.now()
    subscription = Subscription.objects.filter(user=request.user).first()
    if subscription is None or not subscription.is_current:
        follows, since = Following(), latest_told(now).cut
    else:
        follows, since = following_of([subscription])[subscription.pk], subscription.cut_at
    return render_digest(gather(follows, since, now), is_preview=True)


@require_safe
def past(request: HttpRequest, pk: int) -> HttpResponse:
    """A mail that was sent, in parts; what has since been restricted is masked."""
    edition = _edition(request, pk)
    parts = shown_to(request.user, edition.content.items)
    return _page(request, "digest", edition.name, parts=parts, edition=edition)


@require_safe
def past_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as it was sent; not where anything in it has since been restricted."""
    edition = _edition(request, pk)
    if shown_to(request.user, edition.content.items)["masked"]:
        raise Http404
    link = reverse("admin:digest")
    if edition.subscription.user_id == request.user.pk:
        link = unsubscribe_url(edition.subscription.key)
    html = edition.content.html.replace(Content.UNSUBSCRIBE, link)
    return mail_page(html, bytes(edition.content.picture))


def _edition(request: HttpRequest, pk: int) -> Edition:
    """One's own mail, or anybody's for those who keep an eye on them; else there is none."""
    rows = Edition.objects.select_related("content", "subscription")
    if not request.user.has_perm("digests.view_edition"):
        rows = rows.filter(subscription__user=request.user)
    edition = rows.filter(pk=pk).first()
    if edition is None:
        raise Http404
    return edition


def _may_read_outbox(request: HttpRequest) -> bool:
    """Administrators may; on the embedded default, which is for looking at, everybody."""
    return settings.EMBEDDED or request.user.has_perm("digests.change_edition")


@require_safe
def outbox_list(request: HttpRequest) -> HttpResponse:
    """Mails that were written to files, newest first."""
    if not _may_read_outbox(request):
        raise PermissionDenied
    return _page(request, "outbox", "Outbox", kept=outbox.kept(), in_files=outbox.in_files())


@require_safe
def outbox_mail(request: HttpRequest, name: str, number: int, part: str) -> HttpResponse:
    """One of them: as text with its headers, or as its reader sees it."""
    if not _may_read_outbox(request):
        raise PermissionDenied
    mail = outbox.find(name, number)
    if mail is None:
        raise Http404
    if part == "mail":
        return mail_page(mail.html, mail.picture)
    headers = [(key, str(value)) for key, value in mail.message.items()]
    return _page(request, "outbox_mail", mail.subject, mail=mail, headers=headers)


#: The pages of the site, each behind its sign-in: address, name, view.
SITE_PAGES = (
    ("digest/", "digest", following),
    ("digest/preview/", "digest_preview", preview),
    ("digest/preview/mail/", "digest_preview_mail", preview_mail),
    ("digest/past/<int:pk>/", "digest_past", past),
    ("digest/past/<int:pk>/mail/", "digest_past_mail", past_mail),
    ("digest/outbox/", "outbox", outbox_list),
    ("digest/outbox/<str:name>/<int:number>/<str:part>/", "outbox_mail", outbox_mail),
)


@csrf_exempt  # A mail program posts here (RFC 8058); the key in the address is the secret.
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, key: str) -> HttpResponse:
    """Stop the mails of whoever holds the link; a look at the page alone stops nothing."""
    subscription = Subscription.objects.select_related("user").filter(key=key).first()
    if subscription is None:
        raise Http404
    if request.method == "POST":
        stop(subscription, Subscription.Stopped.LINK)
        subscription.refresh_from_db()
    response = render(
        request,
        "digests/unsubscribe.html",
        {"subscription": subscription, "address": _hinted(subscription.user.email)},
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _hinted(address: str) -> str:
    """An address its owner knows again and a stranger with the link does not learn."""
    name, _, host = address.partition("@")
    return f"{name[:1]}…@{host}"
