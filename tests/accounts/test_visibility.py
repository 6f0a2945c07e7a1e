"""The one door: who sees what, by restriction and sight, through parents and relations."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import Clearance, Role, User
from accounts.visibility import (
    OPEN_ONLY,
    OpenRows,
    Paragraph,
    Restrictable,
    Restriction,
    Sight,
    Visible,
    sight_of,
)
from contracts import crediting as contract_credits
from contracts import register
from contracts.models import (
    Commitment,
    Contract,
    Discrepancy,
    Reading,
    ServiceCredit,
    Source,
    Supplier,
    Withdrawal,
)
from costs import crediting as cost_credits
from costs import overruns
from costs.models import AlertRevision, CostEntry, CostLine, OverrunAlert
from costs.payments import allocating, attributing
from incidents.models import Incident
from scrutiny import claiming, record
from scrutiny.models import Statement
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring
from tests.everything import a_contract_with_everything
from tests.factories import (
    CONFIDENTIAL,
    a_contract,
    a_councillor,
    a_line,
    a_person,
    a_source,
    a_supplier,
    an_award,
    an_incident,
    day,
    exempt,
    post,
    the_officer,
)

pytestmark = pytest.mark.django_db

APPS = ("accounts", "contracts", "costs", "incidents", "scrutiny", "digests")

#: Models that are neither restricted nor part of what can be, and why.
SEEN_OTHERWISE = {
    "AuditEntry": "through the door of the row that was acted on",
    "CalendarLink": "a person's own; it names nothing",
    "User": "people are listed to those who give roles",
    "Clearance": "likewise",
    "Recheck": "a note to the worker; it names a contract and no fact of it",
    "RecheckLease": "likewise",
    "StageTotal": "stored totals: read through cost lines that were filtered first",
    "RunningTotal": "likewise",
    "UploadChunk": "bytes of an upload, which the worker alone reads",
    "FileCheck": "files that are not as they were, by number alone",
    "Heartbeat": "when a job last ran",
    "IncidentCounter": "a number for each year",
    "IncidentDraft": "its writer's own",
    "QuestionList": "its owner's own",
    "Question": "its owner's own; masked where they may not see what it rests on",
    "Body": "committees are public",
    "Subscription": "its reader's own",
    "Edition": "its reader's own",
    "Content": "what several editions say; compiled from open rows and masked on display",
    "AlertTold": "who was written to about an alert",
    "AccessRequest": "its writer's own, and theirs who answer; it names no record",
    "Grant": "its person's own, and theirs who give leave; it names a record by kind and number",
    "RestrictionChange": "read through the record that it is about",
}


def all_models() -> list[type[models.Model]]:
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


VISIBLE = [model for model in all_models() if issubclass(model, Visible)]
RESTRICTABLE = [model for model in VISIBLE if issubclass(model, Restrictable)]


def may_be_hidden(model: type[models.Model]) -> bool:
    """Whether a row of a model can be restricted, or something that it belongs to."""
    return issubclass(model, Restrictable) or any(
        may_be_hidden(model._meta.get_field(name).related_model)
        for name in getattr(model, "visible_through", ())
    )


#: Payments are published: a file and what stands in it belong to nothing that can be hidden.
PARENTS = [
    (model, name)
    for model in VISIBLE
    for name in model.visible_through
    if may_be_hidden(model._meta.get_field(name).related_model)
]


def label(value: object) -> str:
    return value.__name__ if isinstance(value, type) else str(value)


# Restriction by sight ---------------------------------------------------------------

ROWS: dict[str, dict[str, Any]] = {
    "open": {},
    **{f"exempt {n}": exempt(n) for n in Paragraph.values},
    "negotiation": exempt(3, negotiation_terms=True),
    "confidential": CONFIDENTIAL,
}
BY_RIGHT = {"open", "exempt 3", "exempt 6"}
#: Who sees which of ROWS.
SEES = {
    "nobody signed in": set(),
    "inactive": set(),
    "inactive superuser": set(),
    "inactive councillor, cleared for 1": set(),
    "without a role": {"open"},
    "auditor": {"open"},
    "administrator": {"open"},
    "superuser": {"open"},
    "cleared for 1": {"open", "exempt 1"},
    "cleared for 3": {"open", "exempt 3", "negotiation"},
    "cleared for all": set(ROWS) - {"confidential"},
    "councillor": BY_RIGHT,
    "councillor, cleared for 1": BY_RIGHT | {"exempt 1"},
    "councillor, cleared for 3": BY_RIGHT | {"negotiation"},
    "councillor, superuser": BY_RIGHT,
}


def somebody(who: str) -> Any:
    match who:
        case "nobody signed in":
            return AnonymousUser()
        case "inactive":
            return a_person(is_active=False)
        case "inactive superuser":
            return a_person(is_active=False, is_superuser=True)
        case "inactive councillor, cleared for 1":
            return a_councillor(is_active=False, cleared=(1,))
        case "without a role":
            return a_person()
        case "auditor":
            return a_person("", Role.AUDITOR)
        case "administrator":
            return a_person("", Role.ADMINISTRATOR)
        case "superuser":
            return a_person(is_superuser=True)
        case "cleared for 1":
            return a_person(cleared=(1,))
        case "cleared for 3":
            return a_person(cleared=(3,))
        case "cleared for all":
            return a_person(cleared=tuple(Paragraph.values))
        case "councillor":
            return a_councillor()
        case "councillor, cleared for 1":
            return a_councillor(cleared=(1,))
        case "councillor, cleared for 3":
            return a_councillor(cleared=(3,))
        case "councillor, superuser":
            return a_councillor(is_superuser=True)
        case _:
            raise LookupError(who)


@pytest.mark.parametrize("who", SEES)
def test_who_sees_which_rows(who):
    for name, restriction in ROWS.items():
        a_source(name, **restriction)
    found = Source.objects.visible_to(somebody(who)).values_list("title", flat=True)
    assert set(found) == SEES[who]


@pytest.mark.parametrize("model", RESTRICTABLE, ids=label)
def test_every_model_that_can_be_restricted_obeys_its_own_restriction(model):
    row = a_contract_with_everything("Canary")[model]
    people = {who: somebody(who) for who in ("councillor", "cleared for 1", "superuser")}
    for name, restriction in ROWS.items():
        unset = {"restriction": "open", "exempt_paragraph": None, "negotiation_terms": False}
        model.all_rows.filter(pk=row.pk).update(**{**unset, **restriction})
        for who, person in people.items():
            seen = model.objects.visible_to(person).filter(pk=row.pk).exists()
            assert seen == (name in SEES[who]), (name, who)
        assert model.objects.filter(pk=row.pk).exists() == (name == "open")


class TestARestriction:
    @pytest.mark.parametrize(
        "fields",
        [
            {"restriction": "exempt", "restriction_reason": "Why."},
            {"restriction": "exempt", "exempt_paragraph": 3},
            {"restriction": "confidential"},
            {"restriction": "confidential", "exempt_paragraph": 3, "restriction_reason": "Why."},
            {"exempt_paragraph": 3},
        ],
    )
    def test_that_is_half_told_is_refused_by_the_database(self, fields):
        with pytest.raises(IntegrityError), transaction.atomic():
            a_supplier(**fields)

    def test_knows_whether_the_record_itself_is_open(self):
        assert a_supplier().is_open
        assert not a_supplier(**exempt(3)).is_open


# Parents ----------------------------------------------------------------------------


def a_child(model: type[models.Model], name: str) -> models.Model:
    """A row that belongs to something by one of its foreign keys."""
    rows = a_contract_with_everything("Canary")
    by, contract, source = the_officer(), rows[Contract], rows[Source]
    match model.__name__, name:
        case "Withdrawal", _:
            award = an_award(contract, 7)
            preference = register.prefer(award, reason="Why.", by=by)
            agreed, varied = contract.contracted_sums.get(), contract.variations.get()
            row = {"preference": preference, "contracted_sum": agreed, "variation": varied}
            return register.withdraw(row.get(name, award), reason="Why.", by=by)
        case "Discrepancy", _:
            return Discrepancy.objects.create(contract=contract, question="When?")
        case "Reading", "source":
            dispute = Discrepancy.objects.create(question="Who?")
            return Reading.objects.create(discrepancy=dispute, says="She.", source=source)
        case "Incident", "supplier":
            return an_incident(a_contract(), supplier=a_supplier())
        case "IncidentCost", "line":
            line = a_line(a_contract())
            return rows[Incident].costs.create(line=line, recorded_by=by)
        case "DecisionCost", "line":
            return model.objects.create(
                decision=rows[apps.get_model("scrutiny.Decision")],
                line=a_line(a_contract()),
                recorded_by=by,
            )
        case "Promise", "incident":
            about = {"incident": an_incident(), "made_by": "The leader", "source": source}
            return record.promise(words="Soon.", by=by, **about)
        case "Statement", "supplier" | "incident":
            about = {name: a_supplier() if name == "supplier" else an_incident()}
            return record.state(
                kind="claim", speaker="A", words="It fails.", source=source, by=by, **about
            )
        case "Statement", "answers":
            claim = record.state(
                kind="claim",
                speaker="A",
                words="It fails.",
                source=source,
                by=by,
                contract=contract,
            )
            return record.answer(
                claim, speaker="B", words="No.", source=source, by=by, supplier=a_supplier()
            )
        case "CostLine", "supplier":
            return a_line(supplier=a_supplier())
        case "LedgerSeal", _:
            return rows[CostEntry].seal
        case "ServiceCredit" | "CreditReceived", _:
            return a_service_credit(model, rows)
        case "AttributionRule" | "RuleTakenBack" | "PaymentAllocation" | "AllocationReleased", _:
            return about_payments(model, contract)
        case "ClaimParty" | "PartyAnswer" | "ClaimState", _:
            return about_a_claim(model, rows[Statement], source)
        case "AlertRevision", _:
            alert = rows[OverrunAlert]
            return AlertRevision.objects.create(
                alert=alert,
                exceeded_before=day("2018-02-10"),
                exceeded_after=day("2018-01-15"),
                crossing_entry=alert.crossing_entry,
                recorded_at=timezone.now(),
            )
        case _:
            return rows[model]


def a_service_credit(model: type[models.Model], rows: dict[Any, Any]) -> models.Model:
    """A service credit of the commitment: due, or received as an entry of the ledger."""
    due, by = rows[Commitment], the_officer()
    if model is ServiceCredit:
        return contract_credits.credit(
            due, step="due", amount=Decimal(5), stated_by="A", source=rows[Source], by=by
        )
    line = a_line(rows[Contract], "Service credits", kind=CostLine.Kind.SERVICE_CREDIT)
    return cost_credits.receive(due, post(line, "credited", 5, "2018-10-01"), by=by)


def about_payments(model: type[models.Model], contract: Contract) -> models.Model:
    """A rule about payments to the contract's supplier, an allocation, or the end of one."""
    by = the_officer()
    rule = attributing.confirm(
        "Canary plc", supplier=contract.supplier, contract=contract, reason="Its bills.", by=by
    )
    if model.__name__ == "AttributionRule":
        return rule
    if model.__name__ == "RuleTakenBack":
        return attributing.take_back(rule, reason="No.", by=by)
    file = bring(table("R,D,T,1,Canary plc,5.00,10/04/2018")).file
    line = a_line(contract, "Paid for")
    held = allocating.allocate(file.payments.get(), line, by=by)
    if model.__name__ == "PaymentAllocation":
        return held
    return allocating.release(held, reason="No.", by=by)


