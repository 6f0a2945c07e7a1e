import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from accounts.models import User
from barnetwatch.lib.money import in_table
from costs.models import Publisher
from costs.payments import importing, reporting
from costs.payments.importing import Refused
from costs.payments.reading import read
from costs.payments.shape import Profile

#: Who has imported a file where nobody is named.
IMPORTER = "payments@barnetwatch.invalid"
#: Whose payments they are where nobody is named and none are on the record yet.
COUNCIL = "London Borough of Barnet"


class Command(BaseCommand):
    help = "Import files of published payments, each whole or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--publisher", default="", help="who published them")
        parser.add_argument("--by", default="", help="email of whoever imports them")
        parser.add_argument("--dry-run", action="store_true", help="read them, and write nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object a file and line")

    def handle(self, **options: Any) -> None:
        files: list[Path] = options["files"]
        if absent := [str(path) for path in files if not path.is_file()]:
            raise CommandError(f"There is no file {absent[0]}.", returncode=2)
        if options["dry_run"]:
            name, by = "", None
            profile = _known_profile(options["publisher"])
        else:
            name, by = options["publisher"] or _only_publisher(), _person(options["by"])
            profile = _profile_of(name)
        done = [self._one(path, name, profile, by, options["json"]) for path in files]
        if not all(done):
            raise CommandError("Not every file could be read.", returncode=1)

    def _one(
        self, path: Path, publisher: str, profile: Profile, by: User | None, as_json: bool
    ) -> bool:
        try:
            opened = path.open("rb")
        except OSError as error:
            raise CommandError(
                f"{path} cannot be opened: {error.strerror}.", returncode=2
            ) from None
        with opened:
            reading = read(opened, profile, keep_rows=False)
            report = reporting.report(path.name, opened, reading)
            refusal = became = ""
            if by and reading.can_import:
                try:
                    became = importing.import_file(
                        opened, name=path.name, publisher=importing.publisher_of(publisher), by=by
                    ).in_words
                except Refused as refused:
                    refusal = str(refused)
        if as_json:
            if refusal or became:
                report["notes"] = [*report["notes"], refusal or became]
            # In ASCII, so that no terminal and no cell can break the line.
            self.stdout.write(json.dumps(report))
        else:
            self._say(path.name, report, refusal or became, in_table(reading.total))
        return reading.can_import and not refusal

    def _say(self, name: str, report: dict[str, Any], became: str, total: str) -> None:
        self.stdout.write(f"{name}: {reporting.counted(report['rows'], 'payment')}, {total}")
        for note in report["notes"]:
            self.stdout.write(f"  {note}")
        for problem in report["rejected"][:20]:
            self.stdout.write(
                f"  line {problem['line']}: {problem['column']} “{problem['value']}”: "
                f"{problem['reason']}"
            )
        if (more := len(report["rejected"]) - 20) > 0:
            self.stdout.write(f"  and {reporting.counted(more, 'row')} more that cannot be read")
        if became:
            self.stdout.write(f"  {became}")


def _profile_of(name: str) -> Profile:
    known = Publisher.objects.filter(name=name).first()
    return Profile.of(known.profile if known else {})


def _known_profile(name: str) -> Profile:
    """For a dry run, which needs no record and nobody named: what was corrected, if anything."""
    try:
        names = [name] if name else list(Publisher.objects.values_list("name", flat=True)[:2])
        return _profile_of(names[0]) if len(names) == 1 else Profile()
    except DatabaseError:
        return Profile()


def _only_publisher() -> str:
    """The publisher, where there is but one: the council."""
    names = list(Publisher.objects.values_list("name", flat=True)[:2])
    if len(names) > 1:
        raise CommandError("Say who published the files: --publisher NAME.", returncode=2)
    return names[0] if names else COUNCIL


def _person(email: str) -> User:
    """Who imports: the person named, or the system itself, which nobody can sign in as."""
    if email:
        person = User.objects.filter(email=email.lower(), is_active=True).first()
        if person is None:
            raise CommandError(f"Nobody here has the address {email}.", returncode=2)
        return person
    return User.objects.get_or_create(
        email=IMPORTER,
        defaults={
            "name": "Payment import",
            "is_active": False,
            "is_staff": False,
            "password": make_password(None),
        },
    )[0]
