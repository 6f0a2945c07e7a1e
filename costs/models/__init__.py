from costs.models.alert import AlertAcknowledgement, AlertRevision, OverrunAlert
from costs.models.allocation import AllocationReleased, PaymentAllocation
from costs.models.attribution import AttributionRule, RuleTakenBack
from costs.models.credit import CreditReceived
from costs.models.entry import CostEntry
from costs.models.filetotal import FileTotal
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
from costs.models.upload import PaymentUpload, UploadChunk

__all__ = [
    "AlertAcknowledgement",
    "AlertRevision",
    "AllocationReleased",
    "AttributionRule",
    "CostEntry",
    "CostLine",
    "CreditReceived",
    "FileReading",
    "FileTotal",
    "FileWithdrawal",
    "Heartbeat",
    "LedgerSeal",
    "Measure",
    "OverrunAlert",
    "Payee",
    "Payment",
    "PaymentAllocation",
    "PaymentFile",
    "PaymentUpload",
    "Publisher",
    "RuleTakenBack",
    "RunningTotal",
    "StageTotal",
    "Threshold",
    "UnreadableRow",
    "UploadChunk",
]
