from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import RESTRICTION, RecordAdmin, dated, given_filter, restriction
from barnetwatch.lib.columns import when
from contracts.models import Source


@admin.register(Source)
class SourceAdmin(RecordAdmin):
    """Where facts were read."""

    fieldsets = [
        (None, {"fields": ["kind", "title", "publisher", dated("published"), "url", "page"]}),
        (_("What it says"), {"fields": ["quotation", "note"]}),
        RESTRICTION,
    ]
    list_display = ["title", "publisher", "kind", when("published_on"), restriction]
    list_filter = ["kind", given_filter("published_on"), "restriction"]
    search_fields = ["title", "publisher", "quotation"]
    date_hierarchy = "published_on"
