import datetime as dt
import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from barnetwatch.lib.dates import in_words, parse_day
from costs.models import Publisher
from costs.payments import transparency


class Command(BaseCommand):
    help = "The council's own Transparency Code file, written from its payments on the record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--publisher", required=True, help="whose payments")
        parser.add_argument("--from", dest="first", required=True, help="such as 2018-04-01")
        parser.add_argument("--to", dest="last", required=True, help="such as 2018-04-30")
        parser.add_argument("--output", type=Path, help="a file; written out here if not given")

    def handle(self, **options: Any) -> None:
        first, last = _day(options["first"]), _day(options["last"])
        if first > last:
            raise CommandError("The first day is after the last. Exchange them.", returncode=2)
        publisher = Publisher.objects.filter(name=options["publisher"]).first()
        if publisher is None:
            names = ", ".join(Publisher.objects.values_list("name", flat=True)) or "none"
            raise CommandError(
                f"No payments of “{options['publisher']}” are on the record. Of these: {names}.",
                returncode=2,
            )
        rows = transparency.payments_of(publisher, first, last)
        lines = transparency.lines(rows.iterator(chunk_size=2_000))
        if path := options["output"]:
            count = _write(path, lines)
            days = f"from {in_words(first)} to {in_words(last)}"
            told = "1 payment" if count == 1 else f"{count:,} payments"
            self.stdout.write(f"{told} {days} {'was' if count == 1 else 'were'} written to {path}.")
        else:
            for line in lines:
                self.stdout.write(line, ending="")


def _write(path: Path, lines: Any) -> int:
    """Write beside the file and put it in its place at the end: never half a file."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            count = sum(1 for line in lines if file.write(line))
        beside.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.", returncode=2) from None
    finally:
        beside.unlink(missing_ok=True)
    return count - 1


def _day(text: str) -> dt.date:
    try:
        return parse_day(text)
    except ValidationError as error:
        raise CommandError(error.messages[0], returncode=2) from None
