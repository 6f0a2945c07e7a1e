from contracts.models.commitment import Commitment, Measurement, Standing
from contracts.models.contract import Contract
from contracts.models.credit import ServiceCredit
from contracts.models.discrepancy import Discrepancy, Reading, ReadingPreference
from contracts.models.file import SourceFile
from contracts.models.recheck import Recheck, RecheckLease
from contracts.models.service import Capability, CapabilityGap, Service
from contracts.models.source import Source
from contracts.models.supplier import Supplier, SupplierName
from contracts.models.value import Award, AwardPreference, ContractedSum, Variation, Withdrawal

__all__ = [
    "Award",
    "AwardPreference",
    "Capability",
    "CapabilityGap",
    "Commitment",
    "Contract",
    "ContractedSum",
    "Discrepancy",
    "Measurement",
    "Reading",
    "ReadingPreference",
    "Recheck",
    "RecheckLease",
    "Service",
    "ServiceCredit",
    "Source",
    "SourceFile",
    "Standing",
    "Supplier",
    "SupplierName",
    "Variation",
    "Withdrawal",
]