def about_a_claim(model: type[models.Model], claim: Statement, source: Source) -> models.Model:
    """A party that a claim concerns, its answer, or where the claim stands."""
    by = the_officer()
    if model.__name__ == "ClaimState":
        return claiming.settle_state(
            claim, state="disputed", stated_by="B", reason="No.", source=source, by=by
        )
    party = claiming.concern(claim, party="B", by=by)
    if model.__name__ == "ClaimParty":
        return party
    response = claiming.respond(
        claim, speaker="B", words="No.", source=source, by=by, parties=[party]
    )
    return response.answers_for.get()


def hide(row: models.Model) -> models.Model:
    """Restrict a row, or where it cannot be, what it belongs to; gives the row restricted."""
    while not isinstance(row, Restrictable):
        above = (getattr(row, name) for name in row.visible_through)
        row = next(each for each in above if each is not None and may_be_hidden(type(each)))
    type(row).all_rows.filter(pk=row.pk).update(**exempt(5))
    return row


@pytest.mark.parametrize(("model", "name"), PARENTS, ids=label)
def test_what_is_hidden_hides_what_belongs_to_it(model, name):
    child = a_child(model, name)
    cleared, others = a_person(cleared=(5,)), [a_person(), a_councillor()]
    mine = {"pk": child.pk}
    assert model.objects.filter(**mine).exists()
    hide(getattr(child, name))
    assert not model.objects.filter(**mine).exists()
    assert not any(model.objects.visible_to(person).filter(**mine).exists() for person in others)
    assert model.objects.visible_to(cleared).filter(**mine).exists()
    assert model.all_rows.filter(**mine).exists()


