from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone


class IncidentDraft(models.Model):
    """What somebody has answered so far of the form that reports a failure.

    One for each person, read by nobody else, and gone when the failure is reported. The answers
    stand as they were typed, so a half-finished page is kept too; they are checked, and the rows
    they name looked up through the door, whenever they are used.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="incident_draft"
    )
    #: For each page of the form, each of its fields with what was sent for it.
    answers: Any = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Draft of {self.user}"
