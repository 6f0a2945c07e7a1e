from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import (
    Act,
    ActForm,
    AppendOnlyAdmin,
    ListedInline,
    ReadOnlyAdmin,
    seen_filter,
)
from barnetwatch.lib.columns import when
from barnetwatch.lib.dates import in_words
from costs import overruns
from costs.models import AlertAcknowledgement, AlertRevision, OverrunAlert


class NoteForm(ActForm):
    """What is being done about it."""

    note = forms.CharField(
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is being done about it. Everybody who sees the alert reads this."),
    )


ACKNOWLEDGE = Act(
    slug="acknowledge",
    label=_("Acknowledge"),
    permission="costs.add_alertacknowledgement",
    form=NoteForm,
    do=lambda row, fields, by: overruns.acknowledge(row, by=by, **fields),
    done=_("Your note stands beside the alert."),
)


class RevisionsListed(ListedInline):
    model = AlertRevision
    fk_name = "alert"
    addable = False
    fields = ["exceeded_before", "exceeded_after", "recorded_at"]
    verbose_name_plural = _("how the day since when was put right")


class AcknowledgementsListed(ListedInline):
    model = AlertAcknowledgement
    addable = False  # There is a button.
    fields = ["note", "recorded_by", "recorded_at"]
    verbose_name_plural = _("acknowledgements")


class StateFilter(admin.SimpleListFilter):
    """Whether the total is above the mark now."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("open", _("Open")), ("cleared", _("Cleared"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ("open", "cleared"):
            return queryset
        return queryset.filter(cleared_at__isnull=self.value() == "open")


@admin.register(OverrunAlert)
class OverrunAlertAdmin(ReadOnlyAdmin):
    """Totals above a mark: raised and cleared by the checks, never by hand.

    The sums stand on the site's own page, which masks what rests on rows restricted since.
    """

    acts = (ACKNOWLEDGE,)
    fieldsets = [
        (None, {"fields": ["sentence", "contract", "threshold", "severity", "basis"]}),
        (
            _("Since when"),
            {
                "fields": [
                    ("exceeded_on", "exceeded_precision"),
                    "crossing_entry",
                ]
            },
        ),
        (_("The episode"), {"fields": ["raised_at", "cleared_at", "ending", "superseded_by"]}),
    ]
    inlines = [AcknowledgementsListed, RevisionsListed]
    list_display = [
        "contract",
        "mark",
        "severity",
        when("exceeded_on", "since"),
        "raised_at",
        "state",
    ]
    list_filter = [
        StateFilter,
        "threshold__severity",
        "threshold__measure",
        seen_filter("contract"),
    ]
    search_fields = ["contract__reference", "contract__title"]
    date_hierarchy = "raised_at"

    @admin.display(description=_("state"), ordering="cleared_at")
    def state(self, alert: OverrunAlert) -> str:
        if alert.cleared_at is None:
            return str(_("Open"))
        return f"{alert.get_ending_display()}, {in_words(timezone.localdate(alert.cleared_at))}"

    @admin.display(description=_("in one sentence"))
    def sentence(self, alert: OverrunAlert) -> str:
        page, said = alert.get_absolute_url(), _("See it with its sum")
        return format_html('{} <a href="{}">{}</a>', alert.without_sum, page, said)

    @admin.display(description=_("over"))
    def mark(self, alert: OverrunAlert) -> str:
        return str(alert.threshold)

    @admin.display(description=_("severity"), ordering="threshold__severity")
    def severity(self, alert: OverrunAlert) -> Any:
        return alert.threshold.get_severity_display()


@admin.register(AlertAcknowledgement)
class AlertAcknowledgementAdmin(AppendOnlyAdmin):
    """What officers say is being done about alerts."""

    fields = ["alert", "note"]
    autocomplete_fields = ["alert"]
    list_display = ["alert", "note", "recorded_by", "recorded_at"]
    search_fields = ["alert__contract__reference", "alert__contract__title", "note"]
    date_hierarchy = "recorded_at"
    select_also = ["recorded_by", "alert__threshold"]

    def write(self, fields: dict[str, Any], by: Any) -> AlertAcknowledgement:
        return overruns.acknowledge(**fields, by=by)
