import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.dates import Precision, counts_from, may_begin


class Body(models.Model):
    """A committee, a cabinet or a council that decides; bodies begin and end."""

    name = models.CharField(max_length=150)
    authority = models.CharField(max_length=150, default="London Borough of Barnet")
    starts_on = models.DateField(
        null=True, blank=True, help_text=_("Its first day; empty if not known.")
    )
    ends_on = models.DateField(
        null=True, blank=True, help_text=_("Its last day; empty while it exists or if not known.")
    )
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = _("bodies")
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "name"],
                name="scrutiny_body_once",
                violation_error_message=_("This body is already recorded."),
            ),
            models.CheckConstraint(
                name="scrutiny_body_in_order",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("A body ends on or after the day it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def sits_on(self, day: dt.date, precision: str = Precision.DAY) -> bool:
        """Whether it exists on a day, as far as is known; on some day of a month or year."""
        begun = self.starts_on is None or self.starts_on <= counts_from(day, precision)
        return begun and (self.ends_on is None or may_begin(day, precision) <= self.ends_on)
