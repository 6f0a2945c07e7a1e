"""The public record: exactly what it holds, and what it leaves out."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from barnetwatch.lib.appendonly import lifted
from barnetwatch.lib.money import in_sentence
from barnetwatch.record.loader import PUBLIC_RECORD, RECORDER, load
from barnetwatch.record.models import LoadedRow
from contracts.awards import standing_award
from contracts.breach import assess
from contracts.models import (
    Award,
    CapabilityGap,
    Contract,
    ContractedSum,
    Discrepancy,
    Measurement,
    ReadingPreference,
    Service,
    Source,
)
from costs import rechecks
from costs.models import CostEntry, CostLine, OverrunAlert, Threshold
from costs.positions import position
from costs.stages import line_totals
from costs.totals import drift, nets_on
from scrutiny.models import Body, Decision, DecisionCost, Promise, Statement
from tests.factories import day

FILE = PUBLIC_RECORD.read_text(encoding="utf-8")
#: Everybody the record names as a person: they act in public.
PEOPLE = {"Cllr Barry Rawlings", "Cllr Richard Cornelius", "Cllr Jess Brayne", "John Dix"}


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The public record, loaded for this module; what its tests write is taken back each time."""
    with django_db_blocker.unblock():
        found = load(at=timezone.now())
    yield found
    with django_db_blocker.unblock(), lifted(connection):
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def record(loaded, db):
    """What the load did; the rows are in the database."""
    return loaded


@pytest.fixture
def csg(record) -> Contract:
    return Contract.objects.get(reference="CSG")


def printed(row, stem: str) -> str:
    """A row's date as pages print it."""
    return str(getattr(row, stem))


# What is in it ------------------------------------------------------------------------------


def test_every_row_is_loaded_once_and_counted_by_kind(record):
    counts = {model._meta.label_lower: count for model, count in record.added.items()}
    assert counts == {
        "contracts.source": 22,
        "contracts.supplier": 5,
        "contracts.contract": 2,
        "contracts.award": 4,
        "contracts.awardpreference": 1,
        "contracts.contractedsum": 2,
        "contracts.service": 10,
        "contracts.capability": 4,
        "contracts.capabilitygap": 4,
        "contracts.commitment": 4,
        "contracts.measurement": 4,
        "contracts.discrepancy": 3,
        "contracts.reading": 6,
        "costs.threshold": 16,
        "costs.costline": 3,
        "costs.costentry": 4,
        "incidents.incident": 3,
        "incidents.incidentupdate": 3,
        "incidents.incidentcost": 2,
        "scrutiny.body": 4,
        "scrutiny.decision": 5,
        "scrutiny.decisioncost": 2,
        "scrutiny.promise": 1,
        "scrutiny.statement": 39,
        "scrutiny.claimparty": 9,
        "scrutiny.partyanswer": 8,
    }
    assert LoadedRow.objects.count() == sum(counts.values()) == FILE.count("\nkey = ")


def test_the_ledger_holds_four_entries_and_no_more(record):
    entries = {
        (
            entry.line.title,
            entry.line.kind,
            str(entry.line.contract or entry.line.supplier),
            entry.stage,
            entry.amount,
            str(entry.effective),
            entry.stated_by,
        )
        for entry in CostEntry.all_rows.all()
    }
    fraud = ("Fraud, July 2016 to December 2017", "fraud_loss", "Capita")
    stolen = Decimal("2063972.00")
    assert entries == {
        (
            "Independent technical assurance of CSG's ICT strategy proposals",
            "assurance",
            "CSG",
            "approved",
            Decimal("164176.00"),
            "25 July [2016]",
            "Council officer, under delegated powers",
        ),
        (
            "Mosaic: new delivery partner",
            "remediation",
            "CSG",
            "pledged",
            Decimal("4200000.00"),
            "July [2018]",
            "Policy and Resources Committee",
        ),
        (*fraud, "paid", stolen, "December 2017", "Grant Thornton"),
        (*fraud, "recovered", stolen, "[2018]", "Times Series"),
    }
    assert drift() == []


