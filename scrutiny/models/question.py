from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.dates import in_words
from scrutiny.models.body import Body
from scrutiny.models.meeting import Meeting
from scrutiny.models.promise import Promise
from scrutiny.models.statement import Statement

#: Characters of a question or an answer: more than anybody reads out.
LONGEST = 2000


class QuestionList(models.Model):
    """What one councillor means to ask a body, in the order in which they mean to ask it.

    It is theirs alone: nobody else reads it, whatever they are cleared for.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="question_lists"
    )
    body = models.ForeignKey(
        Body, on_delete=models.PROTECT, null=True, blank=True, related_name="question_lists"
    )
    occasion = models.CharField(
        max_length=150, blank=True, help_text=_("Where no recorded body is asked: a briefing.")
    )
    meets_on = models.DateField(
        null=True, blank=True, help_text=_("The day of the meeting; empty while it is not known.")
    )
    meeting = models.ForeignKey(
        Meeting,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The meeting that body and day were taken from."),
    )
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [
            # One person's own lists, the latest first.
            models.Index(fields=["owner", "-made_at"], name="scrutiny_questions_of_owner"),
        ]
        constraints = [
            models.CheckConstraint(
                name="scrutiny_questionlist_for_somebody",
                condition=Q(body__isnull=False) | ~Q(occasion=""),
                violation_error_message=_("Choose a body, or say whom you will ask."),
            ),
        ]

    def __str__(self) -> str:
        day = f", {in_words(self.meets_on)}" if self.meets_on else ""
        return f"{self.asked}{day}"

    def clean(self) -> None:
        if self.body and self.meets_on and not self.body.sits_on(self.meets_on):
            raise ValidationError(
                {
                    "meets_on": _("%(body)s does not exist on %(day)s. Check the date or the body.")
                    % {"body": self.body, "day": in_words(self.meets_on)}
                }
            )

    @property
    def asked(self) -> str:
        """Whom the questions are for."""
        return str(self.body) if self.body else self.occasion


class QuestionQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Questions about questions."""

    def of(self, user: Any) -> "QuestionQuerySet":
        """Those on a person's own lists."""
        return self.filter(questions__owner=user)

    def waiting(self) -> "QuestionQuerySet":
        """Those whose answer was handed over and that no officer has dealt with, oldest first."""
        return self.filter(handed_at__isnull=False, settled_at__isnull=True).order_by(
            "handed_at", "pk"
        )


class Question(models.Model):
    """One question on a list: proposed by a rule or the councillor's own.

    `rests_on` names the rows that a proposed question rests on, as costs.costline:12. They are
    looked up again whenever it is shown: who may no longer see one of them sees neither the
    evidence nor the words.
    """

    questions = models.ForeignKey(QuestionList, on_delete=models.CASCADE, related_name="items")
    place = models.PositiveIntegerField(help_text=_("Its place on the list, from the top."))
    words = models.TextField(_("question"), max_length=LONGEST)
    rule = models.SlugField(max_length=40, blank=True, help_text=_("Empty: the councillor's own."))
    proposed = models.TextField(blank=True, help_text=_("As the rule wrote it."))
    rests_on: Any = models.JSONField(default=list, blank=True)

    # What became of it
    asked_on = models.DateField(null=True, blank=True)
    answer = models.TextField(
        max_length=LONGEST,
        blank=True,
        help_text=_("What was answered, as the councillor noted it."),
    )
    handed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the note was handed to officers to confirm.")
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    became_statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    became_promise = models.ForeignKey(
        Promise, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    returned_why = models.TextField(
        blank=True, help_text=_("Why an officer did not put the note on the record.")
    )

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["place", "pk"]
        indexes = [
            # Read by the officers' list of notes that wait to be confirmed.
            models.Index(
                fields=["handed_at"],
                condition=Q(settled_at__isnull=True),
                name="scrutiny_question_waiting",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="scrutiny_question_answer_was_asked",
                condition=Q(answer="") | Q(asked_on__isnull=False),
                violation_error_message=_("Say on which day it was asked."),
            ),
            models.CheckConstraint(
                name="scrutiny_question_handed_over_with_answer",
                condition=Q(handed_at__isnull=True) | ~Q(answer=""),
                violation_error_message=_("Note the answer before you hand it over."),
            ),
            models.CheckConstraint(
                name="scrutiny_question_settled_by_somebody",
                condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False, handed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="scrutiny_question_becomes_one_row",
                condition=Q(became_statement__isnull=True) | Q(became_promise__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def is_own(self) -> bool:
        """Whether the councillor wrote it without a rule."""
        return not self.rule

    @property
    def is_asked(self) -> bool:
        """Whether it was asked."""
        return self.asked_on is not None

    @property
    def waits(self) -> bool:
        """Whether its answer lies with the officers."""
        return self.handed_at is not None and self.settled_at is None

    @property
    def is_confirmed(self) -> bool:
        """Whether its answer stands on the record."""
        return self.became_statement_id is not None or self.became_promise_id is not None
