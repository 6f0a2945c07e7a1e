from typing import Any

from django.core.management.base import BaseCommand, CommandError

from costs import verification
from costs.models import CostEntry, CostLine


class Command(BaseCommand):
    help = "Says whether the ledger is as it was written, or the first row that is not."

    def handle(self, **options: Any) -> None:
        found = list(verification.faults())
        if found:
            more = f" Others: {len(found) - 1}." if found[1:] else ""
            raise CommandError(f"{found[0]}{more}", returncode=1)
        entries = CostEntry.objects.all()
        self.stdout.write(
            "The ledger is as it was written: every stored total is what its entries come to, "
            "every reversal mirrors its entry, every guard stands. "
            f"Of them open to all: lines {CostLine.objects.count()}, entries {entries.count()}, "
            f"reversals {entries.filter(reverses__isnull=False).count()}."
        )
