import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from barnetwatch.lib.dates import LONDON
from costs import seals, verification
from costs.models import CostEntry, CostLine


class Command(BaseCommand):
    help = (
        "Says whether the ledger is as it was written, or the first row that is not, and gives "
        "the seal over all of it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at",
            metavar="MOMENT",
            help='Give the seal of a moment, London time, such as "2026-11-23 07:00" of a digest.',
        )
        parser.add_argument(
            "--seal", metavar="SEAL", help="Compare it with one that somebody holds; needs --at."
        )

    def handle(self, *, at: str | None, seal: str | None, **options: Any) -> None:
        moment = _moment(at) if at else timezone.now()
        if seal and not at:
            raise CommandError("--seal needs --at: the moment that stands beside it.", returncode=2)
        found = list(verification.faults())
        if found:
            more = f" Others: {len(found) - 1}." if found[1:] else ""
            raise CommandError(f"{found[0]}{more}", returncode=1)
        head = seals.head(moment)
        if seal and "".join(seal.split()).lower() != head:
            raise CommandError(
                f"The seal of {_written(moment)} is now {seals.grouped(head)}, which is not the "
                "one given: an entry that was sealed before then was changed, added or taken "
                "away since, and the seals after it made anew.",
                returncode=1,
            )
        self.stdout.write(_all_is_well())
        self.stdout.write(f"The ledger's seal of {_written(moment)}: {seals.grouped(head)}")
        if seal:
            self.stdout.write("It is the one given.")


def _all_is_well() -> str:
    entries = CostEntry.objects.all()
    return (
        "The ledger is as it was written: every entry is as it was sealed, every stored total is "
        "what its entries come to, every reversal mirrors its entry, every guard stands. "
        f"Of them open to all: lines {CostLine.objects.count()}, entries {entries.count()}, "
        f"reversals {entries.filter(reverses__isnull=False).count()}."
    )


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f'--at: "{text}" is no moment. Write it like "2026-11-23 07:00".', returncode=2
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
    if moment > timezone.now():
        raise CommandError(f"--at: {text} has not come yet.", returncode=2)
    return moment


def _written(moment: dt.datetime) -> str:
    """A moment as --at takes it, to the microsecond where it has any."""
    local = moment.astimezone(LONDON)
    return local.isoformat(sep=" ", timespec="auto" if local.microsecond else "minutes")
