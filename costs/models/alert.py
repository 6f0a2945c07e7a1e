import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import (
    Sight,
    Visible,
    VisibleQuerySet,
    every_row,
    open_rows,
    sight_of,
)
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import SourceDate, end_of_day, precision_field
from barnetwatch.lib.money import PoundsField
from contracts.models import Contract, Recheck
from costs.models.entry import CostEntry
from costs.models.line import CostLine
from costs.models.threshold import Measure, Threshold


class OverrunAlertQuerySet(VisibleQuerySet):
    """Questions about alerts."""

    def standing(self) -> "OverrunAlertQuerySet":
        """Alerts that are open: the total is above the mark now."""
        return self.filter(cleared_at__isnull=True)

    def with_telling(self, user: Any) -> "OverrunAlertQuerySet":
        """With `tells_sum`: whether an alert's sum in words may be printed for a person.

        The words stand as the last check left them. Where its contract has lines that the person
        does not see, a line they rest on may be among those; a standing alert is safe again once
        the recheck that a restriction asks for is done. Payments over plan rest on no lines.
        """
        hidden = CostLine.all_rows.supplementary().exclude(sight_of(user).of(CostLine))
        waits = Recheck.objects.filter(contract=OuterRef("contract"))
        return self.annotate(
            tells_sum=Q(threshold__measure=Measure.OVER_PLAN)
            | ~Exists(hidden.filter(contract=OuterRef("contract")))
            | (Q(cleared_at__isnull=True) & ~Exists(waits))
        )

    def known(self, known_on: dt.date) -> "OverrunAlertQuerySet":
        """Alerts that were open at the end of a day, each with `exceeded_then` and
        `precision_then`: since when, as the alert said it on that day; empty where it still does.
        """
        end = end_of_day(known_on)
        later = AlertRevision.all_rows.filter(
            alert=models.OuterRef("pk"), recorded_at__gte=end
        ).order_by("recorded_at", "pk")
        open_then = Q(cleared_at__isnull=True) | Q(cleared_at__gte=end)
        return self.filter(open_then, raised_at__lt=end).annotate(
            exceeded_then=models.Subquery(later.values("exceeded_before")[:1]),
            precision_then=models.Subquery(later.values("precision_before")[:1]),
        )

    def largest_first(self) -> "OverrunAlertQuerySet":
        """By the total above the mark, largest first."""
        return self.order_by("-total_now", F("threshold__amount").desc(nulls_last=True), "pk")


