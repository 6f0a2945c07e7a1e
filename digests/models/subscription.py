import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract
from incidents.models import Incident
from scrutiny.models import Body


def new_key() -> str:
    """What makes an unsubscribe link impossible to guess: 256 random bits."""
    return secrets.token_urlsafe(32)


class SubscriptionQuerySet(models.QuerySet):
    """Questions about subscriptions."""

    def current(self) -> "SubscriptionQuerySet":
        """Those of people who may sign in and have not stopped them."""
        return self.filter(stopped_at__isnull=True, user__is_active=True)

    def weekly(self) -> "SubscriptionQuerySet":
        """Current ones that get the weekly digest."""
        return self.current().filter(cadence=Subscription.Cadence.WEEKLY)


class Subscription(models.Model):
    """What one person follows, and how often they hear of it."""

    class Cadence(models.TextChoices):
        """How often."""

        #: The digest on Mondays, and a mail at once when a high alert is raised.
        WEEKLY = "weekly", _("Every Monday, and at once when a high alert is raised")
        #: No digest.
        ALERTS = "alerts", _("Only when a high alert is raised")

    class Stopped(models.TextChoices):
        """How it came to an end."""

        #: By the link in a mail.
        LINK = "link", _("By the link in a mail")
        #: On the page.
        PAGE = "page", _("On the page")
        #: The mail server says the address does not exist.
        BOUNCE = "bounce", _("The address does not take mail")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscription"
    )
    everything = models.BooleanField(
        _("all contracts"), default=True, help_text=_("Also those that are let later.")
    )
    contracts = models.ManyToManyField(
        Contract,
        blank=True,
        related_name="followers",
        help_text=_("Used where you do not follow all contracts."),
    )
    bodies = models.ManyToManyField(
        Body,
        blank=True,
        related_name="followers",
        help_text=_("Whose decisions, promises and meetings you hear of besides."),
    )
    failures = models.ManyToManyField(
        Incident,
        blank=True,
        related_name="followers",
        help_text=_("Single failures you hear of besides."),
    )
    cadence = models.CharField(
        _("how often"), max_length=6, choices=Cadence, default=Cadence.WEEKLY
    )
    key = models.CharField(max_length=43, default=new_key, editable=False)
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    cut_at = models.DateTimeField(
        default=timezone.now,
        editable=False,
        help_text=_("What was recorded before this moment has been told, or was there before."),
    )
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    stopped = models.CharField(max_length=6, choices=Stopped, blank=True, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["user"]
        indexes = [
            # Read on Mondays: who has not been told up to the latest cut.
            models.Index(
                fields=["cut_at"],
                condition=models.Q(stopped_at__isnull=True),
                name="digests_subscription_due",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="digests_subscription_key"),
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def is_current(self) -> bool:
        """Whether mail is sent for it."""
        return self.stopped_at is None