def test_an_answer_to_a_hidden_claim_is_hidden_though_it_concerns_something_open():
    claim = record.state(
        kind="claim",
        speaker="A",
        words="It fails.",
        source=a_source(),
        by=the_officer(),
        contract=a_contract(),
    )
    answer = record.answer(claim, speaker="B", words="No.", source=a_source(), by=the_officer())
    Statement.all_rows.filter(pk=claim.pk).update(**exempt(5))
    assert Statement.objects.count() == 0
    assert Statement.objects.visible_to(a_councillor()).count() == 0
    assert set(Statement.objects.visible_to(a_person(cleared=(5,)))) == {claim, answer}


def test_a_hidden_answer_leaves_its_claim_open_and_unanswered():
    claim = record.state(
        kind="claim",
        speaker="A",
        words="It fails.",
        source=a_source(),
        by=the_officer(),
        contract=a_contract(),
    )
    record.answer(claim, speaker="B", words="No.", source=a_source(), by=the_officer(), **exempt(5))
    assert Statement.objects.get() == claim
    assert claim.responses.count() == 0


def test_a_row_that_belongs_to_nothing_is_seen():
    dispute = Discrepancy.objects.create(question="Who?")
    line = a_line(supplier=a_supplier())
    assert Discrepancy.objects.get() == dispute
    assert CostLine.objects.get() == line


