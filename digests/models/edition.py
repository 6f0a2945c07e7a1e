import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.dates import in_words
from costs.models import OverrunAlert
from digests.models.content import Content
from digests.models.subscription import Subscription
from digests.weeks import Week


class EditionQuerySet(models.QuerySet):
    """Questions about mails."""

    def due(self, at) -> "EditionQuerySet":
        """Mails to be sent by a moment."""
        return self.filter(state=Edition.State.DUE, due_at__lte=at)

    def lapsed(self, at) -> "EditionQuerySet":
        """Mails that a worker claimed and did not finish in its time."""
        return self.filter(state=Edition.State.CLAIMED, held_until__lte=at)


class Edition(models.Model):
    """One mail to one person: a digest of a week, or alerts.

    Due, claimed, sent; due again with a longer wait; or failed. Its Message-ID never changes, so
    that a second copy is known for one.
    """

    class State(models.TextChoices):
        """How far it has come."""

        #: To be sent once `due_at` has come.
        DUE = "due", _("To be sent")
        #: A worker holds it until `held_until`.
        CLAIMED = "claimed", _("Being sent")
        #: The mail server has taken it.
        SENT = "sent", _("Sent")
        #: Refused for good, given up, or come back; `server_said` holds the server's words.
        FAILED = "failed", _("Failed")

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="editions", db_index=False
    )
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="editions")
    week = models.CharField(max_length=8, blank=True, help_text=_("Such as 2018-W40; else alerts."))
    to = models.EmailField(max_length=254)
    message_id = models.UUIDField(default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=7, choices=State, default=State.DUE)
    due_at = models.DateTimeField(default=timezone.now)
    held_until = models.DateTimeField(null=True, blank=True)
    held_by = models.UUIDField(null=True, blank=True)
    handed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When it was last handed over, until that is answered.")
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    possibly_twice = models.PositiveSmallIntegerField(
        default=0, help_text=_("Times it was sent again because the server never answered.")
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    server_said = models.TextField(blank=True)

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at", "-pk"]
        indexes = [
            # Read by every round of sending: what is due or has lapsed.
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["due", "claimed"]),
                name="digests_edition_waiting",
            ),
            # Read by the worklist of what failed.
            models.Index(fields=["id"], condition=Q(state="failed"), name="digests_edition_failed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "week"],
                condition=~Q(week=""),
                name="digests_edition_one_a_week",
            ),
            models.UniqueConstraint(
                fields=["subscription", "content"], name="digests_edition_once"
            ),
            models.UniqueConstraint(fields=["message_id"], name="digests_edition_message_id"),
        ]

    def __str__(self) -> str:
        return f"{self.name} to {self.to}"

    @property
    def name(self) -> str:
        """What it is, without a word of what it says: that may have been restricted since."""
        if self.week:
            return f"Digest for {Week.named(self.week).in_words}"
        return f"Alerts of {in_words(timezone.localdate(self.due_at))}"

    def get_absolute_url(self) -> str:
        """Its page, in parts."""
        return reverse("admin:digest_past", args=[self.pk])


class AlertTold(models.Model):
    """One follower has been sent a mail about one alert; nobody is told twice."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="told", db_index=False
    )
    alert = models.ForeignKey(OverrunAlert, on_delete=models.CASCADE, related_name="+")
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="told")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "alert"], name="digests_alerttold_once")
        ]

    def __str__(self) -> str:
        return f"{self.alert} to {self.subscription}"
