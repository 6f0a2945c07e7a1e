"""Columns of lists and lines of read-only pages that print money and dates as people read them.

Each is made once for a name, so that a column asked for twice is the same column.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import models

from barnetwatch.lib.dates import Precision, in_words
from barnetwatch.lib.money import PoundsField, in_table

Column = Callable[[Any], str]
#: What stands where the record gives nothing, which says neither nought nor never.
NOT_GIVEN = "not given"


@cache
def pounds(name: str, label: str = "") -> Column:
    """A sum as tables print it: £4,200,000.00."""

    @admin.display(ordering=name, description=label or _label(name))
    def column(row: Any) -> str:
        amount = getattr(row, name)
        return NOT_GIVEN if amount is None else in_table(amount)

    column.__name__ = f"{name}_in_pounds"  # The class of its cells.
    return column


@cache
def when(name: str, label: str = "", empty: str = NOT_GIVEN) -> Column:
    """A date in words, as precisely as the columns beside it say: 25 July [2016]."""
    stem = name.removesuffix("_on")

    @admin.display(ordering=name, description=label or _label(name))
    def column(row: Any) -> str:
        day = getattr(row, name)
        if day is None:
            return empty
        precision = getattr(row, f"{stem}_precision", Precision.DAY)
        return in_words(day, precision, getattr(row, f"{stem}_year_inferred", False))

    column.__name__ = f"{name}_in_words"
    return column


@cache
def plain(name: str, label: str = "") -> Column:
    """What a row names, without the link that not everybody who reads it may follow."""

    @admin.display(ordering=name, description=label or _label(name))
    def column(row: Any) -> str:
        named = getattr(row, name)
        return NOT_GIVEN if named is None else str(named)

    column.__name__ = f"{name}_named"
    return column


def as_read(model: type[models.Model], fieldsets: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Fieldsets for a page that only shows: money and dates as read, people by name, and no line
    of its own for how much of a date is known.
    """
    return [
        (name, {**options, "fields": list(_lines(model, options["fields"]))})
        for name, options in fieldsets
    ]


def _lines(model: type[models.Model], fields: Any) -> Any:
    for line in fields:
        if isinstance(line, list | tuple):
            shown = tuple(_lines(model, line))
            if shown:
                yield shown if len(shown) > 1 else shown[0]
        elif not _belongs_to_a_date(model, line):
            yield _shown(model, line)


def _shown(model: type[models.Model], name: Any) -> Any:
    field = _field(model, name)
    if isinstance(field, PoundsField):
        return pounds(name, str(field.verbose_name))
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return when(name, str(field.verbose_name))
    if isinstance(field, models.ForeignKey) and field.related_model is get_user_model():
        return plain(name, str(field.verbose_name))
    return name


def _belongs_to_a_date(model: type[models.Model], name: Any) -> bool:
    """Whether it says how much is known of a date that stands beside it."""
    for ending in ("_precision", "_year_inferred"):
        if isinstance(name, str) and name.endswith(ending):
            return _field(model, f"{name.removesuffix(ending)}_on") is not None
    return False


def _field(model: type[models.Model], name: Any) -> models.Field | None:
    return next((field for field in model._meta.fields if field.name == name), None)


def _label(name: str) -> str:
    return name.removesuffix("_on").replace("_", " ")