def test_who_does_the_work_is_named_only_where_it_is_known(record):
    assurance, partner = CostLine.objects.filter(contract__isnull=False).order_by("title")
    assert str(assurance.supplier) == "Lockheed Martin"
    assert partner.supplier is None


@pytest.mark.parametrize(
    ("on", "firm", "at_risk"),
    [
        ("2016-07-24", "0.00", "0.00"),
        ("2016-07-25", "164176.00", "164176.00"),
        ("2018-07-30", "164176.00", "164176.00"),
        ("2018-07-31", "164176.00", "4364176.00"),
        ("2018-10-01", "164176.00", "4364176.00"),
        ("2018-12-31", "164176.00", "4364176.00"),
    ],
)
def test_csg_stands_where_the_record_says_on_a_day(csg, on, firm, at_risk):
    stands = position(csg, day(on))
    assert stands.measure("firm").total == Decimal(firm)
    assert stands.measure("at_risk").total == Decimal(at_risk)
    assert stands.measure("at_risk").baseline == Decimal("320000000.00")


def test_shares_of_the_award(csg):
    stands = position(csg, day("2018-10-01"))
    assert stands.measure("firm").percentage == Decimal("0.05")
    assert stands.measure("at_risk").percentage == Decimal("1.36")
    by_line = {place.line.title: place.totals.at_risk for place in stands.lines}
    share = by_line["Mosaic: new delivery partner"] * 100 / Decimal("320000000.00")
    assert share.quantize(Decimal("0.01")) == Decimal("1.31")


def test_csg_has_five_open_alerts_and_drs_none(csg):
    rechecks.sweep(timezone.now())
    alerts = {
        (alert.threshold.measure, alert.threshold.mark): str(alert.exceeded)
        for alert in OverrunAlert.objects.standing().filter(contract=csg)
    }
    assert alerts == {
        ("firm", "£100,000"): "25 July 2016",
        ("at_risk", "£100,000"): "25 July 2016",
        ("at_risk", "£500,000"): "July 2018",
        ("at_risk", "£1,000,000"): "July 2018",
        ("at_risk", "1%"): "July 2018",
    }
    assert OverrunAlert.all_rows.count() == 5
    assert set(OverrunAlert.objects.values_list("sum_in_words", flat=True)) == {
        "Firm: £164,176 approved beside a contract of £320,000,000: 0.05%",
        (
            "At risk: £164,176 approved and £4,200,000 pledged, together £4,364,176, "
            "beside a contract of £320,000,000: 1.36%"
        ),
    }


def test_the_shipped_thresholds(record):
    shipped = {(mark.measure, mark.mark, mark.severity) for mark in Threshold.objects.all()}
    assert shipped == {
        ("firm", "£100,000", "medium"),
        ("firm", "£500,000", "high"),
        ("firm", "£1,000,000", "high"),
        ("firm", "1%", "medium"),
        ("firm", "5%", "high"),
        ("firm", "10%", "high"),
        ("at_risk", "£100,000", "low"),
        ("at_risk", "£500,000", "medium"),
        ("at_risk", "£1,000,000", "medium"),
        ("at_risk", "1%", "low"),
        ("at_risk", "5%", "medium"),
        ("at_risk", "10%", "high"),
        ("over_plan", "5%", "low"),
        ("over_plan", "10%", "medium"),
        ("over_plan", "25%", "high"),
        ("over_plan", "50%", "high"),
    }


