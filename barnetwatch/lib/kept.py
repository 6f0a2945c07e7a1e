"""Nothing typed is lost when a session ends in the middle of a form.

What was typed travels through the sign-in page as a sealed field, for an hour, in the browser it
was typed in; after the sign-in it waits in the new session for its page, which takes it once.
Files and passwords are not kept.
"""

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, QueryDict
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

#: The field of the sign-in page, and the key of the session.
NAME = "kept"
#: Seconds for which it is kept.
FOR = 60 * 60
#: Characters, as a form sends them. The longest report of a failure is a tenth of it.
LIMIT = 100_000
_SALT = "barnetwatch.lib.kept"


def typed(request: HttpRequest) -> QueryDict | None:
    """What to bind a page's form with: what was sent, or what was kept for it; else None.

    What was kept is handed out on GET, once, with a notice. A view saves on POST alone.
    """
    if request.method == "POST":
        return request.POST
    waiting = request.session.get(NAME) if request.method == "GET" else None
    if not waiting or waiting["path"] != request.get_full_path():
        return None
    if waiting.get("person") not in (None, request.user.pk):
        return None  # Somebody else signed in after the one who was asked for a code.
    del request.session[NAME]
    messages.info(request, waiting["why"])
    return QueryDict(waiting["typed"])


def keepable(sent: QueryDict) -> str:
    """What may be kept of what was sent, as one text; empty where there is nothing, or too much."""
    kept = QueryDict(mutable=True)
    for name in sent:
        if name != "csrfmiddlewaretoken" and "password" not in name:
            kept.setlist(name, sent.getlist(name))
    text = kept.urlencode()
    return text if any(any(values) for _, values in kept.lists()) and len(text) <= LIMIT else ""


def seal(request: HttpRequest, text: str) -> str:
    """What was typed on a page, closed to everybody and to other browsers than this one."""
    sealed = {"path": request.get_full_path(), "typed": text, "browser": _browser(request)}
    return signing.dumps(sealed, salt=_SALT, compress=True)


def unseal(request: HttpRequest) -> dict[str, Any] | None:
    """What the sign-in page brought back; None where it is not from here, or too old."""
    try:
        found = signing.loads(request.POST.get(NAME, ""), salt=_SALT, max_age=FOR)
    except signing.BadSignature:
        return None
    return found if found["browser"] == _browser(request) else None


def wait(
    request: HttpRequest, path: str, text: str, why: str = "", person: int | None = None
) -> None:
    """Put what was typed into the session, for its page to take; one page's at a time.

    `person` is who alone may have it, where they have not signed in to the end yet.
    """
    why = why or _("You were signed out. What you typed is still here: check it and send it again.")
    request.session[NAME] = {"path": path, "typed": text, "why": why, "person": person}


def _browser(request: HttpRequest) -> str:
    """The same for two requests of one browser, whoever is signed in; not the secret itself."""
    secret = str(request.META.get("CSRF_COOKIE", ""))
    return salted_hmac(_SALT, secret, algorithm="sha256").hexdigest()
