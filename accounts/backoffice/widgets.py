"""Selects that search while one types, and take anything posted without failing."""

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple

_LONGEST_KEY = 18  # Digits: what a BIGINT holds in any case.


class _KeysOnly:
    """Looks up nothing but keys: Django's own fails on a posted word instead of refusing it."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        keys = [
            each
            for each in map(str, value)
            if each.isascii() and each.isdigit() and len(each) <= _LONGEST_KEY
        ]
        return super().optgroups(name, keys, attr)  # type: ignore[misc]


class SeenSelect(_KeysOnly, AutocompleteSelect):
    """One of the rows a person may see."""


class SeenSelectMultiple(_KeysOnly, AutocompleteSelectMultiple):
    """Several of the rows a person may see."""