def test_both_contracts_with_their_terms_and_regime(record):
    for reference, supplier, starts_on, ends_on in (
        ("CSG", "Capita Business Services Ltd", "2013-09-01", "2023-08-31"),
        ("DRS", "Capita (BRDS) Ltd", "2013-10-01", "2023-09-30"),
    ):
        contract = Contract.objects.get(reference=reference)
        assert str(contract.supplier) == supplier
        assert str(contract.supplier.group) == "Capita"
        assert (contract.starts_on, contract.ends_on) == (day(starts_on), day(ends_on))
        assert printed(contract, "signed") == "5 August 2013"
        assert contract.regime == Contract.Regime.PCR_2006
        agreed = ContractedSum.objects.get(contract=contract)
        assert (agreed.starts_on, agreed.ends_on) == (day(starts_on), day(ends_on))
        assert agreed.amount == standing_award(contract).amount


def test_three_sums_of_drs_stand_and_the_preferred_one_says_why(record):
    drs = Contract.objects.get(reference="DRS")
    awards = {award.amount: award.source.publisher for award in drs.awards.all()}
    assert awards == {
        Decimal("154000000.00"): "Digital by Default News (digitalbydefaultnews)",
        Decimal("126000000.00"): "Times Series (times-series)",
        Decimal("130000000.00"): "LGC (lgcplus)",
    }
    assert standing_award(drs).amount == Decimal("154000000.00")
    assert standing_award(drs).preferences.get().reason


def test_services_that_left(record):
    left = dict(Service.objects.exclude(left_on=None).values_list("name", "left_on"))
    assert left == {"Finance": day("2019-04-01"), "Strategic HR": day("2019-04-01")}
    assert set(Service.objects.filter(left_on=None).values_list("name", flat=True)) == {
        "Customer services",
        "Estates",
        "Human resources and payroll",
        "IT infrastructure and support",
        "Procurement",
        "Revenues and benefits",
        "Commercial services",
        "Mosaic",
    }


def test_recovery_was_measured_by_tier_and_not_recoverable_is_no_figure(record):
    found = {
        (one.commitment.tier, one.commitment.measure): assess(
            one.commitment.target,
            one.commitment.direction == "at_most",
            one.value,
            one.not_recoverable,
        ).in_words("hours")
        for one in Measurement.objects.all()
    }
    assert found == {
        ("silver", "rto"): "+48 hours, ×2.0",
        ("silver", "rpo"): "+23 hours, ×24",
        ("bronze", "rto"): "not recoverable",
        ("bronze", "rpo"): "not recoverable",
    }


def test_mosaic_is_live_and_four_capabilities_are_missing_since_an_unknown_day(record):
    gaps = CapabilityGap.objects.lasting()
    assert {gap.capability.name for gap in gaps} == {
        "Bill clients",
        "Pay invoices",
        "Monitor finances",
        "Report performance",
    }
    for gap in gaps:
        assert printed(gap.capability, "live") == "April [2017]"
        assert (gap.since_on, gap.not_before) == (None, "not before April [2017]")
        assert gap.days_missing(day("2018-07-17")) == 1
        assert gap.days_missing(day("2018-10-01")) == 77


def test_conflicting_sources_stand_side_by_side_and_none_is_preferred(record):
    said = {
        conflict.question: {reading.says for reading in conflict.readings.all()}
        for conflict in Discrepancy.objects.all()
    }
    assert said == {
        "On which day in July [2016] was IT disaster recovery before the Audit Committee again?": {
            "26 July: one paper dates it “Thursday July 26”. In 2016 that day was a Tuesday.",
            "28 July: the Thursday of that week, if the paper has the weekday right.",
        },
        "Did councillors pay the £164,176, or did an officer approve it?": {
            "The headline: councillors “have paid” it.",
            "The text: an officer decided it under delegated powers.",
        },
        "What sum was decided on in July [2018] for Mosaic's new delivery partner?": {
            "£4.2m, pledged by the Policy and Resources Committee.",
            "Procurement “up to £3m”, in the council report as quoted by UNISON.",
        },
    }
    assert not ReadingPreference.all_rows.exists()
    assert (dt.date(2016, 7, 26).weekday(), dt.date(2016, 7, 28).weekday()) == (1, 3)