class OverrunAlert(Visible):
    """One episode of a contract's total lying above a threshold.

    `cleared_at` is empty while it lasts. A later crossing is another episode.
    """

    class Basis(models.TextChoices):
        """Which rows make the total exceed."""

        #: Open rows alone do.
        OPEN = "open", _("open rows")
        #: Only together with restricted rows; seen by those who may see every one of them.
        ALL = "all", _("all rows, restricted ones included")

    class Ending(models.TextChoices):
        """Why an episode ended."""

        #: The total is back at or below the mark.
        BACK = "back", _("The total came back")
        #: The open rows exceed by themselves now.
        SUPERSEDED = "superseded", _("An alert on open rows took its place")
        #: The threshold was retired, or can no longer be evaluated.
        RETIRED = "retired", _("The threshold no longer applies")

    visible_through = ("contract",)

    contract = models.ForeignKey(
        Contract, on_delete=models.CASCADE, related_name="alerts", db_index=False
    )
    threshold = models.ForeignKey(Threshold, on_delete=models.PROTECT, related_name="alerts")
    basis = models.CharField(max_length=4, choices=Basis)
    exceeded_on = models.DateField(help_text=_("Start of the current unbroken run above the mark."))
    exceeded_precision = precision_field()
    crossing_entry = models.ForeignKey(
        CostEntry,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The entry that did it; empty for payments over plan, which months decide."),
    )
    total_then = PoundsField()
    baseline_then = PoundsField(null=True)
    total_now = PoundsField()
    baseline_now = PoundsField(null=True)
    sum_in_words = models.TextField(help_text=_("The total now, with its split by status."))
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)
    superseded_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="supersedes"
    )

    objects = open_rows(OverrunAlertQuerySet)
    all_rows = every_row(OverrunAlertQuerySet)

    class Meta:
        ordering = ["-raised_at", "-pk"]
        indexes = [
            # Read by the worklists and registers of what is open now.
            models.Index(
                fields=["-total_now"], condition=Q(cleared_at__isnull=True), name="costs_alert_open"
            ),
            # Read by one contract's page and history, and by its deletion.
            models.Index(fields=["contract", "-raised_at"], name="costs_alert_contract"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "threshold", "basis"],
                condition=Q(cleared_at__isnull=True),
                name="costs_overrunalert_one_open",
            ),
            models.CheckConstraint(
                name="costs_overrunalert_ending_when_cleared",
                condition=Q(cleared_at__isnull=True, ending="")
                | Q(Q(cleared_at__isnull=False), ~Q(ending="")),
            ),
            models.CheckConstraint(
                name="costs_overrunalert_cleared_after_raised",
                condition=Q(cleared_at__isnull=True) | Q(cleared_at__gte=F("raised_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}: over {self.threshold}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:alert", args=[self.pk])

    @classmethod
    def seen_when(cls, sight: Sight, prefix: str) -> Q:
        """An alert that rests on restricted rows is seen by those who may see all of them."""
        hidden = (
            CostLine.all_rows.supplementary()
            .filter(contract__isnull=False)
            .exclude(sight.of(CostLine))
            .values("contract")
        )
        return Q(**{f"{prefix}basis": cls.Basis.OPEN}) | ~Q(**{f"{prefix}contract__in": hidden})

    @property
    def rests_on_restricted(self) -> bool:
        """Whether it takes restricted rows to exceed."""
        return self.basis == self.Basis.ALL

    @property
    def in_words(self) -> str:
        """The overrun in one sentence: its sum, the mark it lies above, and since when."""
        return f"{self.sum_in_words}, over the {self.threshold.mark} mark since {self.exceeded}."

    @property
    def without_sum(self) -> str:
        """The same for those who may not read what it rests on."""
        measure = self.threshold.get_measure_display()
        return f"Over the {self.threshold.mark} mark for {measure} since {self.exceeded}."

    @property
    def exceeded(self) -> SourceDate:
        """Since when, as precisely as the entry that did it is dated."""
        return SourceDate(self.exceeded_on, self.exceeded_precision)


class AlertRevision(AppendOnly, Visible):
    """A back-dated entry moved the day since when an open alert's total is above the mark."""

    visible_through = ("alert",)

    alert = models.ForeignKey(OverrunAlert, on_delete=models.PROTECT, related_name="revisions")
    exceeded_before = models.DateField()
    exceeded_after = models.DateField()
    precision_before = precision_field()
    precision_after = precision_field()
    crossing_entry = models.ForeignKey(
        CostEntry, on_delete=models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]

    @property
    def before(self) -> SourceDate:
        """Since when it was held to be above the mark."""
        return SourceDate(self.exceeded_before, self.precision_before)

    @property
    def after(self) -> SourceDate:
        """Since when it is."""
        return SourceDate(self.exceeded_after, self.precision_after)

    def __str__(self) -> str:
        return f"{self.alert}: since {self.exceeded_after}, not {self.exceeded_before}"


class AlertAcknowledgement(AppendOnly, Recorded, Visible):
    """An officer has seen an alert and says what is being done."""

    visible_through = ("alert",)

    alert = models.ForeignKey(
        OverrunAlert, on_delete=models.PROTECT, related_name="acknowledgements"
    )
    note = models.TextField(help_text=_("What is being done about it."))

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="costs_alertacknowledgement_has_note",
                condition=~Q(note=""),
                violation_error_message=_("Say what is being done about it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert}: {self.note}"
