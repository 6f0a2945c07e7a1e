"""Filters beside lists whose choices name only what their reader may see."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.backoffice.rows import rows_seen

#: More choices than this are no longer a list to look through.
LONGEST = 50


class SeenRelatedFilter(admin.RelatedFieldListFilter):
    """By what a row belongs to; the choices come through the one door."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.lookup_choices) > LONGEST:
            del self.lookup_choices[LONGEST:]
            self.title = _("%(name)s (the first %(number)d)") % {
                "name": self.lookup_title,
                "number": LONGEST,
            }

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = rows_seen(field.remote_field.model, request.user)
        ordering = self.field_admin_ordering(field, request, model_admin)
        if ordering:
            rows = rows.order_by(*ordering)
        return [(row.pk, str(row)) for row in rows[: LONGEST + 1]]


class GivenFilter(admin.EmptyFieldListFilter):
    """By whether something is given at all."""

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            said = str(choice["display"]).replace("Not empty", "Given")
            yield {**choice, "display": said.replace("Empty", "Not given")}


def given_filter(name: str) -> tuple[str, type[GivenFilter]]:
    """An entry of list_filter for a field that may be empty."""
    return (name, GivenFilter)


def seen_filter(name: str) -> tuple[str, type[SeenRelatedFilter]]:
    """An entry of list_filter for a foreign key among a row's `visible_through`."""
    return (name, SeenRelatedFilter)