def test_the_motion_was_defeated_and_its_votes_are_not_known(record):
    motion = Decision.objects.get(kind=Decision.Kind.MOTION)
    assert motion.outcome == Decision.Outcome.DEFEATED
    assert motion.mover == "Cllr Jess Brayne"
    assert str(motion.body) == "Adults and Safeguarding Committee"
    assert printed(motion, "taken") == "20 September [2018]"
    assert motion.votes == "counts not given"
    votes = ("votes_for", "votes_against", "votes_abstained")
    for decision in Decision.objects.all():
        assert [getattr(decision, name) for name in votes] == [None] * 3
        assert decision.casting_vote == ""


def test_committees_end_on_the_day_given_and_begin_on_none(record):
    assert set(Body.objects.values_list("starts_on", "ends_on")) == {(None, day("2023-05-23"))}


def test_decisions_and_what_they_authorise(record):
    said = {
        (str(one.body or one.taken_by), printed(one, "taken"), one.outcome)
        for one in Decision.objects.all()
    }
    assert said == {
        ("Policy and Resources Committee", "11 December 2018", "unknown"),
        ("Council officer, under delegated powers", "25 July [2016]", "agreed"),
        ("Policy and Resources Committee", "July [2018]", "agreed"),
        ("Adults and Safeguarding Committee", "20 September [2018]", "defeated"),
        ("Urgency Committee", "30 November 2018", "unknown"),
    }
    authorised = {str(one.line): one.amount for one in DecisionCost.objects.all()}
    assert authorised == {
        "Independent technical assurance of CSG's ICT strategy proposals": Decimal("164176.00"),
        "Mosaic: new delivery partner": None,
    }


def test_the_promise_is_open_has_no_date_and_grows_older(record):
    promise = Promise.objects.dateless().get()
    assert promise.words == "the findings will be reported to audit committee in due course"
    assert promise.status == Promise.Status.OPEN
    assert promise.due == "in due course"
    assert printed(promise, "made") == "[2018]"
    assert promise.age_in_days(day("2020-01-02")) == promise.age_in_days(day("2020-01-01")) + 1


def test_the_fraud_stands_with_the_supplier_and_in_no_contracts_total(record):
    line = CostLine.objects.get(kind=CostLine.Kind.FRAUD_LOSS)
    assert (line.contract, str(line.supplier)) == (None, "Capita")
    nets = nets_on([line.pk], day("2018-12-31"))[line.pk]
    assert nets == {"paid": Decimal("2063972.00"), "recovered": Decimal("2063972.00")}
    assert line_totals(nets).paid == 0
    for contract in Contract.objects.all():
        stands = position(contract, day("2026-01-01"))
        assert line.pk not in {place.line.pk for place in (*stands.lines, *stands.apart)}
    claim = Statement.objects.get(speaker="Grant Thornton")
    assert [answer.speaker for answer in claim.responses.all()] == ["Capita"]


def test_statements_name_these_sums_and_none_of_them_enters_a_total(csg):
    said = {
        (one.speaker, in_sentence(one.amount), one.amount_status, printed(one, "amount_as_of"))
        for one in Statement.objects.exclude(amount=None)
    }
    never, dix = "not known", "John Dix"
    assert said == {
        ("Local Government Lawyer", "£165,000,000", "alleged", never),
        ("Times Series", "£164,176", "alleged", never),
        ("Labour group", "£170,881", "credited", never),
        ("Council report, as quoted by Barnet UNISON", "£3,000,000", "approved", never),
        ("Labour group", "£4,200,000", "alleged", never),
        ("London Borough of Barnet", "£4,120,000", "estimated", never),
        (dix, "£168,300,000", "paid", "December 2015"),
        (dix, "£327,000,000", "paid", "April 2018"),
        (dix, "£457,000,000", "paid", "January 2020"),
        (dix, "£540,000,000", "paid", "May 2021"),
        (dix, "£555,000,000", "paid", "September 2021"),
        (dix, "£634,000,000", "paid", "January 2023"),
        (dix, "£638,000,000", "paid", "March 2023"),
        (dix, "£54,280,000", "paid", "31 March 2021"),
        ("External audit", "£44,700,000", "paid", "31 March 2017"),
    }
    before = position(csg, day("2026-01-01"))
    Statement.all_rows.update(amount=None, amount_status="", amount_on=None)
    assert position(csg, day("2026-01-01")) == before


