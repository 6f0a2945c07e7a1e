from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Act
from barnetwatch.backups import Refused
from barnetwatch.backups.taking import backup
from costs.seals import grouped


class Command(BaseCommand):
    help = "Back up the database and the uploaded files into a new folder, with a manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path, help="new, or empty")

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            taken = backup(folder.absolute(), timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        told = {"rows": taken.rows, "tables": len(taken.tables), "ledger_seal": taken.ledger_seal}
        with transaction.atomic():
            audit.record(Act.BACKED_UP, by=None, after=told)
        self.stdout.write(
            f"Backed up into {folder}: {taken.rows} rows in {len(taken.tables)} tables, "
            f"{len(taken.files) - 1} uploaded files. It holds restricted records: keep it where "
            "only those who run the site can read it."
        )
        self.stdout.write(f"The ledger's seal in it: {grouped(taken.ledger_seal)}")
