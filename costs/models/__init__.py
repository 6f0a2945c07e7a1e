from costs.models.alert import AlertAcknowledgement, AlertRevision, OverrunAlert
from costs.models.entry import CostEntry, RunningTotal, StageTotal
from costs.models.line import CostLine
from costs.models.threshold import Measure, Threshold

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
