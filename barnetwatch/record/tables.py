"""The tables of the file, in the order in which they are loaded, and the verb behind each."""

import datetime as dt
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models

from accounts import audit
from accounts.audit import Act
from accounts.models import User
from barnetwatch.lib.dates import settle
from contracts import crediting as contracts_crediting
from contracts import models as contracts
from contracts import register
from costs import crediting, ledger, thresholds
from costs import models as costs
from incidents import casework
from incidents import models as incidents
from scrutiny import claiming
from scrutiny import models as scrutiny
from scrutiny import record as scrutiny_record

Fields = dict[str, Any]


class MissingWord(Exception):
    """A row lacks what its verb must be told."""


@dataclass(frozen=True)
class Pen:
    """Who writes, and at what moment."""

    by: User
    at: dt.datetime


Add = Callable[[Fields, Pen], models.Model]


@dataclass(frozen=True)
class Table:
    """A table of the file: its model and how a row is added.

    `same` names the fields that no two rows share: one that somebody entered by hand before is
    taken over as it is.
    """

    model: type[models.Model]
    add: Add
    same: tuple[str, ...] = ()

    def every_row(self) -> Any:
        """All rows, restricted ones included: officers may have restricted what was loaded."""
        return getattr(self.model, "all_rows", self.model._default_manager)

    def row_like(self, fields: Fields) -> models.Model | None:
        """The row that is there under the same name, where names are unique."""
        meta: Any = self.model._meta
        wanted = {name: fields.get(name, meta.get_field(name).get_default()) for name in self.same}
        found = self.every_row().filter(
            **{name: value for name, value in wanted.items() if value is not None},
            **{f"{name}__isnull": True for name, value in wanted.items() if value is None},
        )
        return found.first() if wanted else None


def _plain(model: type[models.Model]) -> Add:
    """Adds a row of a model that no verb writes."""
    dated = [
        field.name.removesuffix("_precision")
        for field in model._meta.fields
        if field.name.endswith("_precision")
    ]

    def add(fields: Fields, pen: Pen) -> models.Model:
        row = model(**fields)
        settle(row, *dated)
        row.full_clean()
        row.save()
        audit.record(Act.ADDED, by=pen.by, subject=row)
        return row

    return add


def _verb(write: Callable[..., models.Model], **renamed: str) -> Add:
    """Adds a row through a verb; `renamed` are the fields that its parameters call otherwise."""
    signature = inspect.signature(write)

    def add(fields: Fields, pen: Pen) -> models.Model:
        given = {renamed.get(name, name): value for name, value in fields.items()}
        hand = {"by": pen.by, "at": pen.at}
        given |= {name: hand[name] for name in hand if name in signature.parameters}
        try:
            signature.bind(**given)
        except TypeError as error:
            raise MissingWord(f"{error}.") from None
        return write(**given)

    return add


def _tell(fields: Fields, pen: Pen) -> models.Model:
    """Adds to a failure's story, or moves its status where a new one is given."""
    status = fields.pop("status_after", None)
    if status is None:
        return _verb(casework.update)(fields, pen)
    names = [name for name, (_, target) in casework.ACTS.items() if target == status]
    if not names:
        raise MissingWord(f"no act of casework leads to “{status}”.")
    return _verb(casework.act, text="reason")(fields | {"name": names[0]}, pen)


def _say(fields: Fields, pen: Pen) -> models.Model:
    """Records what somebody said; an answer concerns what its claim concerns."""
    if "answers" not in fields:
        return _verb(scrutiny_record.state)(fields, pen)
    claim = fields["answers"]
    about = {name: getattr(claim, name) for name in ("contract", "supplier", "incident")}
    return _verb(scrutiny_record.state)({**about, **fields}, pen)


TABLES = {
    "source": Table(contracts.Source, _plain(contracts.Source), ("publisher", "title", "page")),
    "supplier": Table(contracts.Supplier, _plain(contracts.Supplier), ("name",)),
    "contract": Table(contracts.Contract, _plain(contracts.Contract), ("reference",)),
    "award": Table(contracts.Award, _verb(register.award)),
    "preferred_award": Table(contracts.AwardPreference, _verb(register.prefer)),
    "contracted_sum": Table(contracts.ContractedSum, _verb(register.contract_for)),
    "service": Table(contracts.Service, _plain(contracts.Service), ("contract", "name")),
    "capability": Table(contracts.Capability, _plain(contracts.Capability), ("service", "name")),
    "capability_gap": Table(contracts.CapabilityGap, _plain(contracts.CapabilityGap)),
    "commitment": Table(
        contracts.Commitment,
        _plain(contracts.Commitment),
        ("contract", "title", "tier", "measure"),
    ),
    "measurement": Table(
        contracts.Measurement,
        _verb(
            register.measure,
            measured_precision="precision",
            measured_year_inferred="year_inferred",
        ),
    ),
    "service_credit": Table(contracts.ServiceCredit, _verb(contracts_crediting.credit)),
    "discrepancy": Table(contracts.Discrepancy, _plain(contracts.Discrepancy), ("question",)),
    "reading": Table(contracts.Reading, _plain(contracts.Reading)),
    "threshold": Table(
        costs.Threshold,
        _verb(thresholds.set_threshold),
        ("measure", "percentage", "amount", "contract"),
    ),
    "cost_line": Table(costs.CostLine, _verb(ledger.open_line)),
    "cost_entry": Table(costs.CostEntry, _verb(ledger.post)),
    "credit_received": Table(costs.CreditReceived, _verb(crediting.receive)),
    "incident": Table(incidents.Incident, _verb(casework.report)),
    "incident_update": Table(incidents.IncidentUpdate, _tell),
    "incident_cost": Table(incidents.IncidentCost, _verb(casework.attribute)),
    "body": Table(scrutiny.Body, _plain(scrutiny.Body), ("authority", "name")),
    "decision": Table(scrutiny.Decision, _verb(scrutiny_record.decide)),
    "decision_cost": Table(scrutiny.DecisionCost, _verb(scrutiny_record.authorise)),
    "promise": Table(scrutiny.Promise, _verb(scrutiny_record.promise)),
    "statement": Table(scrutiny.Statement, _say),
    "claim_party": Table(scrutiny.ClaimParty, _verb(claiming.concern)),
    "party_answer": Table(scrutiny.PartyAnswer, _verb(claiming.answers_for)),
    "claim_state": Table(scrutiny.ClaimState, _verb(claiming.settle_state)),
}
#: The table whose keys name rows of a model.
TABLE_OF = {table.model: name for name, table in TABLES.items()}
