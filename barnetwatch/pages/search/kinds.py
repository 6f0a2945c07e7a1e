"""What is searched: each kind of row, its texts, and what it is called and where it stands.

A text belongs to its row: it is seen wherever the row is. `beside` names texts of what the row
belongs to, which is seen wherever the row is, too: they narrow a search and are never shown as
what was found. Nothing else that a row points at may be named here, since it may be hidden.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import reverse

from barnetwatch.lib.dates import SourceDate
from barnetwatch.lib.money import in_prose
from contracts.models import (
    Award,
    Capability,
    CapabilityGap,
    Commitment,
    Contract,
    Discrepancy,
    Measurement,
    Reading,
    Service,
    Source,
    Supplier,
    SupplierName,
    Variation,
)
from costs.models import AlertAcknowledgement, CostEntry, CostLine
from incidents.models import Incident, IncidentCost, IncidentUpdate
from scrutiny.models import Decision, DecisionCost, Promise, Statement


def _text(row: Any) -> str:
    return str(row)


def _page(row: Any) -> str:
    return str(row.get_absolute_url())


@dataclass(frozen=True)
class Kind:
    """One kind of row: its texts by weight, how it is called, its page, what to say beside it.

    `called` is a text among `fields` or is made of what the row belongs to. `reference` is the
    text that names one row, such as CSG: who types it wants that row first.
    """

    model: type[Model]
    one: str
    several: str
    fields: tuple[str, ...]
    reference: str = ""
    beside: tuple[str, ...] = ()
    called: Callable[[Any], str] = _text
    url: Callable[[Any], str] = _page
    about: Callable[[Any], str] = lambda row: ""
    #: What `called` and `about` name besides, none of which can be hidden.
    fetched: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """What an address names it by: costline."""
        return str(self.model._meta.model_name)

    @property
    def permission(self) -> str:
        """What one must be allowed."""
        return f"{self.model._meta.app_label}.view_{self.slug}"


def _of_contract(section: str, path: str = "contract") -> Callable[[Any], str]:
    """A section of the page of the contract at the end of a path."""

    def url(row: Any) -> str:
        for name in path.split("."):
            row = getattr(row, name)
        return f"{row.get_absolute_url()}#{section}"

    return url


def _back_office(row: Any) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def _beside(row: Any) -> str:
    """The contract, else the supplier, that it stands beside."""
    return str(row.contract or row.supplier or "")


def _in_contract(row: Any) -> str:
    return str(row.contract or "")


def _with_day(words: Any, date: SourceDate) -> str:
    """Whose it is, and when, as far as that is known."""
    return ", ".join(filter(None, (str(words), str(date) if date.day else "")))


def _entry(row: Any) -> str:
    return f"{in_prose(row.amount)} {row.get_stage_display()}, {row.effective}"


_CONTRACT = ("contract__reference", "contract__title")
_FAILURE = ("incident__reference", "incident__title")
_LINE = ("line__title", "line__contract__reference")

KINDS = (
    Kind(
        Contract,
        "contract",
        "contracts",
        ("reference", "title", "other_titles", "description", "buyer"),
        reference="reference",
        beside=("supplier__name",),
        called=lambda row: f"{row.reference}: {row.title}",
        about=lambda row: f"{row.supplier}, {row.get_status_display().lower()}",
    ),
    Kind(
        Supplier,
        "supplier",
        "suppliers",
        ("name", "note", "company_number"),
        reference="company_number",
    ),
    Kind(
        SupplierName,
        "name in payments",
        "names in payments",
        ("name",),
        beside=("supplier__name",),
        url=lambda row: str(row.supplier.get_absolute_url()),
        about=lambda row: str(row.supplier),
    ),
    Kind(
        Incident,
        "failure",
        "failures",
        ("reference", "title", "description", "affected", "obligation", "impact", "next_action"),
        reference="reference",
        beside=(*_CONTRACT, "supplier__name"),
        about=lambda row: f"{_beside(row)}, {row.get_status_display().lower()}",
    ),
    Kind(
        IncidentUpdate,
        "update of a failure",
        "updates of failures",
        ("text",),
        beside=_FAILURE,
        called=lambda row: str(row.incident),
        url=lambda row: str(row.incident.get_absolute_url()),
    ),
    Kind(
        CostLine,
        "cost line",
        "cost lines",
        ("title", "note", "funded_by"),
        beside=(*_CONTRACT, "supplier__name"),
        about=lambda row: f"{row.get_kind_display()}, {_beside(row)}",
    ),
    Kind(
        CostEntry,
        "ledger entry",
        "ledger entries",
        ("note", "stated_by"),
        beside=_LINE,
        called=lambda row: str(row.line),
        url=lambda row: str(row.line.get_absolute_url()),
        about=_entry,
    ),
    Kind(
        IncidentCost,
        "cost of a failure",
        "costs of failures",
        ("why",),
        beside=(*_FAILURE, "line__title"),
        url=lambda row: str(row.incident.get_absolute_url()),
    ),
    Kind(
        AlertAcknowledgement,
        "note on an overrun",
        "notes on overruns",
        ("note",),
        beside=("alert__contract__reference", "alert__contract__title"),
        called=lambda row: str(row.alert),
        fetched=("alert__threshold",),
        url=lambda row: str(row.alert.get_absolute_url()),
    ),
    Kind(
        Decision,
        "decision",
        "decisions",
        (
            "title",
            "reference",
            "text",
            "reasons",
            "alternatives",
            "mover",
            "seconder",
            "taken_by",
            "taken_by_role",
            "interests",
            "votes_note",
            "note",
        ),
        reference="reference",
        beside=(*_CONTRACT, "body__name"),
        about=lambda row: _with_day(row.body or row.taken_by, row.taken),
        fetched=("body",),
    ),
    Kind(
        DecisionCost,
        "sum in a decision",
        "sums in decisions",
        ("words",),
        beside=("decision__title", "line__title"),
        called=lambda row: str(row.decision),
        url=lambda row: str(row.decision.get_absolute_url()),
        about=lambda row: str(row.line),
    ),
    Kind(
        Promise,
        "promise",
        "promises",
        ("words", "made_by", "made_by_role", "organisation", "due_words", "note"),
        beside=(*_CONTRACT, *_FAILURE, "body__name"),
        about=lambda row: _with_day(row.made_by, row.made),
    ),
    Kind(
        Statement,
        "claim, response or statement",
        "claims, responses and statements",
        ("words", "speaker", "role", "organisation", "note"),
        beside=(*_CONTRACT, *_FAILURE),
        called=lambda row: f"{row.get_kind_display()} by {row.speaker}",
        about=lambda row: _with_day(row.organisation or row.political_group, row.said),
    ),
    Kind(
        Service,
        "service",
        "services",
        ("name", "description", "left_why"),
        beside=_CONTRACT,
        called=lambda row: row.name,
        url=_of_contract("services"),
        about=_in_contract,
    ),
    Kind(
        Capability,
        "capability",
        "capabilities",
        ("name",),
        beside=("service__name", "service__contract__reference"),
        called=lambda row: row.name,
        url=_of_contract("services", "service.contract"),
        about=lambda row: str(row.service),
    ),
    Kind(
        CapabilityGap,
        "thing that does not work",
        "things that do not work",
        ("note", "not_before"),
        beside=("capability__name", "capability__service__name"),
        url=_of_contract("services", "capability.service.contract"),
    ),
    Kind(
        Commitment,
        "commitment",
        "commitments",
        ("title", "tier", "note"),
        beside=_CONTRACT,
        called=lambda row: f"{row.title}, {row.tier}" if row.tier else row.title,
        url=_of_contract("commitments"),
        about=_in_contract,
    ),
    Kind(
        Measurement,
        "measurement",
        "measurements",
        ("note", "said_by", "said_by_role"),
        beside=("commitment__title", "commitment__tier", "commitment__contract__reference"),
        url=_of_contract("commitments", "commitment.contract"),
    ),
    Kind(
        Award,
        "award",
        "awards",
        ("note",),
        beside=_CONTRACT,
        called=lambda row: f"{row.contract}: {in_prose(row.amount)}",
        url=_of_contract("money"),
    ),
    Kind(
        Variation,
        "variation",
        "variations",
        ("title", "rationale", "scope_before", "scope_after"),
        beside=_CONTRACT,
        called=lambda row: row.title,
        url=_of_contract("variations"),
        about=_in_contract,
    ),
    Kind(
        Discrepancy,
        "question on which sources disagree",
        "questions on which sources disagree",
        ("question", "note"),
        beside=_CONTRACT,
        url=_back_office,
        about=_in_contract,
    ),
    Kind(
        Reading,
        "reading of a source",
        "readings of sources",
        ("says",),
        beside=("discrepancy__question", "source__title", "source__publisher"),
        called=lambda row: str(row.discrepancy),
        url=_back_office,
        about=lambda row: str(row.source),
    ),
    Kind(
        Source,
        "source",
        "sources",
        ("title", "publisher", "quotation", "note", "page"),
        url=_page,
        about=lambda row: _with_day(row.get_kind_display(), row.published),
    ),
)
