from incidents.models.cost import IncidentCost
from incidents.models.incident import Incident, IncidentCounter, IncidentUpdate

__all__ = ["Incident", "IncidentCost", "IncidentCounter", "IncidentUpdate"]
