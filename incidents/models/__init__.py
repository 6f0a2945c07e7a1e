from incidents.models.cost import IncidentCost
from incidents.models.draft import IncidentDraft
from incidents.models.incident import Incident, IncidentCounter, IncidentUpdate

__all__ = ["Incident", "IncidentCost", "IncidentCounter", "IncidentDraft", "IncidentUpdate"]
