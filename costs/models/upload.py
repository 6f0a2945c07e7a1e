"""A payments file on its way in: its bytes wait in the database until an officer has decided.

In the database, so that the site and the worker need no disk in common, and a copy of it is a copy
of everything. Nothing here is the record yet: what is decided becomes a `PaymentFile`.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from costs.models.payment import PaymentFile, Publisher


class UploadQuerySet(VisibleQuerySet):
    """Questions about uploads."""

    def unfinished(self) -> "UploadQuerySet":
        """Those of which nobody knows yet what becomes."""
        return self.exclude(state__in=PaymentUpload.FINISHED)

    def waiting(self, at: dt.datetime) -> "UploadQuerySet":
        """Those a worker may take at a moment: nobody has them, or whoever had them is dead."""
        free = Q(held_until__isnull=True) | Q(held_until__lte=at)
        return self.filter(free, state__in=PaymentUpload.FOR_THE_WORKER)


class PaymentUpload(Visible):
    """A file that an officer brought, and how far it has come."""

    visible_through = ("publisher",)

    class State(models.TextChoices):
        #: Its bytes are here; nobody has looked at them.
        RECEIVED = "received", _("received")
        #: Somebody reads it whole, so that an officer can check it.
        LOOKING = "looking", _("being looked at")
        #: An officer is to check it.
        READY = "ready", _("ready to check")
        #: An officer wants it on the record.
        CONFIRMED = "confirmed", _("confirmed")
        #: Somebody imports it.
        IMPORTING = "importing", _("being imported")
        #: It is on the record: `file`.
        IMPORTED = "imported", _("imported")
        #: It is not on the record, and `why_not` says why.
        REFUSED = "refused", _("refused")
        #: An officer threw it away.
        CANCELLED = "cancelled", _("cancelled")

    FINISHED = (State.IMPORTED, State.REFUSED, State.CANCELLED)
    FOR_THE_WORKER = (State.RECEIVED, State.LOOKING, State.CONFIRMED, State.IMPORTING)

    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="uploads")
    name = models.CharField(max_length=255, help_text=_("As the officer's machine called it."))
    size = models.BigIntegerField(help_text=_("In bytes."))
    sha256 = models.CharField(max_length=64, help_text=_("Of its bytes."))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=timezone.now)

    # How far it has come
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    rows_read = models.PositiveIntegerField(default=0, help_text=_("So far, by whoever reads it."))
    held_until = models.DateTimeField(
        null=True, blank=True, help_text=_("Until then somebody works on it.")
    )
    tries = models.PositiveSmallIntegerField(
        default=0, help_text=_("How often somebody began what is to be done now.")
    )

    # What came of it
    report: Any = models.JSONField(
        default=dict, blank=True, help_text=_("What a look at it found.")
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancel_asked = models.BooleanField(
        default=False, help_text=_("Whoever imports it is to stop and leave nothing.")
    )
    why_not = models.TextField(blank=True, help_text=_("Why it is not on the record."))
    file = models.ForeignKey(
        PaymentFile, on_delete=models.PROTECT, related_name="uploads", null=True, blank=True
    )

    objects = open_rows(UploadQuerySet)
    all_rows = every_row(UploadQuerySet)

    class Meta:
        default_permissions = ()
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="costs_paymentupload_imported_has_file",
                condition=~Q(state="imported") | Q(file__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:payment_upload", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state in self.FINISHED

    @property
    def is_moving(self) -> bool:
        """Whether somebody works on it, or is about to."""
        return self.state in self.FOR_THE_WORKER


class UploadChunk(models.Model):
    """A megabyte of an upload; gone once the upload is finished."""

    upload = models.ForeignKey(
        PaymentUpload, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    data = models.BinaryField()

    class Meta:
        default_permissions = ()
        ordering = ["upload", "number"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="costs_uploadchunk_number"),
        ]

    def __str__(self) -> str:
        return f"{self.upload}, part {self.number}"
