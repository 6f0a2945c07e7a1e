"""What stands round every page: where one may go, and where one is."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

#: Label, name of the page, what one must be allowed; the back office for all but councillors,
#: whom its pages may still be shown by a link.
PLACES = (
    ("Overview", "index", ""),
    ("Contracts", "contracts", "contracts.view_contract"),
    ("Suppliers", "suppliers", "contracts.view_supplier"),
    ("Failures", "failures", "incidents.view_incident"),
    ("Costs", "costs", "costs.view_costline"),
    ("Payments", "payments", "costs.view_payment"),
    ("Overruns", "alerts", "costs.view_overrunalert"),
    ("Scrutiny", "scrutiny", "scrutiny.view_promise"),
    ("Your digest", "digest", ""),
    ("Access", "access", ""),
    ("Help", "help", ""),
    ("Back office", "back_office", "contracts.view_recheck"),
    ("Status", "status", "accounts.change_user"),
    ("Audit trail", "audit_trail", "accounts.view_auditentry"),
)
#: The registers that a place leads to, which lie at addresses of their own.
UNDER = {
    "scrutiny": ("decisions", "promises", "claims", "commitments", "meetings", "questions"),
}
ABOUT = (
    ("Help", "help"),
    ("Accessibility statement", "accessibility"),
    ("Privacy notice", "privacy"),
    ("Cookies", "cookies"),
)


@dataclass(frozen=True)
class Place:
    """One link of the navigation."""

    label: str
    url: str
    is_here: bool = False
    is_page: bool = False


def frame(request: HttpRequest) -> dict[str, Any]:
    """The navigation for whoever asks; a context processor, so that every app's pages have it."""
    user = getattr(request, "user", None)
    return {
        "frame_places": _places(request, user) if user and user.is_active else [],
        "frame_about": [Place(label, url) for label, name in ABOUT if (url := _address(name))],
        "frame_search": _address("search"),
    }


def _places(request: HttpRequest, user: Any) -> list[Place]:
    return [
        Place(
            label,
            url,
            is_here=request.path == url or _is_under(request.path, name, url),
            is_page=request.path == url,
        )
        for label, name, permission in PLACES
        if (not permission or user.has_perm(permission)) and (url := _address(name))
    ]


def _is_under(path: str, name: str, url: str) -> bool:
    """Whether a page lies under a place; every page lies under the first one's address."""
    addresses = [url, *filter(None, map(_address, UNDER.get(name, ())))]
    return name != "index" and path.startswith(tuple(addresses))


def _address(name: str) -> str:
    try:
        return reverse(f"admin:{name}")
    except NoReverseMatch:  # A page that this version of the site does not have.
        return ""
