from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import (
    ListedInline,
    RecordAdmin,
    WrittenByVerb,
    dated,
    given_filter,
    seen_filter,
)
from barnetwatch.lib.columns import when
from contracts import register
from contracts.breach import assess
from contracts.models import Commitment, Measurement


@admin.display(description=_("against the target"))
def verdict(found: Measurement) -> str | None:
    """A column: +48 hours, ×2.0; not recoverable; met; not known."""
    if found.pk is None:
        return None
    due = found.commitment
    at_most = due.direction == Commitment.Direction.AT_MOST
    held = assess(due.target, at_most, found.value, found.not_recoverable)
    return held.in_words(str(due.get_unit_display()))


class MeasurementsListed(ListedInline):
    model = Measurement
    fields = ["how", "value", "not_recoverable", verdict, *dated("measured"), "said_by"]
    readonly_fields = [verdict]


@admin.register(Commitment)
class CommitmentAdmin(RecordAdmin):
    """What suppliers undertook to reach, who measures it, and what nobody measures."""

    fields = [
        "contract",
        "service",
        ("title", "tier"),
        ("measure", "direction", "target", "unit"),
        "measured_by",
        "source",
        "note",
    ]
    autocomplete_fields = ["contract", "service", "source"]
    inlines = [MeasurementsListed]
    list_display = ["title", "tier", "contract", "measure", "promised", "measured_by"]
    list_filter = ["measure", "measured_by", seen_filter("contract")]
    search_fields = ["title", "tier", "contract__reference", "contract__title"]

    @admin.display(description=_("target"), ordering="target")
    def promised(self, row: Commitment) -> str:
        number = f"{row.target:,.2f}".rstrip("0").rstrip(".")
        return f"{row.get_direction_display()} {number} {row.get_unit_display()}"


@admin.register(Measurement)
class MeasurementAdmin(WrittenByVerb):
    """What was found when commitments were held against the facts."""

    fields = [
        "commitment",
        "how",
        ("value", "not_recoverable"),
        dated("measured"),
        ("said_by", "said_by_public", "said_by_role"),
        "source",
        "note",
    ]
    autocomplete_fields = ["commitment", "source"]
    list_display = ["commitment", "how", verdict, when("measured_on"), "said_by"]
    list_filter = ["how", "not_recoverable", given_filter("value")]
    search_fields = ["commitment__title", "commitment__contract__reference", "said_by"]
    date_hierarchy = "measured_on"

    def write(self, fields: dict[str, Any], by: Any) -> Measurement:
        precision = fields.pop("measured_precision")
        inferred = fields.pop("measured_year_inferred")
        return register.measure(**fields, precision=precision, year_inferred=inferred, by=by)
