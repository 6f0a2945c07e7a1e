"""Reading the file: its rows, and their values as the models want them.

Dates are written as they are printed: 5 August 2013, July [2018], [2018]. What is missing is not
known, and a year in square brackets was inferred.
"""

import calendar
import datetime as dt
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models

from barnetwatch.lib.dates import Precision, SourceDate, counts_from
from barnetwatch.lib.money import PoundsField, parse_pounds

#: Finds the row of another table by its key.
Find = Callable[[type[models.Model], str], models.Model]

_DATE = re.compile(
    r"(?:(?:(?P<day>[0-9]{1,2}) )?(?P<month>[A-Z][a-z]+) )?"
    r"(?:(?P<year>[0-9]{4})|\[(?P<inferred>[0-9]{4})\])"
)
_MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}
#: What the loader gives each row itself.
_OWN = frozenset({"id", "recorded_by", "recorded_at"})


class Mistake(Exception):
    """Something wrong with the file, in a sentence that says where."""


@dataclass(frozen=True)
class FileRow:
    """One row of the file, under its table and key."""

    table: str
    key: str
    values: dict[str, Any]

    @property
    def address(self) -> str:
        """Where it stands, unique in the file."""
        return f"{self.table}/{self.key}"

    def mistake(self, sentence: str) -> Mistake:
        """What is wrong with it."""
        return Mistake(f"[[{self.table}]] {self.key}: {sentence}")


def read(path: Path) -> dict[str, list[FileRow]]:
    """Every row of a file by table, in the file's order."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Mistake(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Mistake(f"{path} is not UTF-8 text: {error.reason}.") from error
    except tomllib.TOMLDecodeError as error:
        raise Mistake(f"{path} is not valid TOML: {error}.") from error
    return {table: _rows(table, rows) for table, rows in tables.items()}


def _rows(table: str, rows: Any) -> list[FileRow]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Mistake(f"{table}: write its rows under [[{table}]], with two brackets.")
    found: dict[str, FileRow] = {}
    for number, values in enumerate(rows, 1):
        key = values.pop("key", None)
        if not isinstance(key, str) or not key.strip():
            raise Mistake(f"[[{table}]] row {number}: it has no key. Give it one, in quotes.")
        if key in found:
            raise Mistake(f"[[{table}]] {key}: two rows have this key. Give one of them another.")
        found[key] = FileRow(table, key, values)
    return list(found.values())


def fields_of(row: FileRow, model: type[models.Model], find: Find) -> dict[str, Any]:
    """A row's values under the names and in the types of its model's fields."""
    fields: dict[str, Any] = {}
    for name, value in row.values.items():
        try:
            fields |= _field(model, name, value, find)
        except FieldDoesNotExist:
            raise row.mistake(f"“{name}” is not a word of this table.") from None
        except ValidationError as error:
            raise row.mistake(f"{name}: {' '.join(error.messages)}") from error
    return fields


def _field(model: type[models.Model], name: str, value: Any, find: Find) -> dict[str, Any]:
    meta = model._meta
    if name in _OWN or name not in {field.name for field in (*meta.fields, *meta.many_to_many)}:
        raise FieldDoesNotExist
    field = meta.get_field(name)
    if isinstance(field, models.DateField):
        return _dated(meta, name, value)
    return {name: _value(field, value, find)}


def _value(field: Any, value: Any, find: Find) -> Any:
    match field:
        case models.ManyToManyField():
            return [find(field.related_model, key) for key in _a(list, value)]
        case models.ForeignKey():
            return find(field.related_model, _a(str, value))
        case PoundsField():
            return parse_pounds(_a(str, value))
        case models.DecimalField():
            return Decimal(_a(int, value))
        case models.BooleanField():
            return _a(bool, value)
        case models.IntegerField():
            return _a(int, value)
        case models.CharField() | models.TextField():
            return " ".join(_a(str, value).split())  # Long texts are folded in the file.
    raise FieldDoesNotExist


def _dated(meta: Any, name: str, value: Any) -> dict[str, Any]:
    """A date, and in the columns beside it how much of it is known, where the model has them."""
    date = read_date(_a(str, value))
    given: dict[str, Any] = {name: date.day}
    stem = "" if name == "effective_on" else name.removesuffix("on")
    beside = {"precision": date.precision, "year_inferred": date.inferred}
    columns = {field.name for field in meta.fields}
    for what, found in beside.items():
        if f"{stem}{what}" in columns:
            given[f"{stem}{what}"] = found
        elif found and found != Precision.DAY:
            raise ValidationError("Give the day, the month and the year: this must be exact.")
    return given


def read_date(text: str) -> SourceDate:
    """A date as in_words prints it: 20 September 2018, July [2018], [2018]."""
    found = _DATE.fullmatch(text)
    try:
        if found:
            year = int(found["year"] or found["inferred"])
            month = _MONTHS[found["month"]] if found["month"] else 1
            precision = Precision.DAY if found["day"] else Precision.MONTH
            if not found["month"]:
                precision = Precision.YEAR
            day = dt.date(year, month, int(found["day"] or 1))
            return SourceDate(counts_from(day, precision), precision, bool(found["inferred"]))
    except (KeyError, ValueError):
        pass
    raise ValidationError(
        f"“{text}” is not a date. Write it like 5 August 2013, July [2018] or 2017."
    )


def _a(kind: type, value: Any) -> Any:
    """The value, which must be of a kind; true and false are no numbers."""
    if type(value) is not kind:
        wanted = {str: "text in quotes", int: "a whole number", bool: "true or false"}
        raise ValidationError(f"Write it as {wanted.get(kind, 'a list in square brackets')}.")
    return value
