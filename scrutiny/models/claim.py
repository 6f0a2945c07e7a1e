from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.byrole import ByRole, Who, kept_name_field, public_field, role_field
from barnetwatch.lib.dates import SourceDate, precision_field, source_date, year_inferred_field
from contracts.models import Source
from scrutiny.models.statement import Statement


class ClaimParty(ByRole, Recorded, Visible):
    """A party that a claim concerns, and of whom an answer is awaited until one is recorded."""

    visible_through = ("claim",)
    who = Who("party", beside=("organisation",))

    claim = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="parties")
    party = models.CharField(
        max_length=150, help_text=_("By role unless they act in public: the leader of the council.")
    )
    party_public = public_field()
    party_role = role_field()
    party_name = kept_name_field()
    organisation = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["claim", "pk"]
        verbose_name_plural = _("claim parties")
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "party", "organisation"],
                name="scrutiny_claimparty_once",
                violation_error_message=_(
                    "The claim is recorded as concerning this party already."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.by

    def clean(self) -> None:
        super().clean()
        if self.claim_id and self.claim.kind != Statement.Kind.CLAIM:
            raise ValidationError({"claim": _("Only a claim concerns somebody who may answer it.")})


class PartyAnswer(AppendOnly, Recorded, Visible):
    """The mark that a response answers for a party; one response may answer for several."""

    # Who sees a response sees the claim that it answers.
    visible_through = ("response",)

    party = models.ForeignKey(ClaimParty, on_delete=models.PROTECT, related_name="answers")
    response = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="answers_for")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "response"],
                name="scrutiny_partyanswer_once",
                violation_error_message=_("The response is recorded for this party already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party}: {self.response}"

    def clean(self) -> None:
        if self.party_id and self.response_id and self.response.answers_id != self.party.claim_id:
            raise ValidationError(
                {"response": _("That response answers another claim than the one put to them.")}
            )


class ClaimState(AppendOnly, Recorded, Visible):
    """What somebody says has become of a claim, with the reason; the latest one recorded holds.

    Where there is none the state follows from the answers: unanswered, or answered.
    """

    class State(models.TextChoices):
        """Where a claim stands."""

        #: Nobody whom it concerns has answered.
        UNANSWERED = "unanswered", _("Unanswered")
        #: Somebody has, whatever they said.
        ANSWERED = "answered", _("Answered")
        #: A party says that it is not so.
        DISPUTED = "disputed", _("Disputed")
        #: A party whom it concerns says that it is so.
        ACCEPTED = "accepted", _("Accepted")
        #: Whoever made it has taken it back.
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Said(models.TextChoices):
        """What can be recorded; the other states follow from the answers."""

        DISPUTED = "disputed", _("Disputed")
        ACCEPTED = "accepted", _("Accepted")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        #: Takes an earlier row out of use.
        BY_ANSWERS = "by_answers", _("As its answers show")

    visible_through = ("claim",)

    claim = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="states")
    state = models.CharField(max_length=10, choices=Said)
    stated_by = models.CharField(
        max_length=150, help_text=_("Who says so: by role unless they act in public.")
    )
    stated_on = models.DateField(null=True, blank=True)
    stated_precision = precision_field()
    stated_year_inferred = year_inferred_field()
    reason = models.TextField(help_text=_("What they said that makes it so."))
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="scrutiny_claimstate_has_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Say why the claim stands so."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {self.claim}"

    def clean(self) -> None:
        if self.claim_id and self.claim.kind != Statement.Kind.CLAIM:
            raise ValidationError({"claim": _("Only a claim is disputed, accepted or withdrawn.")})

    @property
    def stated(self) -> SourceDate:
        """When they said so, as precisely as it is known."""
        return source_date(self, "stated")
