"""Who was let in to see one record, who asked to be, and how records came to be restricted.

Rows name a record by its kind and key (contracts.contract and 12), never by its title: whoever
lists them need not be cleared for what they name.
"""

from typing import Any

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.rowrefs import nameless
from accounts.visibility import Paragraph, Restriction
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import in_words

#: Letters of what somebody writes about a request, at most.
LONGEST = 4_000


class NamesRecord(models.Model):
    """Base of rows about one record that can be restricted."""

    kind = models.CharField(max_length=60, editable=False)
    key = models.BigIntegerField(editable=False)

    class Meta:
        abstract = True

    @property
    def record(self) -> str:
        """The record as anybody may be told of it: contract 12."""
        return nameless(self.kind, self.key)


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    """Questions about requests."""

    def waiting(self) -> "AccessRequestQuerySet":
        """Those that nobody has answered, the most pressing first."""
        rows = self.filter(state=AccessRequest.State.WAITING)
        return rows.order_by(F("due_on").asc(nulls_last=True), "asked_at", "pk")


class AccessRequest(models.Model):
    """Somebody asks to see what they cannot find. It names no record: they may not know of any."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("Waiting for an answer")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Taken back")

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="access_requests"
    )
    what = models.TextField(_("what they ask to see"), validators=[MaxLengthValidator(LONGEST)])
    why = models.TextField(_("why they need it"), validators=[MaxLengthValidator(LONGEST)])
    for_scrutiny = models.BooleanField(_("asked as a scrutiny member"), default=False)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    due_on = models.DateField(_("answer due by"), null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    answer = models.TextField(_("answer"), blank=True, validators=[MaxLengthValidator(LONGEST)])
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    #: Written by accounts.granting and accounts.answered alone.
    tell_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("When they are to be told by mail that it was answered; empty once they were."),
    )

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("request to see a record")
        verbose_name_plural = _("requests to see a record")
        indexes = [
            models.Index(fields=["state", "due_on"], name="accounts_request_due"),
            # Read every 15 seconds by whoever writes the mails.
            models.Index(
                fields=["tell_at"],
                condition=Q(tell_at__isnull=False),
                name="accounts_request_tell",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="accounts_request_answered",
                condition=Q(
                    state__in=["waiting", "withdrawn"],
                    answer="",
                    answered_by__isnull=True,
                    answered_at__isnull=True,
                )
                | Q(
                    Q(state__in=["granted", "refused"]),
                    ~Q(answer=""),
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="accounts_request_by_another",
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}"

    def is_late(self, on: Any) -> bool:
        """Whether it should have been answered before a day, and was not."""
        return self.state == self.State.WAITING and self.due_on is not None and self.due_on < on


class GrantQuerySet(models.QuerySet["Grant"]):
    """Questions about grants."""

    def current(self, on: Any) -> "GrantQuerySet":
        """Those that hold on a day."""
        return self.filter(ended_at__isnull=True, ends_on__gte=on)


class Grant(NamesRecord):
    """Leave for one person to see one record, up to a day; written by accounts.granting alone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="grants"
    )
    request = models.ForeignKey(
        AccessRequest, on_delete=models.PROTECT, null=True, related_name="grants"
    )
    reason = models.TextField(help_text=_("Why this person needs to see it."))
    ends_on = models.DateField(help_text=_("The last day on which they see it."))
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="grants_given"
    )
    given_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.TextField(_("why it ended early"), blank=True)

    objects = GrantQuerySet.as_manager()
    #: What was granted stays as it was; a grant is ended, and another given.
    frozen_columns = ("user", "kind", "key", "request", "reason", "ends_on", "given_by", "given_at")

    class Meta:
        ordering = ["-given_at", "-pk"]
        verbose_name = _("leave to see one record")
        verbose_name_plural = _("leave to see one record")
        indexes = [models.Index(fields=["kind", "key"], name="accounts_grant_record")]
        constraints = [
            models.CheckConstraint(
                name="accounts_grant_by_another",
                condition=~Q(user=F("given_by")),
                violation_error_message=_("Nobody grants leave to themself."),
            ),
            models.CheckConstraint(name="accounts_grant_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="accounts_grant_ended",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, ended_reason="")
                | Q(Q(ended_at__isnull=False, ended_by__isnull=False), ~Q(ended_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record}, up to {in_words(self.ends_on)}"

    def holds(self, on: Any) -> bool:
        """Whether it lets its person in on a day."""
        return self.ended_at is None and self.ends_on >= on


class RestrictionChange(AppendOnly, NamesRecord):
    """That a record was restricted, restricted otherwise, or opened: by whom, when and why."""

    before = models.CharField(max_length=12, choices=Restriction, blank=True, editable=False)
    paragraph_before = models.PositiveSmallIntegerField(choices=Paragraph, null=True)
    restriction = models.CharField(max_length=12, choices=Restriction)
    exempt_paragraph = models.PositiveSmallIntegerField(choices=Paragraph, null=True)
    negotiation_terms = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    review_on = models.DateField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-decided_at", "-pk"]
        verbose_name = _("change of a restriction")
        verbose_name_plural = _("changes of restrictions")
        indexes = [models.Index(fields=["kind", "key"], name="accounts_restriction_of")]

    def __str__(self) -> str:
        return f"{self.record}: {self.get_restriction_display()}"
