"""The public record into the register, and on the embedded default somebody to sign in as."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from barnetwatch.record import signins
from barnetwatch.record.loader import PUBLIC_RECORD, load
from barnetwatch.record.reading import Mistake


class Command(BaseCommand):
    help = "Load the public record. Safe to run again: what is there is left as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--file", type=Path, default=PUBLIC_RECORD, help="another record, in the same form"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(load(options["file"], at=timezone.now()).in_words)
            if settings.EMBEDDED and signins.make(settings.VAR_DIR):
                where = settings.VAR_DIR / signins.FILE
                self.stdout.write(f"People to sign in as, one for each role: {where}")
        except Mistake as mistake:
            raise CommandError(str(mistake), returncode=2) from mistake
