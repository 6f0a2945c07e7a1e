from costs.models.alert import AlertAcknowledgement, AlertRevision, OverrunAlert
from costs.models.attribution import AttributionRule, RuleTakenBack
from costs.models.entry import CostEntry
from costs.models.heartbeat import Heartbeat
from costs.models.line import CostLine
from costs.models.payment import (
    FileReading,
    FileWithdrawal,
    Payee,
    Payment,
    PaymentFile,
    Publisher,
    UnreadableRow,
)
from costs.models.seal import LedgerSeal
from costs.models.threshold import Measure, Threshold
from costs.models.total import RunningTotal, StageTotal

__all__ = [
    "AlertAcknowledgement",
    "AlertRevision",
    "AttributionRule",
    "CostEntry",
    "CostLine",
    "FileReading",
    "FileWithdrawal",
    "Heartbeat",
    "LedgerSeal",
    "Measure",
    "OverrunAlert",
    "Payee",
    "Payment",
    "PaymentFile",
    "Publisher",
    "RuleTakenBack",
    "RunningTotal",
    "StageTotal",
    "Threshold",
    "UnreadableRow",
]
