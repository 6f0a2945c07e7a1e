"""One record with rows of every kind in every state, a canary in each of their fields.

The rows come about as real ones do (tests.everything); then each text and each sum of each row
that can be hidden is overwritten with a canary, by the model's own fields. A new field is covered
by itself; a new model fails `test_the_record_has_a_row_of_every_model_that_can_be_hidden`.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import F
from django.utils import timezone

from accounts.access import RestrictionChange
from accounts.audit import Act
from accounts.trail import AuditEntry
from accounts.visibility import Restrictable, Visible
from barnetwatch.lib.appendonly import lifted
from barnetwatch.lib.money import PoundsField
from contracts import crediting as due_credits
from contracts.models import Commitment, Contract, Source, Supplier
from costs import crediting as received_credits
from costs.models import (
    AlertRevision,
    CostEntry,
    CostLine,
    OverrunAlert,
    PaymentAllocation,
    RunningTotal,
    StageTotal,
)
from costs.payments import allocating, attributing
from incidents.models import Incident
from scrutiny import claiming, record
from scrutiny.models import Decision, Meeting, Promise, Statement
from tests import everything, factories
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring
from tests.matrix.canaries import COMMON, Book, Canary, Reason, takes_a_word

#: The states of a family of rows under one contract. Those named in WHOLE have their contract,
#: supplier, source and meeting restricted; what belongs to these is open by itself.
WHOLE: dict[str, dict[str, Any]] = {
    "exempt 1": factories.exempt(1),
    "exempt 3": factories.exempt(3),
    "exempt 3, terms": factories.exempt(3, negotiation_terms=True),
    "exempt 5": factories.exempt(5),
    "exempt 6": factories.exempt(6),
    "confidential": factories.CONFIDENTIAL,
}
#: Only the contract is restricted: everything else is an open child of an exempt parent.
CHILD_OF_EXEMPT = "open child of exempt"
#: The contract and supplier are open; every row that can be restricted by itself is.
EXEMPT_CHILD = "exempt child of open"
#: Was open, was linked from open rows and followed, and is exempt now.
RECLASSIFIED = "reclassified"
STATES = ("open", *WHOLE, CHILD_OF_EXEMPT, EXEMPT_CHILD, RECLASSIFIED)

#: Fields in which no canary can stand, with the reason.
WITHOUT_CANARY = {
    "costs.attributionrule.key": "a published payee's name: else the rule would decide nothing",
    "costs.attributionrule.directorate": "a published word, as above",
    "costs.attributionrule.expenditure_type": "a published word, as above",
    "costs.attributionrule.reference": "a published word, as above",
    "costs.ledgerseal.seal": "a checksum of the entry",
    "contracts.sourcefile.sha256": "a checksum: the file would count as damaged",
    "incidents.failurefile.sha256": "a checksum: the file would count as damaged",
    "scrutiny.decisionfile.sha256": "a checksum: the file would count as damaged",
}

Row = tuple[type[models.Model], int]


def can_be_hidden(model: type[models.Model]) -> bool:
    """Whether a row of a model can be restricted, or something that it belongs to."""
    return issubclass(model, Restrictable) or any(
        model._meta.get_field(name).related_model is not model
        and can_be_hidden(model._meta.get_field(name).related_model)
        for name in getattr(model, "visible_through", ())
    )


HIDEABLE = [
    model
    for model in apps.get_models()
    if issubclass(model, Visible) and not model._meta.proxy and can_be_hidden(model)
]


class Record:
    """The rows by state, and the book of their canaries."""

    def __init__(self, while_open: Callable[["Record"], None]) -> None:
        """`while_open` writes what is made of the rows before any of them is restricted."""
        self.book = Book()
        self.families: dict[str, dict[type[models.Model], models.Model]] = {}
        self._rows: dict[Row, str] = {}
        for number, state in enumerate(STATES):
            self.families[state] = self._family(state, number)
        self._link()
        self._bring_near()
        with lifted(connection):
            self._put_canaries()
            self._put_canaries_into_acts()
        self._refresh()
        while_open(self)
        self._restrict()
        self._refresh()
        self._write_while_exempt()
        for model, pk in self._rows:
            row = model.all_rows.get(pk=pk)
            self.book.hidden_by[model._meta.label_lower, pk] = hidden_by(row)

    def row(self, state: str, model: type[models.Model]) -> models.Model:
        """The row of a kind in a state."""
        return self.families[state][model]

    def hidden(self) -> list[Row]:
        """The rows that something hides."""
        label = {model._meta.label_lower: model for model in HIDEABLE}
        return [
            (label[name], pk)
            for (name, pk), why in self.book.hidden_by.items()
            if why and name in label
        ]

    def _refresh(self) -> None:
        for family in self.families.values():
            for row in family.values():
                row.refresh_from_db()  # By the base manager, which knows every row.

    def _family(self, state: str, number: int) -> dict[type[models.Model], models.Model]:
        before = {model: set(model.all_rows.values_list("pk", flat=True)) for model in HIDEABLE}
        family = everything.a_contract_with_everything(f"{COMMON} {number}")
        family |= {type(row): row for row in _the_rest(family, number)}
        for model in HIDEABLE:
            new = model.all_rows.exclude(pk__in=before[model])
            self._rows |= dict.fromkeys(
                ((model, pk) for pk in new.values_list("pk", flat=True)), state
            )
            if model not in family:
                family[model] = new.get()
        return family

    def _link(self) -> None:
        """The open rows point at the reclassified ones, as they did when these were open."""
        here, there = self.families["open"], self.families[RECLASSIFIED]
        here[Incident].sources.add(there[Source])
        here[Decision].incidents.add(there[Incident])
        here[Decision].other_contracts.add(there[Contract])
        here[Meeting].contracts.add(there[Contract])
        here[Meeting].promises.add(there[Promise])
        CostLine.all_rows.filter(pk=here[CostLine].pk).update(supplier=None)
        Meeting.all_rows.filter(pk=here[Meeting].pk).update(papers=there[Source])
        Contract.all_rows.filter(pk=here[Contract].pk).update(source=there[Source])

    def _restrict(self) -> None:
        wholes = WHOLE | {RECLASSIFIED: factories.exempt(1)}
        for state, restriction in wholes.items():
            for model in (Contract, Supplier, Source, Meeting):
                self._put(state, model, restriction)
        self._put(CHILD_OF_EXEMPT, Contract, factories.exempt(1))
        for model in HIDEABLE:
            if issubclass(model, Restrictable) and model not in (Contract, Supplier):
                self._put(EXEMPT_CHILD, model, factories.exempt(1))
        # As the worker leaves it: with open rows alone the total exceeds nothing any more.
        mine = [
            pk
            for (kind, pk), at in self._rows.items()
            if kind is OverrunAlert and at == EXEMPT_CHILD
        ]
        OverrunAlert.all_rows.filter(pk__in=mine).update(basis=OverrunAlert.Basis.ALL)

    def _bring_near(self) -> None:
        """Meetings to come and dates that are near, from today on: calendars show nothing else."""
        near = timezone.localdate() + dt.timedelta(days=10)
        Meeting.all_rows.update(held_on=near)
        Contract.all_rows.update(review_on=near)

    def _put(self, state: str, model: type[models.Model], restriction: dict[str, Any]) -> None:
        mine = [pk for (kind, pk), where in self._rows.items() if kind is model and where == state]
        for pk in mine:
            canary = Canary(state, model._meta.label_lower, pk, "restriction_reason")
            why = self.book.word(canary, None)
            model.all_rows.filter(pk=pk).update(**restriction | {"restriction_reason": why})
            change = Canary(state, model._meta.label_lower, pk, "restriction_change")
            RestrictionChange.objects.create(
                kind=model._meta.label_lower,
                key=pk,
                restriction=restriction["restriction"],
                exempt_paragraph=restriction.get("exempt_paragraph"),
                negotiation_terms=restriction.get("negotiation_terms", False),
                reason=self.book.word(change, None),
                decided_by=factories.the_officer(),
            )

    def _put_canaries_into_acts(self) -> None:
        """What the audit trail says of each row: why, and the first text among what changed."""
        label = {model._meta.label_lower: model for model in HIDEABLE}
        for act in AuditEntry.objects.exclude(row=None).filter(kind__in=label):
            state = self._rows.get((label[act.kind], act.row))
            if state is None or self.families[state][label[act.kind]].pk != act.row:
                continue
            act.reason = self.book.word(Canary(state, act.kind, act.row, "act.reason"), None)
            name = next((n for n, v in act.after.items() if COMMON in str(v)), None)
            if name is not None:
                canary = Canary(state, act.kind, act.row, "act.after")
                act.after[name] = self.book.word(canary, None)
            AuditEntry.objects.filter(pk=act.pk).update(reason=act.reason, after=act.after)

    def _write_while_exempt(self) -> None:
        """An act on a row that is open now and was exempt when it was done."""
        row = self.families["open"][Contract]
        act = AuditEntry(
            act=Act.CHANGED, by=factories.the_officer(), kept_back=[["exempt", 5, False]]
        )
        act.kind = act.filed_kind = row._meta.label_lower
        act.row = act.filed_row = row.pk
        act.save()
        kind = AuditEntry._meta.label_lower
        canary = Canary("exempt 5 when it was done", kind, act.pk, "reason")
        with lifted(connection):
            AuditEntry.objects.filter(pk=act.pk).update(reason=self.book.word(canary, None))
        self.book.hidden_by[kind, act.pk] = frozenset({("exempt", 5, False, kind, act.pk)})

    def _put_canaries(self) -> None:
        for (model, pk), state in self._rows.items():
            row = model.all_rows.get(pk=pk)
            values: dict[str, Any] = {}
            for each in model._meta.concrete_fields:
                label = model._meta.label_lower
                if f"{label}.{each.name}" in WITHOUT_CANARY:
                    continue
                canary = Canary(state, label, pk, each.name)
                if takes_a_word(each):
                    if isinstance(each, models.URLField):
                        word = self.book.word(canary, 8)
                        values[each.name] = f"https://{word}.example/"
                    elif each.name != "restriction_reason":
                        values[each.name] = self.book.word(canary, each.max_length)
                elif _takes_a_sum(row, each):
                    values[each.name] = self.book.sum(canary)
            if model is CostEntry and "amount" in values:
                _move_totals(row, values["amount"] - row.amount)
            if values:
                model.all_rows.filter(pk=pk).update(**values)


def _takes_a_sum(row: models.Model, each: Any) -> bool:
    """Whether a field holds a sum, and not that of a payment, which is published."""
    if not isinstance(each, PoundsField) or getattr(row, each.name) is None:
        return False
    allocated = PaymentAllocation.all_rows.filter(entry=row.pk)
    return not (isinstance(row, CostEntry) and allocated.exists())


def _move_totals(entry: CostEntry, by: Decimal) -> None:
    month = entry.effective_on.replace(day=1)
    StageTotal.objects.filter(line=entry.line_id, stage=entry.stage, month=month).update(
        net=F("net") + by
    )
    RunningTotal.objects.filter(line=entry.line_id).update(**{entry.stage: F(entry.stage) + by})


def _the_rest(family: dict[Any, Any], number: int) -> list[models.Model]:
    """What tests.everything leaves out: credits, payments, and where claims stand."""
    by, contract, source = factories.the_officer(), family[Contract], family[Source]
    due, claim, alert = family[Commitment], family[Statement], family[OverrunAlert]
    credit = due_credits.credit(
        due, step="due", amount=Decimal(5), stated_by="A", source=source, by=by
    )
    credited = factories.a_line(contract, kind=CostLine.Kind.SERVICE_CREDIT, source=source)
    received = received_credits.receive(
        due, factories.post(credited, "credited", 5, "2018-10-01"), by=by
    )
    name = f"Payee {number}"
    file = bring(table(f"R,D,T,{number},{name},5.0{number},10/04/2018"), f"{number}.csv").file
    given = {"supplier": contract.supplier, "contract": contract, "by": by}
    rule = attributing.confirm(name, reason="Its bills.", **given)
    gone = attributing.take_back(
        attributing.confirm(f"Other {name}", reason="Its bills.", **given), reason="No.", by=by
    )
    line = factories.a_line(contract, source=source)
    payment = file.payments.get()
    released = allocating.release(allocating.allocate(payment, line, by=by), reason="No.", by=by)
    held = allocating.allocate(payment, line, by=by)
    party = claiming.concern(claim, party="B", by=by)
    answer = claiming.respond(
        claim, speaker="B", words="No.", source=source, by=by, parties=[party]
    )
    state = claiming.settle_state(
        claim, state="disputed", stated_by="B", reason="No.", source=source, by=by
    )
    record.promise(
        words="Soon.",
        made_by="A",
        due_on=timezone.localdate() + dt.timedelta(days=10),
        contract=contract,
        source=source,
        by=by,
    )
    revision = AlertRevision.objects.create(
        alert=alert,
        exceeded_before=dt.date(2018, 2, 10),
        exceeded_after=dt.date(2018, 1, 15),
        crossing_entry=alert.crossing_entry,
        recorded_at=everything.NOW,
    )
    sealed = family[CostEntry].seal
    return [
        credit, received, rule, gone, held, released, party, answer.answers_for.get(), state,
        revision, sealed,
    ]  # fmt: skip


def hidden_by(row: models.Model) -> frozenset[Reason]:
    """The restrictions of a row and of everything it belongs to, read row by row: another way
    than the door's.
    """
    found: set[Reason] = set()
    if isinstance(row, Restrictable) and row.restriction != "open":
        how = (row.restriction, row.exempt_paragraph, row.negotiation_terms)
        found.add((*how, row._meta.label_lower, row.pk))
    if isinstance(row, OverrunAlert) and row.basis == OverrunAlert.Basis.ALL:
        for line in CostLine.all_rows.supplementary().filter(contract=row.contract_id):
            found |= hidden_by(line)
    for name in getattr(row, "visible_through", ()):
        above = row._meta.get_field(name)
        key = getattr(row, above.attname)
        if key is not None:
            found |= hidden_by(above.related_model.all_rows.get(pk=key))
    return frozenset(found)
