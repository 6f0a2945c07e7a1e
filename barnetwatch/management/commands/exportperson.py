import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Act
from accounts.models import User
from barnetwatch.personaldata.export import as_json, as_zip, export, export_named


class Command(BaseCommand):
    help = "Writes all that the system holds about one person, as JSON or in a zip archive."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", metavar="EMAIL", help="who signs in; a name with --named")
        parser.add_argument("--named", action="store_true", help="somebody whom the record names")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="as JSON, which is the default")
        form.add_argument("--zip", metavar="FILE", type=Path, help="into a new archive")
        parser.add_argument(
            "--as",
            dest="reader",
            metavar="EMAIL",
            help="who will read it: with what they may see; without it open records only",
        )

    def handle(self, *, who: str, named: bool, reader: str | None, **options: Any) -> None:
        now, read_by = timezone.now(), _person(reader) if reader else None
        if named:
            told = export_named(who, reader=read_by, at=now)
        else:
            person = _person(who)
            told = export(person, reader=read_by, at=now)
            with transaction.atomic():
                audit.record(Act.EXPORTED, by=read_by, subject=person)
        if target := options["zip"]:
            try:
                with target.open("xb") as file:
                    file.write(as_zip(told))
            except OSError as error:
                said = f"{target} could not be written: {error.strerror}. Name a new file."
                raise CommandError(said, returncode=2) from error
            self.stderr.write(f"Written to {target}. Give it to nobody but the person it is about.")
            return
        try:
            self.stdout.write(as_json(told))
        except UnicodeEncodeError as error:
            said = f"This terminal cannot show it ({sys.stdout.encoding}). Use --zip FILE."
            raise CommandError(said, returncode=2) from error


def _person(email: str) -> User:
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist as error:
        said = f"Nobody signs in as {email}. Check the address, or use --named for a name."
        raise CommandError(said, returncode=2) from error
