from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible
from costs.models import CostLine
from incidents.models.incident import Incident


class IncidentCost(Recorded, Visible):
    """A failure's claim that it caused a cost; the cost line knows nothing of it."""

    visible_through = ("incident", "line")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="costs")
    line = models.ForeignKey(CostLine, on_delete=models.PROTECT, related_name="caused_by")
    why = models.TextField(blank=True, help_text=_("How the failure led to the cost."))

    class Meta:
        ordering = ["incident", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "line"],
                name="incidents_incidentcost_once",
                violation_error_message=_("This cost is attributed to this failure already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident.reference}: {self.line}"
