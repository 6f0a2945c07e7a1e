"""Rows for tests, by plain functions: each gives what a test does not care about.

What means something goes through the verb modules, so that a test's record came about as a real
one does. Money may be given as a whole number or as text; days as text.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import Clearance, Grant, Role, User
from accounts.visibility import Restriction
from barnetwatch.lib.dates import LONDON
from contracts import register
from contracts.models import Award, Contract, Source, Supplier
from costs import ledger, thresholds
from costs.models import CostEntry, CostLine, Threshold
from incidents import casework
from incidents.models import Incident

_number = count(1)

#: What makes a row exempt under a paragraph, or confidential.
CONFIDENTIAL = {
    "restriction": Restriction.CONFIDENTIAL,
    "restriction_reason": "Given by government on terms.",
}


def exempt(paragraph: int = 3, **fields: Any) -> dict[str, Any]:
    """The fields that make a row exempt under a paragraph."""
    return {
        "restriction": Restriction.EXEMPT,
        "exempt_paragraph": paragraph,
        "restriction_reason": "The public interest in keeping it back is the greater.",
        **fields,
    }


def day(text: str | dt.date) -> dt.date:
    """A day from 2018-10-01."""
    return text if isinstance(text, dt.date) else dt.date.fromisoformat(text)


def moment(text: str) -> dt.datetime:
    """A moment from 2018-10-01 or 2018-10-01 09:30, London time."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)


def a_person(name: str = "", *roles: str, cleared: tuple[int, ...] = (), **fields: Any) -> User:
    """Somebody who signs in, with roles, cleared for paragraphs."""
    name = name or f"Person {next(_number)}"
    email = f"{name.lower().replace(' ', '.')}@barnet.example"
    person = User.objects.create_user(email, **{"name": name, **fields})
    person.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    for paragraph in cleared:
        Clearance.objects.create(
            user=person, paragraph=paragraph, reason="Their work", granted_by=person
        )
    return person


def a_grant(person: User, record: Any, ends_on: str = "2099-12-31", **fields: Any) -> Grant:
    """Leave for one person to see one record."""
    given = {"reason": "The fraud review.", "given_by": the_officer(), **fields}
    kind = record._meta.label_lower
    return Grant.objects.create(
        user=person, kind=kind, key=record.pk, ends_on=day(ends_on), **given
    )


def a_councillor(name: str = "", **fields: Any) -> User:
    """An elected member."""
    return a_person(name, Role.COUNCILLOR, **fields)


def the_officer() -> User:
    """Whoever writes what a test writes, where it does not matter who."""
    found = User.objects.filter(email="officer@barnet.example").first()
    return found or a_person("Officer")


def a_source(title: str = "", **fields: Any) -> Source:
    """Where a fact was read."""
    given = {"kind": Source.Kind.NEWS, "publisher": "Times Series", **fields}
    return Source.objects.create(title=title or f"Report {next(_number)}", **given)


def a_supplier(name: str = "", **fields: Any) -> Supplier:
    """A company."""
    return Supplier.objects.create(name=name or f"Supplier {next(_number)}", **fields)


def a_contract(reference: str = "", *, award: Any = None, **fields: Any) -> Contract:
    """A contract from 1 September 2013 to 31 August 2023, with an award if a sum is given."""
    reference = reference or f"C{next(_number)}"
    contract = Contract(
        reference=reference,
        **{
            "title": f"Contract {reference}",
            "supplier": fields.get("supplier") or a_supplier(),
            "regime": Contract.Regime.PCR_2006,
            "starts_on": dt.date(2013, 9, 1),
            "ends_on": dt.date(2023, 8, 31),
            **fields,
        },
    )
    contract.full_clean()
    contract.save()
    if award is not None:
        an_award(contract, award)
    return contract


def an_award(contract: Contract, amount: Any, **fields: Any) -> Award:
    """A sum that a contract was let for."""
    given = {"source": fields.pop("source", None) or a_source(), "by": the_officer(), **fields}
    return register.award(contract, amount=Decimal(amount), **given)


def a_line(contract: Contract | None = None, title: str = "", **fields: Any) -> CostLine:
    """A cost line; supplementary spend unless a kind is given."""
    given = {"kind": CostLine.Kind.REMEDIATION, "contract": contract, **fields}
    if contract is None and "supplier" not in given:
        given["supplier"] = a_supplier()
    return ledger.open_line(
        title=title or f"Line {next(_number)}",
        source=given.pop("source", None) or a_source(),
        by=the_officer(),
        **given,
    )


def post(line: CostLine, stage: str, amount: Any, on: str | dt.date, **fields: Any) -> CostEntry:
    """An entry of the ledger."""
    given = {"stated_by": "The council", **fields}
    return ledger.post(
        line,
        stage=stage,
        amount=Decimal(amount),
        effective_on=day(on),
        source=given.pop("source", None) or line.source,
        by=given.pop("by", None) or the_officer(),
        **given,
    )


def reverse(entry: CostEntry, reason: str = "Posted twice.", **fields: Any) -> CostEntry:
    """The mirror image of an entry."""
    return ledger.reverse(
        entry, reason=reason, by=fields.pop("by", None) or the_officer(), **fields
    )


def a_threshold(
    measure: str = "firm", amount: Any = None, percentage: Any = None, **fields: Any
) -> Threshold:
    """A mark, over all contracts unless one is given."""
    return thresholds.set_threshold(
        measure=measure,
        amount=None if amount is None else Decimal(amount),
        percentage=None if percentage is None else Decimal(percentage),
        **{"severity": Threshold.Severity.MEDIUM, **fields},
    )


def the_shipped_thresholds() -> None:
    """The marks of firm and at risk that BarnetWatch ships with."""
    for measure, severity, amount, percentage in (
        ("firm", "medium", 100_000, None),
        ("firm", "high", 500_000, None),
        ("firm", "high", 1_000_000, None),
        ("firm", "medium", None, 1),
        ("firm", "high", None, 5),
        ("firm", "high", None, 10),
        ("at_risk", "low", 100_000, None),
        ("at_risk", "low", None, 1),
        ("at_risk", "medium", 500_000, None),
        ("at_risk", "medium", 1_000_000, None),
        ("at_risk", "medium", None, 5),
        ("at_risk", "high", None, 10),
    ):
        a_threshold(measure, amount, percentage, severity=severity)


def the_csg_record() -> Contract:
    """CSG as the public record has it: £164,176 approved and £4,200,000 pledged beside £320m."""
    contract = a_contract(
        "CSG",
        award=320_000_000,
        title="Customer and Support Group",
        supplier=a_supplier("Capita Business Services Ltd"),
    )
    post(
        a_line(contract, "Independent technical assurance", kind=CostLine.Kind.ASSURANCE),
        "approved",
        164_176,
        "2016-07-25",
        year_inferred=True,
    )
    post(
        a_line(contract, "Mosaic: new delivery partner"),
        "pledged",
        4_200_000,
        "2018-07-01",
        precision="month",
        year_inferred=True,
    )
    return contract


def an_incident(contract: Contract | None = None, **fields: Any) -> Incident:
    """A failed delivery."""
    return casework.report(
        **{
            "title": f"Failure {next(_number)}",
            "category": Incident.Category.SYSTEM,
            "severity": Incident.Severity.MAJOR,
            "description": "It should have worked and did not.",
            "contract": contract or a_contract(),
            "by": the_officer(),
            **fields,
        }
    )


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is taken back at the end: one example after another on one record."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
