"""Pages of somebody's own account: second factor, recovery codes, sessions, an invitation.

allauth looks for some of them by the names it gives them; no other address leads to it.
"""

from importlib import import_module
from typing import Any

from django.urls import URLPattern, path

MODULES = ("code", "again", "factor", "setup", "recovery", "sessions", "invitation")


def addresses() -> list[URLPattern]:
    """The addresses of all of these pages."""
    found: list[tuple[str, str, Any]] = []
    for name in MODULES:
        found += import_module(f"{__name__}.{name}").ADDRESSES
    return [path(at, view, name=name) for at, name, view in found]
