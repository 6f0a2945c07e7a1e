"""The outbox: digests and alerts that were written to files, as their readers would see them."""

import re
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from digests import outbox
from digests.masking import restricted_since
from digests.models import Edition
from digests.showing import OWN, mail_page, site_page

#: Mails listed.
SHOWN = 100


def may_read_outbox(user: Any) -> bool:
    """Administrators may; on the embedded default, which is for looking at, everybody."""
    return settings.EMBEDDED or user.has_perm("digests.change_edition")


@require_safe
def outbox_list(request: HttpRequest) -> HttpResponse:
    """Digests and alerts that were written to files, newest first."""
    if not may_read_outbox(request.user):
        raise PermissionDenied
    mails = list(islice(outbox.kept(), SHOWN))
    found = Edition.objects.filter(message_id__in={mail.message_id for mail in mails})
    editions = {edition.message_id: edition for edition in found.prefetch_related("content")}
    masked = restricted_since({each.content for each in editions.values()}, request.user)
    listed = [
        (mail, edition, edition.content_id in masked)
        for mail in mails
        if (edition := editions.get(mail.message_id))
    ]
    in_files = outbox.in_files()
    return site_page(request, "outbox", "Outbox", crumbs=OWN, listed=listed, in_files=in_files)


@require_safe
def outbox_text(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: its headers and its plain text."""
    edition, mail, key = _found(request, pk)
    headers = [(name, _without(key, value)) for name, value in mail.headers]
    return site_page(
        request,
        "outbox_mail",
        mail.subject,
        crumbs=(*OWN, ("Outbox", reverse("admin:outbox"))),
        edition=edition,
        headers=headers,
        text=_without(key, mail.text),
        has_html=bool(mail.html),
    )


@require_safe
def outbox_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as its reader sees it."""
    _edition, mail, key = _found(request, pk)
    return mail_page(_without(key, mail.html), mail.picture)


def _found(request: HttpRequest, pk: int) -> tuple[Edition, outbox.Kept, str]:
    """A mail's edition, the mail as it was written, and the key that is none of this reader's."""
    if not may_read_outbox(request.user):
        raise PermissionDenied
    edition = Edition.objects.filter(pk=pk).select_related("content", "subscription").first()
    if edition is None or restricted_since([edition.content], request.user):
        raise Http404
    mail = next((mail for mail in outbox.kept() if mail.message_id == edition.message_id), None)
    if mail is None:
        raise Http404
    is_own = edition.subscription.user_id == request.user.pk
    return edition, mail, "" if is_own else edition.subscription.key


def _without(key: str, words: str) -> str:
    """A mail's words without the link that stops somebody else's mails."""
    return re.sub(rf"https?://[^\s\"<>]*{key}/", "#", words) if key else words
