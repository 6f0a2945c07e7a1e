"""How the state of a failure is shown: always a word, with a colour beside it."""

from typing import Any

from django.utils.html import format_html

from incidents.models import Incident

_Status, _Severity = Incident.Status, Incident.Severity
COLOURS: dict[str, str] = {
    _Status.REPORTED: "",
    _Status.CONFIRMED: "purple",
    _Status.REMEDIATION: "yellow",
    _Status.RESOLVED: "green",
    _Status.CLOSED: "grey",
    _Status.DISPUTED: "pink",
    _Severity.MINOR: "grey",
    _Severity.MODERATE: "yellow",
    _Severity.MAJOR: "orange",
    _Severity.CRITICAL: "red",
}


def status_tag(failure: Any) -> str:
    """Where it stands, as a tag."""
    return _tag(failure.status, failure.get_status_display())


def severity_tag(failure: Any) -> str:
    """How bad it is, as a tag."""
    return _tag(failure.severity, failure.get_severity_display())


def _tag(value: str, label: Any) -> str:
    colour = COLOURS.get(value, "")
    return format_html(
        '<strong class="govuk-tag{}">{}</strong>', f" govuk-tag--{colour}" if colour else "", label
    )


def days(count: int) -> str:
    """1 day, 3,052 days."""
    return f"{count:,} {'day' if count == 1 else 'days'}"


def listed(parts: Any) -> str:
    """a, b and c."""
    found = [str(part) for part in parts]
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} and {found[-1]}"