def test_a_row_that_belongs_to_two_is_seen_when_both_are():
    contract, supplier = a_contract(), a_supplier()
    line = a_line(contract, supplier=supplier)
    sixth, both = a_person(cleared=(5,)), a_person(cleared=(5, 7))
    Contract.all_rows.filter(pk=contract.pk).update(**exempt(5))
    Supplier.all_rows.filter(pk=supplier.pk).update(**exempt(7))
    assert CostLine.objects.visible_to(sixth).count() == 0
    assert CostLine.objects.visible_to(both).get() == line


def test_a_grandparent_hides_too():
    contract = a_contract()
    entry = post(a_line(contract), "paid", 5, "2018-01-01")
    Supplier.all_rows.filter(pk=contract.supplier_id).update(**exempt(5))
    assert type(entry).objects.count() == 0
    assert type(entry).objects.visible_to(a_person(cleared=(5,))).get() == entry


# Managers ---------------------------------------------------------------------------


@pytest.mark.parametrize("model", VISIBLE, ids=label)
def test_a_model_shows_open_rows_unless_asked_for_more(model):
    assert isinstance(model._default_manager, OpenRows)
    assert isinstance(model.objects, OpenRows)
    assert not isinstance(model.all_rows, OpenRows)


@pytest.mark.parametrize("model", all_models(), ids=label)
def test_a_model_is_visible_through_the_door_or_has_a_reason(model):
    assert issubclass(model, Visible) != (model.__name__ in SEEN_OTHERWISE)


def test_no_reason_is_left_over():
    assert set(SEEN_OTHERWISE) <= {model.__name__ for model in all_models()}


class TestRelatedManagers:
    @pytest.fixture
    def lines(self) -> tuple[Contract, CostLine, CostLine]:
        contract, other = a_contract(), a_contract()
        shown, hidden = a_line(contract), a_line(contract, **exempt(5))
        a_line(other)
        a_line(other, **exempt(5))
        return contract, shown, hidden

    def test_show_open_rows_of_the_relative(self, lines):
        contract, shown, _ = lines
        assert contract.cost_lines.get() == shown
        assert contract.cost_lines.count() == 1
        assert list(contract.cost_lines.supplementary()) == [shown]

    def test_show_a_person_their_rows_of_the_relative_alone(self, lines):
        contract, shown, hidden = lines
        assert contract.cost_lines.visible_to(a_person()).get() == shown
        assert set(contract.cost_lines.visible_to(a_person(cleared=(5,)))) == {shown, hidden}
        assert contract.cost_lines.visible_to(AnonymousUser()).count() == 0

    def test_prefetch_open_rows(self, lines):
        contract, shown, _ = lines
        found = Contract.objects.prefetch_related("cost_lines").get(pk=contract.pk)
        assert list(found.cost_lines.all()) == [shown]

    def test_across_many_to_many_do_the_same(self):
        shown, hidden, other = a_source(), a_source(**exempt(5)), a_source()
        incident = an_incident(sources=[shown, hidden])
        an_incident(sources=[other])
        assert incident.sources.get() == shown
        assert set(incident.sources.visible_to(a_person(cleared=(5,)))) == {shown, hidden}
        assert incident.sources.visible_to(a_person()).get() == shown

    def test_to_a_row_itself_do_the_same(self):
        group = a_supplier("Capita plc")
        shown, hidden = a_supplier(group=group), a_supplier(group=group, **exempt(5))
        assert group.members.get() == shown
        assert set(group.members.visible_to(a_person(cleared=(5,)))) == {shown, hidden}


