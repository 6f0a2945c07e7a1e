import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Restrictable, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.byrole import ByRole, Who, kept_name_field, public_field
from barnetwatch.lib.dates import SourceDate, precision_field, source_date, year_inferred_field
from barnetwatch.lib.money import PoundsField
from contracts.models import Contract, Source, Supplier
from costs.stages import Stage
from incidents.models import Incident


class StatementQuerySet(VisibleQuerySet):
    """Questions about statements."""

    def claims(self) -> "StatementQuerySet":
        """What somebody claims."""
        return self.filter(kind=Statement.Kind.CLAIM)

    def with_state(self, answers: Any, states: Any) -> "StatementQuerySet":
        """Claims, each with where it stands (`claim_state`, of ClaimState.State) and, while it is
        unanswered, the day it was said (`silent_since`).

        `answers` are the responses and `states` the recorded states that count: those that the
        reader may see, or that were known by a day.
        """
        latest = states.filter(claim=models.OuterRef("pk")).order_by("-recorded_at", "-pk")
        given = answers.filter(answers=models.OuterRef("pk"))
        return (
            self.claims()
            .annotate(
                recorded_state=models.Subquery(latest.values("state")[:1]),
                is_answered=models.Exists(given),
            )
            .annotate(
                claim_state=models.Case(
                    models.When(
                        recorded_state__in=("disputed", "accepted", "withdrawn"),
                        then=F("recorded_state"),
                    ),
                    models.When(is_answered=True, then=models.Value("answered")),
                    default=models.Value("unanswered"),
                    output_field=models.CharField(),
                )
            )
            .annotate(
                silent_since=models.Case(
                    models.When(claim_state="unanswered", then=F("said_on")),
                    output_field=models.DateField(),
                )
            )
        )

    def with_said_state(self, states: Any) -> "StatementQuerySet":
        """Each with what the latest of some recorded states says: `said_state`, `said_stated_by`,
        `said_reason` and so on, None where there is none. For a page that reads them anyway.
        """
        latest = states.filter(claim=models.OuterRef("pk")).order_by("-recorded_at", "-pk")
        names = ("state", "stated_by", "reason")
        dated = ("stated_on", "stated_precision", "stated_year_inferred")
        return self.annotate(
            **{f"said_{name}": models.Subquery(latest.values(name)[:1]) for name in names + dated}
        )

    def unanswered(self, answers: Any = None, states: Any = None) -> "StatementQuerySet":
        """Claims that nobody has answered, among the rows given, else among all open ones."""
        if answers is None:
            answers = Statement.objects.all()
        if states is None:
            states = self.model._meta.get_field("states").related_model.objects.all()
        return self.with_state(answers, states).filter(claim_state="unanswered")

    def silent_for(self, days: int, on: dt.date) -> "StatementQuerySet":
        """Of claims with their state, those unanswered for more than a number of days by a day.

        Day 1 is the day after it was said; reaching the number is not exceeding it.
        """
        try:
            before = on - dt.timedelta(days=days)
        except OverflowError:
            return self.none()
        return self.filter(silent_since__lt=before)


class Statement(ByRole, Recorded, Restrictable):
    """What somebody said: a claim, an answer to one, or a figure. Never a sum in a total."""

    class Kind(models.TextChoices):
        """What it is."""

        #: Somebody says that something is so.
        CLAIM = "claim", _("Claim")
        #: Somebody a claim concerns answers it.
        RESPONSE = "response", _("Response")
        #: Somebody states what is not in dispute.
        STATEMENT = "statement", _("Statement")

    visible_through = ("contract", "supplier", "incident", "answers")
    who = Who("speaker", beside=("organisation", "political_group"))

    kind = models.CharField(max_length=9, choices=Kind)
    speaker = models.CharField(max_length=150, help_text=_("By role unless they act in public."))
    speaker_public = public_field()
    speaker_name = kept_name_field()
    role = models.CharField(max_length=150, blank=True)
    organisation = models.CharField(
        max_length=150, blank=True, help_text=_("Whom they spoke for, as of that day.")
    )
    political_group = models.CharField(
        max_length=100, blank=True, help_text=_("As of that day, where a source gives it.")
    )
    said_on = models.DateField(null=True, blank=True)
    said_precision = precision_field()
    said_year_inferred = year_inferred_field()
    words = models.TextField(help_text=_("Their words where they are known, else the sense."))
    is_quotation = models.BooleanField(
        default=False, help_text=_("The words are exactly theirs, so they stand in quotes.")
    )
    answers = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="responses"
    )
    amount = PoundsField(null=True, blank=True, help_text=_("A sum it names, in pounds."))
    amount_status = models.CharField(
        max_length=11, choices=Stage, blank=True, help_text=_("What the speaker says of the sum.")
    )
    amount_on = models.DateField(
        _("sum as of"), null=True, blank=True, help_text=_("The day the sum holds for: paid by.")
    )
    amount_precision = precision_field()
    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, null=True, blank=True, related_name="statements"
    )
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, null=True, blank=True, related_name="statements"
    )
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="statements"
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    objects = open_rows(StatementQuerySet)
    all_rows = every_row(StatementQuerySet)

    class Meta(Restrictable.Meta):
        ordering = ["said_on", "pk"]
        constraints = [
            *Restrictable.Meta.constraints,
            models.CheckConstraint(
                name="scrutiny_statement_belongs_somewhere",
                condition=Q(contract__isnull=False)
                | Q(supplier__isnull=False)
                | Q(incident__isnull=False),
                violation_error_message=_("Name the contract, the supplier or the failure."),
            ),
            models.CheckConstraint(
                name="scrutiny_statement_amount_has_status",
                condition=Q(amount__isnull=True, amount_status="")
                | Q(Q(amount__isnull=False), ~Q(amount_status="")),
                violation_error_message=_("A sum is given with its status, a status with its sum."),
            ),
            models.CheckConstraint(
                name="scrutiny_statement_amount_on_has_amount",
                condition=Q(amount_on__isnull=True) | Q(amount__isnull=False),
                violation_error_message=_("A day for which a sum holds is given with the sum."),
            ),
            models.CheckConstraint(
                name="scrutiny_statement_response_answers",
                condition=Q(kind="response", answers__isnull=False)
                | Q(~Q(kind="response"), answers__isnull=True),
                violation_error_message=_(
                    "A response names the claim it answers; nothing else answers one."
                ),
            ),
            models.CheckConstraint(
                name="scrutiny_statement_not_its_own_answer",
                condition=Q(answers__isnull=True) | ~Q(answers=F("id")),
                violation_error_message=_("A statement does not answer itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.speaker}: {self.words}"

    def get_absolute_url(self) -> str:
        """Its page."""
        page = reverse("admin:claim", args=[self.answers_id or self.pk])
        return f"{page}#answer-{self.pk}" if self.answers_id else page

    def clean(self) -> None:
        super().clean()
        if self.answers and self.answers.kind == self.Kind.RESPONSE:
            raise ValidationError(
                {"answers": _("A response answers a claim or a statement, not another response.")}
            )

    def days_since(self, on: dt.date) -> int | None:
        """Days since it was said, at least, where its date is not to the day; None where that is
        not known or lies ahead. Day 1 is the day after.
        """
        if self.said_on is None or self.said_on > on:
            return None
        return (on - self.said_on).days

    @property
    def said(self) -> SourceDate:
        """When it was said, as precisely as it is known."""
        return source_date(self, "said")

    @property
    def amount_as_of(self) -> SourceDate:
        """The day the sum it names holds for, as precisely as it is known."""
        return SourceDate(self.amount_on, self.amount_precision)
