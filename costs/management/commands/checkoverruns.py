import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from contracts.models import Contract
from contracts.register import ask_recheck
from costs import rechecks
from costs.management.commands.position import open_contract
from costs.models import OverrunAlert


class Command(BaseCommand):
    help = "Checks one contract or all of them now, and says which alerts that moved."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("contract", nargs="?", help="its reference; all if not given")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        named = options["contract"]
        contracts = [open_contract(named)] if named else list(Contract.all_rows.all())
        for contract in contracts:
            ask_recheck(contract, at=now)
        swept = rechecks.sweep(now)
        done = [swept.outcomes[each.pk] for each in contracts if each.pk in swept.outcomes]
        moved = {
            "raised": _shown(alert.pk for outcome in done for alert in outcome.raised),
            "cleared": _shown(alert.pk for outcome in done for alert in outcome.cleared),
            "revised": _shown(alert.pk for outcome in done for alert in outcome.revised),
        }
        open_ones = Contract.objects.filter(pk__in=[each.pk for each in contracts])
        checked = open_ones.filter(pk__in=swept.outcomes).count()
        left = open_ones.exclude(pk__in=swept.outcomes).count()
        if options["json"]:
            self.stdout.write(json.dumps({"checked": checked, "left": left} | moved, indent=2))
            return
        for act, alerts in moved.items():
            for alert in alerts:
                self.stdout.write(f"{act.capitalize()}: {alert['contract']}. {alert['in_words']}")
        counts = ", ".join(f"{act} {len(alerts)}" for act, alerts in moved.items())
        self.stdout.write(f"Contracts checked: {checked}. Alerts: {counts}.")
        if left:
            self.stdout.write(f"Contracts left to a worker that is checking them now: {left}.")


def _shown(alerts: Any) -> list[dict[str, Any]]:
    """Alerts that rest on open rows; the others are for those who are cleared for them."""
    rows = OverrunAlert.objects.filter(pk__in=list(alerts)).select_related("contract", "threshold")
    return [
        {
            "contract": alert.contract.reference,
            "measure": alert.threshold.measure,
            "mark": alert.threshold.mark,
            "severity": alert.threshold.severity,
            "since": str(alert.exceeded),
            "total": f"{alert.total_now:.2f}",
            "ending": alert.ending,
            "in_words": alert.in_words,
        }
        for alert in rows.order_by("contract__reference", "threshold", "pk")
    ]
