"""How an overrun is told: always a word, with a colour beside it."""

from typing import Any

from django.utils.html import format_html
from django.utils.timezone import localdate

from barnetwatch.lib.dates import in_words
from costs.models import Measure, Threshold

COLOURS: dict[str, str] = {
    Threshold.Severity.LOW: "grey",
    Threshold.Severity.MEDIUM: "yellow",
    Threshold.Severity.HIGH: "red",
}


#: What is held against a mark, in a word or two.
MEASURES: dict[str, str] = {
    Measure.FIRM: "firm",
    Measure.AT_RISK: "at risk",
    Measure.OVER_PLAN: "over plan",
}


def name_of(alert: Any) -> str:
    """What its page is called: CSG: over the £500,000 mark, at risk."""
    measure = MEASURES[alert.threshold.measure]
    return f"{alert.contract}: over the {alert.threshold.mark} mark, {measure}"


def severity_tag(threshold: Any) -> str:
    """How much it matters, as a tag."""
    colour, label = COLOURS[threshold.severity], threshold.get_severity_display()
    return format_html('<strong class="govuk-tag govuk-tag--{}">{}</strong>', colour, label)


def state_of(alert: Any) -> str:
    """Open, or until when it lasted."""
    if alert.cleared_at is None:
        return "Open"
    return f"Over on {in_words(localdate(alert.cleared_at))}"


def told(alert: Any) -> str:
    """The overrun in one sentence, with its sum where the reader may have it (`tells_sum`)."""
    return str(alert.in_words if alert.tells_sum else alert.without_sum)
