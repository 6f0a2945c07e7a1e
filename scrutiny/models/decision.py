import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Restrictable, Visible
from barnetwatch.lib.byrole import ByRole, Who, kept_name_field, public_field, role_field
from barnetwatch.lib.dates import (
    Precision,
    SourceDate,
    may_begin,
    precision_field,
    source_date,
    year_inferred_field,
)
from barnetwatch.lib.money import PoundsField
from contracts.models import Contract, Source
from costs.models import CostLine
from incidents.models import Incident
from scrutiny.models.body import Body

#: Barnet's years of committees, first and last day: no decision of theirs was a "key decision",
#: which the law knows of cabinets alone.
COMMITTEE_YEARS = (dt.date(2014, 6, 3), dt.date(2023, 5, 23))


class Decision(ByRole, Recorded, Restrictable):
    """Something decided, or put to the vote, by a body or by an officer under its powers."""

    class Kind(models.TextChoices):
        """In what form."""

        #: An officer's decision under delegated powers, with its report.
        DELEGATED = "delegated", _("Officer delegated powers report")
        #: A committee agreed to something.
        RESOLUTION = "resolution", _("Committee resolution")
        #: A member asked a body to agree to something.
        MOTION = "motion", _("Motion")
        #: A member asked a body to change what is before it.
        AMENDMENT = "amendment", _("Amendment")
        #: All councillors together agreed to something.
        COUNCIL = "council", _("Full council resolution")
        #: The committee that decides what cannot wait for the next meeting.
        URGENCY = "urgency", _("Urgency committee resolution")
        #: The leader and the cabinet decided together.
        CABINET = "cabinet", _("Cabinet decision")
        #: One member of the cabinet decided alone.
        MEMBER = "member", _("Cabinet member decision")

    class Outcome(models.TextChoices):
        """What became of it."""

        #: Carried, or taken by the officer.
        AGREED = "agreed", _("Agreed")
        #: Put to the vote and lost.
        DEFEATED = "defeated", _("Defeated")
        #: Put forward, not yet decided.
        PROPOSED = "proposed", _("Proposed")
        #: Taken back before the vote.
        WITHDRAWN = "withdrawn", _("Withdrawn")
        #: The record does not say.
        UNKNOWN = "unknown", _("Not known")

    visible_through = ("contract",)
    who = Who("taken_by")

    kind = models.CharField(max_length=10, choices=Kind)
    reference = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=200)
    body = models.ForeignKey(
        Body, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions"
    )
    taken_by = models.CharField(
        max_length=150, blank=True, help_text=_("For an officer's decision: by role.")
    )
    taken_by_public = public_field()
    taken_by_role = role_field()
    taken_by_name = kept_name_field()
    taken_on = models.DateField(null=True, blank=True)
    taken_precision = precision_field()
    taken_year_inferred = year_inferred_field()
    is_key = models.BooleanField(
        _("key decision"),
        null=True,
        blank=True,
        help_text=_("As the cabinet's notice says; empty if not known and in committee years."),
    )
    text = models.TextField(_("decision"), help_text=_("What was decided or asked for."))
    reasons = models.TextField(blank=True)
    alternatives = models.TextField(_("alternatives rejected"), blank=True)
    interests = models.TextField(_("interests declared"), blank=True)
    mover = models.CharField(max_length=150, blank=True)
    seconder = models.CharField(max_length=150, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome)
    votes_for = models.PositiveSmallIntegerField(null=True, blank=True)
    votes_against = models.PositiveSmallIntegerField(null=True, blank=True)
    votes_abstained = models.PositiveSmallIntegerField(null=True, blank=True)
    casting_vote = models.CharField(max_length=100, blank=True)
    votes_note = models.CharField(
        max_length=200, blank=True, help_text=_("Such as who voted which way, counts not given.")
    )
    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions"
    )
    incidents = models.ManyToManyField(Incident, blank=True, related_name="decisions")
    other_contracts = models.ManyToManyField(
        Contract,
        blank=True,
        related_name="decisions_touching",
        help_text=_("Contracts that it bears on besides."),
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    class Meta(Restrictable.Meta):
        ordering = ["-taken_on", "-pk"]
        constraints = [
            *Restrictable.Meta.constraints,
            models.CheckConstraint(
                name="scrutiny_decision_taken_by_somebody",
                condition=Q(body__isnull=False) | ~Q(taken_by=""),
                violation_error_message=_("Name the body, or the officer by role."),
            ),
            models.CheckConstraint(
                name="scrutiny_decision_key_under_cabinet",
                condition=Q(is_key__isnull=True)
                | Q(taken_on__isnull=True)
                | ~Q(taken_precision=Precision.DAY)
                | Q(taken_on__lt=COMMITTEE_YEARS[0])
                | Q(taken_on__gt=COMMITTEE_YEARS[1]),
                violation_error_message=_("In committee years no decision is a key decision."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("admin:decision", args=[self.pk])

    def clean(self) -> None:
        super().clean()
        if self.is_key is not None and self.is_in_committee_years:
            raise ValidationError(
                {
                    "is_key": _(
                        "From 3 June 2014 to 23 May 2023 Barnet had committees, and no decision "
                        "was a key decision. Leave this empty, or check the date."
                    )
                }
            )

    @property
    def is_in_committee_years(self) -> bool:
        """Whether it was certainly taken while Barnet had committees."""
        if self.taken_on is None:
            return False
        first, last = COMMITTEE_YEARS
        return first <= may_begin(self.taken_on, self.taken_precision) and self.taken_on <= last

    @property
    def taken(self) -> SourceDate:
        """When it was taken, as precisely as it is known."""
        return source_date(self, "taken")

    @property
    def votes(self) -> str:
        """The counts as far as they are known; counts not given are not nought to nought."""
        known = [
            f"{count} {word}"
            for count, word in (
                (self.votes_for, "for"),
                (self.votes_against, "against"),
                (self.votes_abstained, "abstained"),
            )
            if count is not None
        ]
        return ", ".join(known) or "counts not given"


class DecisionCost(Recorded, Visible):
    """A decision's claim that it authorised a cost; the cost line knows nothing of it."""

    visible_through = ("decision", "line")

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="costs")
    line = models.ForeignKey(CostLine, on_delete=models.PROTECT, related_name="authorised_by")
    amount = PoundsField(
        null=True, blank=True, help_text=_("What it authorises, in pounds; empty if not said.")
    )
    words = models.TextField(blank=True, help_text=_("Its own words on the money."))

    class Meta:
        ordering = ["decision", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "line"],
                name="scrutiny_decisioncost_once",
                violation_error_message=_("This decision names this cost already."),
            ),
            models.CheckConstraint(
                name="scrutiny_decisioncost_positive",
                condition=Q(amount__isnull=True) | Q(amount__gt=0),
                violation_error_message=_("A decision authorises more than nothing."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision}: {self.line}"
