"""Loading the public record: each row of the file through the verb that means it, once.

All of it or nothing, in one transaction. A row loaded before is left as officers have it now.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import models, transaction

from accounts.models import User
from barnetwatch.record.models import LoadedRow
from barnetwatch.record.reading import FileRow, Mistake, fields_of, read
from barnetwatch.record.tables import TABLE_OF, TABLES, MissingWord, Pen, Table

PUBLIC_RECORD = Path(__file__).with_name("public_record.toml")
#: Who the loaded rows say recorded them. Nobody can sign in as it.
RECORDER = "public-record@barnetwatch.example"


@dataclass
class Loaded:
    """What a run did: rows added, by model, and the number that were there before."""

    added: Counter[type[models.Model]] = field(default_factory=Counter)
    there: int = 0

    @property
    def in_words(self) -> str:
        """The counts by kind, a line each."""
        if not self.added:
            return f"The public record is here already, all {self.there} rows: nothing added."
        lines = [f"{count:>6}  {_name(model, count)}" for model, count in self.added.items()]
        if self.there:
            lines.append(f"{self.there:>6}  here before, left as they are")
        return "\n".join(["The public record, loaded:", *lines])


def _name(model: type[models.Model], count: int) -> str:
    meta = model._meta
    return str(meta.verbose_name if count == 1 else meta.verbose_name_plural)


def load(path: Path = PUBLIC_RECORD, *, at: dt.datetime) -> Loaded:
    """Load what the file holds and the register does not yet.

    Raises Mistake, having written nothing, where the file is wrong.
    """
    rows = read(path)
    if unknown := rows.keys() - TABLES.keys():
        raise Mistake(f"[[{min(unknown)}]]: there is no table of that name.")
    with transaction.atomic():
        return _Run(Pen(_recorder(), at)).load(rows)


def _recorder() -> User:
    """The public record as a person, held until the transaction ends: two runs take turns."""
    person, _ = User.objects.get_or_create(
        email=RECORDER,
        defaults={
            "name": "The public record",
            "is_active": False,
            "is_staff": False,
            "password": make_password(None),
        },
    )
    return User.objects.select_for_update().get(pk=person.pk)


class _Run:
    """One run, and what the file's keys stand for so far."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self.ids = dict(LoadedRow.objects.values_list("key", "row"))
        self.held: dict[str, models.Model] = {}
        self.done = Loaded()

    def load(self, rows: dict[str, list[FileRow]]) -> Loaded:
        """Load every row that was not loaded before, table by table."""
        for name, table in TABLES.items():
            for row in rows.get(name, ()):
                if row.address in self.ids:
                    self.done.there += 1
                else:
                    self._load(row, table)
        return self.done

    def _load(self, row: FileRow, table: Table) -> None:
        fields = fields_of(row, table.model, lambda model, key: self._find(row, model, key))
        found = table.row_like(fields)
        if found is None:
            try:
                found = table.add(fields, self.pen)
            except ValidationError as error:
                raise row.mistake(_in_words(error)) from error
            except MissingWord as error:
                raise row.mistake(str(error)) from error
            self.done.added[table.model] += 1
        else:
            self.done.there += 1
        LoadedRow.objects.create(key=row.address, row=found.pk)
        self.ids[row.address], self.held[row.address] = found.pk, found

    def _find(self, row: FileRow, model: type[models.Model], key: str) -> models.Model:
        """What another row's key stands for: in this run, or from an earlier one."""
        if model not in TABLE_OF:
            raise row.mistake(f"“{key}”: the file names no {model._meta.verbose_name}.")
        name = TABLE_OF[model]
        address = f"{name}/{key}"
        if address not in self.ids:
            raise row.mistake(f"there is no [[{name}]] {key} before it.")
        if address not in self.held:
            found = TABLES[name].every_row().filter(pk=self.ids[address]).first()
            if found is None:
                raise row.mistake(f"[[{name}]] {key} was loaded once and has been deleted since.")
            self.held[address] = found
        return self.held[address]


def _in_words(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        " ".join(said) if name == "__all__" else f"{name}: {' '.join(said)}"
        for name, said in error.message_dict.items()
    )
