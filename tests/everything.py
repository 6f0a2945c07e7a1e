"""One row of every kind that the back office shows, all under one contract.

With a word to know them by: whoever may not see the contract may meet that word nowhere.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Model

from accounts.models import Role
from contracts import register
from contracts.models import (
    Capability,
    CapabilityGap,
    Commitment,
    Contract,
    Discrepancy,
    Reading,
    Recheck,
    Service,
    SupplierName,
    Variation,
)
from costs import overruns
from costs.models import OverrunAlert
from digests.models import Content, Edition, Subscription
from incidents import casework
from scrutiny import meetings, promises, record
from scrutiny.models import Body, Meeting
from tests import evidence, factories

DAY = dt.date(2018, 7, 25)
NOW = factories.moment("2018-10-01 09:30")
TODAY = NOW.date()


def a_contract_with_everything(word: str, **restriction: Any) -> dict[type[Model], Model]:
    """The rows by model; `restriction` is put on the contract, its supplier and the source."""
    by = factories.the_officer()
    source = factories.a_source(f"{word} report")
    contract = factories.a_contract(
        f"{word} 1",
        title=f"{word} contract",
        supplier=factories.a_supplier(f"{word} plc"),
        source=source,
    )
    rows: list[Model] = [source, contract.supplier, contract]
    rows += _on_the_register(word, contract, source, by)
    rows += _in_the_ledger(word, contract, source, by)
    rows += _in_the_record(word, contract, source, by)
    meeting = next(row for row in rows if isinstance(row, Meeting))
    for row in (contract, contract.supplier, source, meeting):
        if restriction:
            type(row).all_rows.filter(pk=row.pk).update(**restriction)
    return {type(row): row for row in rows}


def _on_the_register(word: str, contract: Contract, source: Any, by: Any) -> list[Model]:
    award = factories.an_award(contract, 1_000_000, source=source, note=word)
    preference = register.prefer(award, reason=word, by=by)
    wrong = factories.an_award(contract, 5, source=source, note=word)
    agreed = register.contract_for(
        contract, amount=award.amount, starts_on=DAY, ends_on=DAY, by=by, source=source, note=word
    )
    varied = register.vary(
        contract,
        kind=Variation.Kind.SCOPE,
        title=f"{word} change",
        takes_effect_on=DAY,
        scope_after=word,
        rationale=word,
        source=source,
        by=by,
    )
    service = Service.objects.create(contract=contract, name=f"{word} service", source=source)
    capability = Capability.objects.create(service=service, name=f"{word} ability")
    gap = CapabilityGap.objects.create(
        capability=capability, first_reported_on=DAY, source=source, note=word
    )
    due = Commitment.objects.create(
        contract=contract,
        title=f"{word} recovery",
        measure=Commitment.Measure.RTO,
        target=48,
        unit=Commitment.Unit.HOURS,
        source=source,
    )
    found = register.measure(
        due, how="tested", said_by=word, source=source, by=by, value=Decimal(96)
    )
    dispute = Discrepancy.objects.create(contract=contract, question=f"{word}: when?")
    reading = Reading.objects.create(discrepancy=dispute, says=f"{word} on Monday", source=source)
    return [
        SupplierName.objects.create(supplier=contract.supplier, name=f"{word} PLC"),
        register.withdraw(wrong, reason=word, by=by),
        award,
        preference,
        agreed,
        varied,
        service,
        capability,
        gap,
        due,
        found,
        dispute,
        reading,
        register.prefer_reading(reading, reason=word, by=by),
    ]


def _in_the_ledger(word: str, contract: Contract, source: Any, by: Any) -> list[Model]:
    line = factories.a_line(contract, f"{word} line", source=source, supplier=contract.supplier)
    entry = factories.post(line, "approved", 200_000, DAY, stated_by=word, note=word)
    mark = factories.a_threshold("firm", 100_000, contract=contract)
    overruns.check(contract, on=TODAY, at=NOW)
    alert = OverrunAlert.all_rows.get(contract=contract, threshold=mark)
    return [
        line,
        entry,
        mark,
        alert,
        overruns.acknowledge(alert, note=word, by=by),
        Recheck.objects.filter(contract=contract).first(),
    ]


def _in_the_record(word: str, contract: Contract, source: Any, by: Any) -> list[Model]:
    line = contract.cost_lines.get()
    incident = factories.an_incident(
        contract,
        title=f"{word} failure",
        by=by,
        services=[contract.services.get()],
        sources=[source],
        next_action=word,
        next_action_on=DAY,
        at=NOW,
    )
    body, _ = Body.objects.get_or_create(name="Policy and Resources Committee")
    about = {"source": source, "by": by, "contract": contract}
    decision = record.decide(
        kind="resolution",
        title=f"{word} decision",
        text=word,
        outcome="agreed",
        body=body,
        taken_on=DAY,
        incidents=[incident],
        **about,
    )
    claim = record.state(
        kind="claim", speaker=f"{word} group", words=f"{word} fails", said_on=DAY, **about
    )
    promised = record.promise(words=f"{word} in due course", made_by=word, made_on=DAY, **about)
    given = promises.give_date(promised, due_on=DAY, reason=word, by=by, source=source)
    meeting = meetings.call(
        body=body,
        held_on=TODAY,
        by=by,
        title=f"{word} meeting",
        contracts=[contract],
        promises=[promised],
    )
    record.answer(claim, speaker=f"{word} board", words=f"{word} works", source=source, by=by)
    return [
        incident,
        casework.update(incident, text=f"{word} news", by=by, at=NOW),
        casework.attribute(incident, line, by=by, why=word, at=NOW),
        body,
        decision,
        record.authorise(decision, line, amount=Decimal(3), words=word, by=by),
        *(
            evidence.a_file(row, f"{word}.txt", word.encode(), description=word, by=by, at=NOW)
            for row in (incident, source, decision)
        ),
        promised,
        given,
        meeting,
        claim,
    ]


def people() -> dict[type[Model], Model]:
    """Somebody with a role, a clearance and a digest."""
    person = factories.a_person("Pat Cleared", Role.AUDITOR, cleared=(3,))
    content = Content.objects.create(
        kind=Content.Kind.DIGEST,
        key="a digest",
        week="2018-W40",
        until_at=NOW,
        subject="A week",
        text="Nothing new.",
        html="<p>Nothing new.</p>",
        picture=b"",
        items={"headline": "nothing new", "sections": [], "figures": []},
    )
    subscription = Subscription.objects.create(user=person)
    mail = Edition.objects.create(
        subscription=subscription, content=content, week=content.week, to=person.email
    )
    paper = factories.a_source("A paper that Pat was let in to")
    granted = factories.a_grant(person, paper)
    rows = (person, person.clearances.get(), person.groups.get(), subscription, content, mail)
    rows += (granted,)
    return {type(row): row for row in rows}
