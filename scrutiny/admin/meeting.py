from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import RESTRICTION, WrittenByVerb, dated, restriction
from accounts.backoffice.forms import RecordForm
from barnetwatch.lib.columns import when
from barnetwatch.lib.dates import Precision
from scrutiny import meetings
from scrutiny.models import Meeting


class MeetingForm(RecordForm):
    """A body meets only while it exists; the verb says so of new meetings."""

    def clean(self) -> dict[str, Any] | None:
        fields = super().clean() or {}
        body, day = fields.get("body"), fields.get("held_on")
        if body and day and not body.sits_on(day, fields.get("held_precision") or Precision.DAY):
            said = _("%(body)s does not exist on that day. Check the date or the body.")
            self.add_error("held_on", ValidationError(said % {"body": body}))
        return fields


@admin.register(Meeting)
class MeetingAdmin(WrittenByVerb):
    """Meetings of bodies, and what is due there."""

    form = MeetingForm
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "body",
                    dated("held"),
                    ("title", "place"),
                    "cancelled",
                    "contracts",
                    "promises",
                    "papers",
                    "note",
                ]
            },
        ),
        RESTRICTION,
    ]
    autocomplete_fields = ["body", "contracts", "promises", "papers"]
    list_display = ["body", when("held_on"), "title", "place", "cancelled", restriction]
    list_filter = ["body", "cancelled", "restriction"]
    search_fields = ["body__name", "title", "place", "note"]
    date_hierarchy = "held_on"
    select_also = ["body"]

    def write(self, fields: dict[str, Any], by: Any) -> Meeting:
        return meetings.call(**fields, by=by)