def test_the_service_credits_add_up(record):
    words = Statement.objects.get(amount=170_881).words
    *parts, total = (int(sum_.replace(",", "")) for sum_ in re.findall(r"£([\d,]+\d)", words))
    assert parts == [116_473, 24_214, 30_194]
    assert sum(parts) == total == 170_881


def test_claims_and_their_answers(record):
    answered = {
        claim.words: sorted(answer.speaker for answer in claim.responses.all())
        for claim in Statement.objects.claims()
    }
    assert {words: who for words, who in answered.items() if who} == {
        "Confidence is “at an all time low” after the library IT crash of March 2016 and the "
        "audit report.": ["Cllr Richard Cornelius"],
        "the amount of money the council is having to spend on things that are not covered by "
        "the core Capita contract is starting to mount up": ["Council spokesperson"],
        "Mosaic is “still not able to bill clients”.": ["London Borough of Barnet"],
        "Mosaic “could cost” taxpayers £4.2m more.": ["Capita", "Leader of the council"],
        "placing additional pressure on the adults team": ["Leader of the council"] * 2,
        "Weaknesses “may have resulted in contractual breaches”.": ["Capita"],
    }
    assert "the thin client model where Capita monitors itself is not working" in answered
    assert Statement.objects.unanswered().count() == len(answered) - 6


def test_every_figure_has_a_status_a_speaker_and_a_source(record):
    for entry in CostEntry.all_rows.all():
        assert entry.stage
        assert entry.stated_by
        assert entry.source.title
    for statement in Statement.all_rows.exclude(amount=None):
        assert statement.amount_status
        assert statement.speaker
        assert statement.source.title
    for award in Award.all_rows.all():
        assert award.source.publisher
        assert award.recorded_by.email == RECORDER


# What it leaves out ---------------------------------------------------------------------------


def test_only_people_who_act_in_public_are_named(record):
    titled = set(re.findall(r"Cllr [A-Z]\w+ [A-Z]\w+", FILE))
    assert titled | {"John Dix"} == PEOPLE
    assert not re.search(r"\b(Mr|Mrs|Ms|Miss|Dr|Sir|Dame)\b", FILE)
    roles = {
        "Barnet Post",
        "Capita",
        "Council report, as quoted by Barnet UNISON",
        "Council spokesperson",
        "External audit",
        "Grant Thornton",
        "Internal audit",
        "Labour group",
        "Leader of the council",
        "Local Government Lawyer",
        "London Borough of Barnet",
        "Times Series",
    }
    assert set(Statement.objects.values_list("speaker", flat=True)) <= roles | PEOPLE


def test_the_fraud_names_nobody(record):
    section = FILE[FILE.index("# 4. The £2m fraud") : FILE.index("# 5. What was paid")]
    pairs = set(re.findall(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b", section))
    assert pairs == {"Grant Thornton", "Times Series"}


def test_there_are_no_links(record):
    assert set(Source.objects.values_list("url", flat=True)) == {""}
    assert "://" not in FILE
    assert "www." not in FILE


def test_the_record_cannot_be_signed_in_as(record):
    recorder = User.objects.get(email=RECORDER)
    assert not recorder.is_active
    assert not recorder.is_staff
    assert not recorder.has_usable_password()
