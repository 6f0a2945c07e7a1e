from costs.models.alert import AlertAcknowledgement, AlertRevision, OverrunAlert
from costs.models.entry import CostEntry
from costs.models.line import CostLine
from costs.models.threshold import Measure, Threshold
from costs.models.total import RunningTotal, StageTotal

__all__ = [
    "AlertAcknowledgement",
    "AlertRevision",
    "CostEntry",
    "CostLine",
    "Measure",
    "OverrunAlert",
    "RunningTotal",
    "StageTotal",
    "Threshold",
]
