import datetime as dt
import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from barnetwatch.lib.dates import in_words, parse_day
from barnetwatch.lib.money import in_table
from contracts.models import Contract
from costs.overruns import Position, position
from costs.positions import LinePosition, MeasurePosition


class Command(BaseCommand):
    help = "What is spent beside a contract on a day, as known on a day; from open rows only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("contract", help="its reference, such as CSG")
        parser.add_argument("--on", help="a day such as 2018-10-01; today if not given")
        parser.add_argument("--known-on", help="only what was recorded by the end of this day")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, **options: Any) -> None:
        found = position(
            open_contract(options["contract"]),
            _day(options["on"]) or timezone.localdate(),
            _day(options["known_on"]),
        )
        answer = json.dumps(as_json(found), indent=2) if options["json"] else as_text(found)
        self.stdout.write(answer)


def open_contract(reference: str) -> Contract:
    """The contract of a reference; one that is not open to all is as if it did not exist."""
    try:
        return Contract.objects.get(reference=reference)
    except Contract.DoesNotExist:
        raise CommandError(
            f"There is no contract “{reference}”; give a reference as the register has it.",
            returncode=2,
        ) from None


def _day(text: str | None) -> dt.date | None:
    try:
        return None if text is None else parse_day(text)
    except ValidationError as error:
        raise CommandError(error.messages[0], returncode=2) from None


def as_text(found: Position) -> str:
    """Sentences, then a table of the lines."""
    known = f", as known on {in_words(found.known_on)}" if found.known_on else ""
    text = [f"{found.contract}: {found.contract.title}, on {in_words(found.on)}{known}", ""]
    for measure in found.measures:
        text.append(measure.in_words)
        text += [f"  over {mark.mark} ({mark.severity})" for mark in measure.exceeded]
    width = max((len(place.line.title) for place in found.lines + found.apart), default=0)
    width = max(width, len("In no measure"))
    for heading, lines in (("Supplementary", found.lines), ("In no measure", found.apart)):
        if lines:
            text += ["", f"{heading:<{width}}{'firm':>20}{'at risk':>20}{'paid':>20}"]
        for place in lines:
            sums = (place.totals.firm, place.totals.at_risk, place.totals.paid)
            text.append(
                f"{place.line.title:<{width}}" + "".join(f"{in_table(s):>20}" for s in sums)
            )
    return "\n".join(text)


def as_json(found: Position) -> dict[str, Any]:
    """The same for programs: sums as text with two decimals, days as 2018-10-01."""
    return {
        "contract": found.contract.reference,
        "title": found.contract.title,
        "on": found.on.isoformat(),
        "known_on": found.known_on and found.known_on.isoformat(),
        "measures": {measure.measure.value: _measure(measure) for measure in found.measures},
        "lines": [_line(place) for place in found.lines],
        "in_no_measure": [_line(place) for place in found.apart],
    }


def _measure(found: MeasurePosition) -> dict[str, Any]:
    return {
        "total": _pounds(found.total),
        "split": {stage.value: _pounds(amount) for stage, amount in found.split.items()},
        "baseline": _pounds(found.baseline),
        "percentage": _pounds(found.percentage),
        "exceeded": [
            {
                "amount": _pounds(mark.amount),
                "percentage": _pounds(mark.percentage),
                "severity": mark.severity,
            }
            for mark in found.exceeded
        ],
        "in_words": found.in_words,
    }


def _line(place: LinePosition) -> dict[str, Any]:
    return {
        "line": place.line.title,
        "kind": place.line.kind,
        "firm": _pounds(place.totals.firm),
        "at_risk": _pounds(place.totals.at_risk),
        "paid": _pounds(place.totals.paid),
        "by_status": {stage: _pounds(amount) for stage, amount in place.nets.items()},
    }


def _pounds(amount: Any) -> str | None:
    return None if amount is None else f"{amount:.2f}"
