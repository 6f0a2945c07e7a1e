"""Choices among the rows a person may see; anything else posted is refused, and fails nothing."""

from typing import Any

from django import forms
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest

_LONGEST_KEY = 18  # Digits: what a BIGINT holds in any case.


class _Seen:
    """Looks up nothing but keys: Django's own fails on a posted word instead of refusing it.

    The first rows are in the page as well, so that one can choose without JavaScript.
    """

    def __init__(self, *args: Any, offered: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        keys = [each for each in map(str, value) if _is_key(each)]
        groups = super().optgroups(name, keys, attr)  # type: ignore[misc]
        if self.offered:
            options = groups[0][1]
            for row in self.choices.queryset.exclude(pk__in=keys)[: self.offered]:  # type: ignore[attr-defined]
                label = self.choices.field.label_from_instance(row)  # type: ignore[attr-defined]
                options.append(self.create_option(name, row.pk, label, set(), len(options)))  # type: ignore[attr-defined]
        return groups


class SeenSelect(_Seen, AutocompleteSelect):
    """One of the rows a person may see."""


class SeenSelectMultiple(_Seen, AutocompleteSelectMultiple):
    """Several of the rows a person may see."""


class Suggestions(AutocompleteJsonView):
    """What those selects ask while one types; Django's own fails on the name of a reverse."""

    def process_request(self, request: HttpRequest) -> Any:
        term, model_admin, field, to_field = super().process_request(request)
        if not field.concrete:
            raise PermissionDenied
        return term, model_admin, field, to_field


class SeenMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Several rows; Django's own fails on a key that no database holds."""

    def clean(self, value: Any) -> Any:
        for each in value or ():
            if not _is_key(str(each)):
                said = self.error_messages["invalid_pk_value"]
                raise ValidationError(said, code="invalid_pk_value", params={"pk": each})
        return super().clean(value)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_KEY
