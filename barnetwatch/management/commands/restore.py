from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Act
from barnetwatch.backups import Differs, Refused
from barnetwatch.backups.restoring import restore
from barnetwatch.lib.dates import LONDON
from barnetwatch.probes import unapplied
from costs.seals import grouped


class Command(BaseCommand):
    help = (
        "Put a backup in the place of the database and the uploaded files, and check it. Stop the "
        "site, the worker and the scheduler first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path, help="as backup wrote it")
        parser.add_argument(
            "--replace-everything",
            action="store_true",
            help="throw away the record that is here; without it a restore goes into an empty one",
        )

    def handle(self, *, folder: Path, replace_everything: bool, **options: Any) -> None:
        try:
            held = restore(folder.absolute(), replace_everything=replace_everything)
        except Refused as refusal:
            raise CommandError(f"{refusal} Nothing was changed.", returncode=2) from refusal
        except Differs as differs:
            raise CommandError(
                f"{differs} What was here before is back in its place.", returncode=1
            ) from differs
        taken_at = timezone.localtime(held.taken_at, LONDON)
        self.stdout.write(
            f"Restored the backup of {taken_at:%Y-%m-%d %H:%M}: {held.rows} rows in "
            f"{len(held.tables)} tables, {len(held.files) - 1} uploaded files, as the manifest "
            "says. What was recorded since then is not in it."
        )
        if unapplied():
            self.stdout.write("It is of an older version: run migrate, then verifyledger.")
            return
        told = {"taken_at": held.taken_at, "rows": held.rows, "ledger_seal": held.ledger_seal}
        with transaction.atomic():
            audit.record(Act.RESTORED, by=None, after=told)
        self.stdout.write(f"The ledger's seal is the one backed up: {grouped(held.ledger_seal)}")
