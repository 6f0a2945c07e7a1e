from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from barnetwatch.personaldata.retention import KEPT, UnknownKind, retain


class Command(BaseCommand):
    help = "Throws away what has been held for its time, by kind; --dry-run only counts it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and throw nothing away")
        parser.add_argument(
            "--also",
            action="append",
            default=[],
            metavar="KIND",
            help="throw away a kind, too, that is else only counted",
        )

    def handle(self, *, dry_run: bool, also: list[str], **options: Any) -> None:
        wanted = [*settings.RETAIN_ALSO, *also]
        try:
            done = retain(timezone.now(), also=wanted, dry=dry_run)
        except UnknownKind as error:
            raise CommandError(str(error), returncode=2) from error
        for each in done:
            kind = each.kind
            became = "thrown away" if each.cleared else "past their time, kept"
            if not each.cleared and kind.only_if_asked and not dry_run:
                became += f" (--also {kind.name})"
            self.stdout.write(f"{each.number:>8}  {became}: {kind.what}, {kind.how_long}")
        for what, why in KEPT:
            self.stdout.write(f"   never  {what}: {why}")