# Sight ------------------------------------------------------------------------------


class TestSight:
    def test_is_of_clearances_that_have_not_ended(self):
        person, today = a_person(cleared=(1, 2, 4)), day("2018-10-01")
        ends = person.clearances.filter
        ends(paragraph=1).update(ends_on=today)
        ends(paragraph=2).update(ends_on=today - dt.timedelta(days=1))
        assert sight_of(person, today) == Sight(member=False, cleared=frozenset({1, 4}))

    def test_of_a_councillor_is_a_members(self):
        assert sight_of(a_councillor()) == Sight(member=True)

    def test_lasts_as_long_as_the_request(self):
        person = a_person(cleared=(1,))
        assert sight_of(person).cleared == {1}
        Clearance.objects.all().delete()
        assert sight_of(person).cleared == {1}
        assert sight_of(User.objects.get(pk=person.pk)).cleared == frozenset()

    def test_is_asked_for_once_a_request(self, django_assert_num_queries):
        person = User.objects.get(pk=a_person().pk)
        with django_assert_num_queries(1):
            sight_of(person)
            sight_of(person)

    def test_gives_a_clearance_for_a_paragraph_once(self):
        person = a_person(cleared=(1,))
        with pytest.raises(IntegrityError), transaction.atomic():
            Clearance.objects.create(
                user=person, paragraph=1, reason="Again", granted_by=the_officer()
            )

    def test_is_a_column_that_tells_open_rows_from_others(self):
        a_line(a_contract(), "Open")
        a_line(a_contract(), "Hidden", **exempt(3))
        a_line(a_contract(**CONFIDENTIAL), "Under a hidden contract")
        found = CostLine.all_rows.annotate(is_open=OPEN_ONLY.flag(CostLine))
        assert dict(found.values_list("title", "is_open")) == {
            "Open": True,
            "Hidden": False,
            "Under a hidden contract": False,
        }


class TestAlertsOnAllRows:
    def test_are_hidden_by_a_contract_that_is_too(self):
        rows = a_contract_with_everything("Canary", **exempt(5))
        assert OverrunAlert.objects.count() == 0
        assert OverrunAlert.objects.visible_to(a_person(cleared=(5,))).get() == rows[OverrunAlert]

    def test_take_their_acknowledgements_with_them(self):
        contract = a_contract_with_everything("Canary")[Contract]
        alert = OverrunAlert.objects.get()
        CostLine.all_rows.update(**exempt(1))
        OverrunAlert.all_rows.update(basis=OverrunAlert.Basis.ALL)
        told = overruns.acknowledge(alert, note="Seen.", by=the_officer())
        assert type(told).objects.count() == 0
        assert contract.alerts.visible_to(a_councillor()).count() == 0
        seen = type(told).objects.visible_to(a_person(cleared=(1,)))
        assert told in seen


def test_withdrawn_rows_keep_to_what_they_withdraw():
    award = an_award(a_contract(**exempt(5)), Decimal(5))
    register.withdraw(award, reason="Wrong.", by=the_officer())
    assert Withdrawal.objects.count() == 0
    assert Withdrawal.objects.visible_to(a_person(cleared=(5,))).count() == 1


def test_restrictions_have_the_words_the_law_has():
    assert [choice.value for choice in Restriction] == ["open", "exempt", "confidential"]
    assert Paragraph.values == [1, 2, 3, 4, 5, 6, 7]
