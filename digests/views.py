"""What I follow, what would be sent now, what was sent, and how to stop it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.backoffice.forms import blame
from barnetwatch.lib.kept import typed
from digests.compiling import Digest, Following, gather
from digests.forms import FollowForm
from digests.masking import shown_to
from digests.models import Content, Edition, Subscription
from digests.outboxviews import may_read_outbox
from digests.preparing import following_of
from digests.rendering import render_digest
from digests.sending import unsubscribe_url
from digests.showing import HOME, OWN, mail_page, site_page
from digests.subscribing import follow, stop
from digests.weeks import latest_told

#: Past mails listed: a year of them.
PAST = 52


@require_http_methods(["GET", "HEAD", "POST"])
def following(request: HttpRequest) -> HttpResponse:
    """What the reader follows: shown, changed, stopped. Nobody changes another's."""
    subscription = _own(request)
    if request.method == "POST" and "stop" in request.POST:
        if subscription is not None and stop(subscription, Subscription.Stopped.PAGE):
            messages.success(request, "You will get no more digests or alerts.")
        return redirect("admin:digest")
    sent = typed(request)
    if sent and "stop" in sent:  # Asked for before a sign-in; the button is there to press again.
        sent = None
    form = FollowForm(sent, user=request.user, subscription=subscription)
    if request.method == "POST" and form.is_valid():
        try:
            follow(request.user, **form.cleaned_data)
        except ValidationError as error:
            blame(form, error)
        else:
            is_new = subscription is None or not subscription.is_current
            hear = " You hear of what is recorded from now on." if is_new else ""
            messages.success(request, f"Saved.{hear}")
            return redirect("admin:digest")
    own = Edition.objects.filter(subscription__user=request.user)
    return site_page(
        request,
        "following",
        "Your digest",
        form=form,
        subscription=subscription,
        editions=own.order_by("-due_at", "-pk")[:PAST],
        outbox=may_read_outbox(request.user),
    )


def _own(request: HttpRequest) -> Subscription | None:
    return Subscription.objects.filter(user=request.user).first()


@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """This week's digest as it would be sent now; nothing is written."""
    subscription = _own(request)
    digest = _digest_now(subscription)
    parts = shown_to(request.user, render_digest(digest, is_preview=True).items)
    return site_page(
        request,
        "preview",
        "Your digest, if it were sent now",
        crumbs=OWN,
        parts=parts,
        digest=digest,
        subscription=subscription,
    )


@require_safe
def preview_mail(request: HttpRequest) -> HttpResponse:
    """The same as the mail itself."""
    rendered = render_digest(_digest_now(_own(request)), is_preview=True)
    html = rendered.html.replace(Content.UNSUBSCRIBE, reverse("admin:digest"))
    return mail_page(html, rendered.picture)


def _digest_now(subscription: Subscription | None) -> Digest:
    """For somebody who gets no digest, what there is since the last ones went out; of all
    contracts, where they follow none."""
    now = timezone.now()
    follows, since = Following(), latest_told(now).cut
    if subscription is not None and subscription.is_current:
        follows = following_of([subscription])[subscription.pk]
        if subscription.cadence == Subscription.Cadence.WEEKLY:
            since = subscription.cut_at
    return gather(follows, since, now)


@require_safe
def past(request: HttpRequest, pk: int) -> HttpResponse:
    """A mail that was sent, in parts; what has since been restricted is masked."""
    edition = _edition(request, pk)
    parts = shown_to(request.user, edition.content.items)
    is_own = edition.subscription.user_id == request.user.pk
    kept = ("Mails to everybody", reverse("admin:digests_edition_changelist"))
    crumbs = OWN if is_own else (HOME, kept)
    return site_page(request, "past", edition.name, crumbs=crumbs, parts=parts, edition=edition)


@require_safe
def past_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as it was sent; not where anything in it has since been restricted."""
    edition = _edition(request, pk)
    parts = shown_to(request.user, edition.content.items)
    if parts["masked"]:
        raise Http404
    link = "#"  # Whoever else reads it cannot stop the reader's mails.
    if edition.subscription.user_id == request.user.pk:
        link = unsubscribe_url(edition.subscription.key)
    html = edition.content.html.replace(Content.UNSUBSCRIBE, link)
    answer: Any = mail_page(html, bytes(edition.content.picture))
    answer.shown = parts["kept_back"]
    return answer  # type: ignore[no-any-return]


def _edition(request: HttpRequest, pk: int) -> Edition:
    """One's own mail, or anybody's for those who keep an eye on them; else there is none."""
    rows = Edition.objects.select_related("content", "subscription")
    if not request.user.has_perm("digests.view_edition"):
        rows = rows.filter(subscription__user=request.user)
    edition = rows.filter(pk=pk).first()
    if edition is None:
        raise Http404
    return edition


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
        {
            "title": "Stop these mails" if subscription.is_current else "Mails stopped",
            "subscription": subscription,
            "address": _hinted(subscription.user.email),
        },
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _hinted(address: str) -> str:
    """An address its owner knows again and a stranger with the link does not learn."""
    name, _, host = address.partition("@")
    return f"{name[:1]}…@{host}"
