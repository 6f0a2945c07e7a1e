from incidents.models.cost import IncidentCost
from incidents.models.draft import IncidentDraft
from incidents.models.file import FailureFile
from incidents.models.incident import Incident, IncidentCounter, IncidentUpdate

__all__ = [
    "FailureFile",
    "Incident",
    "IncidentCost",
    "IncidentCounter",
    "IncidentDraft",
    "IncidentUpdate",
]
