from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import filechecks


class Command(BaseCommand):
    help = "Read every file of evidence and say which is missing, broken, or named by no row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--remove-orphans",
            action="store_true",
            help="destroy bytes that no row names and that are older than an hour",
        )

    def handle(self, *, remove_orphans: bool, **options: Any) -> None:
        found = filechecks.check_files(timezone.now())
        self.stdout.write(f"Files of evidence: {found.files}.")
        for said, wrong in (("Missing", found.missing), ("Broken", found.broken)):
            for each in wrong:
                self.stdout.write(f"{said}: {each['file']} {each['row']}, at {each['place']}.")
        for place in found.orphans:
            self.stdout.write(f"Named by no row: {place}.")
        if remove_orphans and found.orphans:
            self.stdout.write(f"Destroyed: {filechecks.remove_orphans(found)}.")
            found = filechecks.check_files(timezone.now())
        if not found.is_clean:
            raise CommandError(
                f"{len(found.missing)} missing, {len(found.broken)} broken, "
                f"{len(found.orphans)} named by no row. docs/operating.md says what to do.",
                returncode=1,
            )
        self.stdout.write("Each is there as it was stored, and nothing else is.")
