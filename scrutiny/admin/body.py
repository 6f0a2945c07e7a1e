from django.contrib import admin

from accounts.backoffice import RecordAdmin, given_filter
from barnetwatch.lib.columns import when
from scrutiny.models import Body


@admin.register(Body)
class BodyAdmin(RecordAdmin):
    """Committees, cabinets and councils; they begin and end."""

    fields = ["name", "authority", ("starts_on", "ends_on"), "note"]
    list_display = [
        "name",
        "authority",
        when("starts_on", "from"),
        when("ends_on", "to", empty="exists, or not known"),
    ]
    list_filter = [given_filter("ends_on")]
    search_fields = ["name", "authority"]
