from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Restrictable, Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.appendonly import AppendOnly
from contracts.models.contract import Contract
from contracts.models.source import Source


class Discrepancy(Restrictable):
    """One fact on which sources disagree; all of them stand, side by side."""

    visible_through = ("contract",)

    contract = models.ForeignKey(
        Contract, on_delete=models.CASCADE, null=True, blank=True, related_name="discrepancies"
    )
    question = models.CharField(max_length=250, help_text=_("The fact, as a question."))
    note = models.TextField(blank=True)

    class Meta(Restrictable.Meta):
        ordering = ["contract", "question"]
        verbose_name_plural = _("discrepancies")
        constraints = [
            *Restrictable.Meta.constraints,
            models.UniqueConstraint(
                fields=["question"],
                name="contracts_discrepancy_once",
                violation_error_message=_("That question is not available."),
            ),
        ]

    def __str__(self) -> str:
        return self.question


class ReadingQuerySet(VisibleQuerySet):
    """Questions about readings."""

    def with_preference(self, marks: Any) -> "ReadingQuerySet":
        """Each with the latest of some marks that it is the one to use, and why; else empty."""
        latest = marks.filter(reading=models.OuterRef("pk")).order_by("-recorded_at", "-pk")
        return self.annotate(
            preferred_at=models.Subquery(latest.values("recorded_at")[:1]),
            preferred_by=models.Subquery(latest.values("pk")[:1]),
            preferred_why=models.Subquery(latest.values("reason")[:1]),
        )


class Reading(Visible):
    """What one source says on a fact that is in dispute."""

    visible_through = ("discrepancy", "source")

    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.CASCADE, related_name="readings")
    says = models.TextField(help_text=_("What the source says, as near to its words as can be."))
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")

    objects = open_rows(ReadingQuerySet)
    all_rows = every_row(ReadingQuerySet)

    class Meta:
        ordering = ["discrepancy", "pk"]

    def __str__(self) -> str:
        return self.says


class ReadingPreference(AppendOnly, Recorded, Visible):
    """The mark that one reading is the one to use, and why; the latest one holds."""

    visible_through = ("reading",)

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="preferences")
    reason = models.TextField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_readingpreference_has_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Say why this source is preferred."),
            ),
        ]

    def __str__(self) -> str:
        return f"Preferred: {self.reading}"
