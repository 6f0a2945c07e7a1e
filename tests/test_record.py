"""The public record: exactly what it holds, and that loading it is safe."""

import datetime as dt
import re
import stat
import subprocess
import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as project
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role, User
from barnetwatch import env
from barnetwatch.lib.dates import Precision, SourceDate, counts_from, in_words
from barnetwatch.lib.money import in_sentence
from barnetwatch.record import signins
from barnetwatch.record.loader import PUBLIC_RECORD, RECORDER, load
from barnetwatch.record.models import LoadedRow
from barnetwatch.record.reading import Mistake, read_date
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
    Supplier,
)
from costs import ledger, rechecks, thresholds
from costs.models import CostEntry, CostLine, OverrunAlert, Threshold
from costs.positions import position
from costs.stages import line_totals
from costs.totals import drift, nets_on
from incidents.models import Incident
from scrutiny import record as scrutiny_record
from scrutiny.models import Body, Decision, DecisionCost, Promise, Statement
from tests.factories import a_person, day

FILE = PUBLIC_RECORD.read_text(encoding="utf-8")
#: Everybody the record names as a person: they act in public.
PEOPLE = {"Cllr Barry Rawlings", "Cllr Richard Cornelius", "Cllr Jess Brayne", "John Dix"}


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """Sign-ins of a test land in its own folder."""
    settings.VAR_DIR = tmp_path
    settings.EMBEDDED = False


@pytest.fixture
def record(db):
    """The public record, loaded."""
    return load(at=timezone.now())


@pytest.fixture
def csg(record) -> Contract:
    return Contract.objects.get(reference="CSG")


def run(**options) -> str:
    """What the command says."""
    out = StringIO()
    call_command("loadrecord", stdout=out, **options)
    return out.getvalue()


def everything() -> dict[str, list]:
    """Every row of every table."""
    return {
        model._meta.label: sorted(model._base_manager.values_list(), key=repr)
        for model in apps.get_models()
    }


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
        "At risk: £164,176 approved and £4,200,000 pledged, together £4,364,176, "
        "beside a contract of £320,000,000: 1.36%",
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
        "On which day in July [2016] was it before the Audit Committee again?": {
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
    Statement.all_rows.filter(answers__isnull=False).delete()
    Statement.all_rows.all().delete()
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


# Loading it again -----------------------------------------------------------------------------


def test_a_second_run_changes_no_row_and_says_so(db):
    assert "     4  ledger entries\n" in run()
    before = everything()
    assert run() == "The public record is here already, all 153 rows: nothing added.\n"
    assert everything() == before


def test_a_second_run_leaves_what_officers_did_meanwhile(csg):
    officer = a_person("Officer")
    line = CostLine.objects.get(title="Mosaic: new delivery partner")
    line.title = "Mosaic, second attempt"
    line.save()
    source = line.source
    source.title = "Its proper headline"
    source.save()
    ledger.reverse(line.entries.get(), reason="Another sum is right.", by=officer)
    ledger.post(
        line,
        stage="pledged",
        amount=Decimal("3000000.00"),
        effective_on=day("2018-07-19"),
        source=source,
        stated_by="The council",
        by=officer,
    )
    Statement.objects.get(speaker="Barnet Post").delete()
    thresholds.retire_threshold(Threshold.objects.filter(measure="firm").first())
    scrutiny_record.state(
        kind="claim", speaker="Anybody", words="So", source=source, by=officer, contract=csg
    )
    Incident.objects.update(restriction="confidential", restriction_reason="On terms.")
    before = everything()
    assert "nothing added" in run()
    assert everything() == before


def test_rows_that_somebody_entered_before_are_taken_over(db):
    capita = Supplier.objects.create(name="Capita", company_number="00000000")
    mark = thresholds.set_threshold(
        measure="firm", severity=Threshold.Severity.LOW, amount=Decimal(100_000)
    )
    loaded = load(at=timezone.now())
    assert (loaded.added[Supplier], loaded.added[Threshold], loaded.there) == (4, 15, 2)
    assert Supplier.objects.get(name="Capita") == capita
    assert Threshold.objects.get(measure="firm", amount=100_000) == mark
    assert "     2  here before, left as they are" in loaded.in_words


def test_a_row_added_to_the_file_is_loaded_beside_the_rest(record, tmp_path):
    longer = tmp_path / "longer.toml"
    longer.write_text(FILE + '\n[[supplier]]\nkey = "new"\nname = "New Ltd"\ngroup = "capita"\n')
    assert run(file=longer) == (
        "The public record, loaded:\n     1  supplier\n   153  here before, left as they are\n"
    )
    assert str(Supplier.objects.get(name="New Ltd").group) == "Capita"


# A mistake in the file ------------------------------------------------------------------------

NEW = '[[statement]]\nkey = "new"\nspeaker = "S"\nsource = "dix"\nsupplier = "capita"\n'
CLAIM = NEW + 'kind = "claim"\nwords = "W"\n'


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ("[[statement]\n", "is not valid TOML"),
        ("statements = 1\n", "statements: write its rows under [[statements]]"),
        ('[[sauce]]\nkey = "x"\n', "[[sauce]]: there is no table of that name."),
        ('[[source]]\ntitle = "x"\n', "[[source]] row 23: it has no key."),
        (CLAIM + CLAIM, "[[statement]] new: two rows have this key."),
        (CLAIM + 'speeker = "x"\n', "[[statement]] new: “speeker” is not a word of this table."),
        (CLAIM + "recorded_by = 1\n", "[[statement]] new: “recorded_by” is not a word"),
        (NEW + 'words = "W"\n', "[[statement]] new: missing a required argument: 'kind'."),
        (NEW + 'kind = "claim"\nwords = 1\n', "[[statement]] new: words: Write it as text in quo"),
        (NEW + 'kind = "rumour"\nwords = "W"\n', "[[statement]] new: kind: Value 'rumour' is not"),
        (CLAIM + 'contract = "CSG"\n', "[[statement]] new: there is no [[contract]] CSG before it"),
        (CLAIM + 'answers = "new"\n', "[[statement]] new: there is no [[statement]] new before"),
        (CLAIM + "amount = 1.5\n", "[[statement]] new: amount: Write it as text in quotes."),
        (CLAIM + 'amount = "1e6"\n', "[[statement]] new: amount: “1e6” is not an amount"),
        (CLAIM + 'amount = "£1"\n', "[[statement]] new: A sum is given with its status"),
        (CLAIM + 'said_on = "1.5.2018"\n', "[[statement]] new: said_on: “1.5.2018” is not a date."),
        (CLAIM + "said_on = 2018-05-01\n", "[[statement]] new: said_on: Write it as text in quot"),
        (CLAIM + 'is_quotation = "yes"\n', "[[statement]] new: is_quotation: Write it as true or"),
        (
            '[[contracted_sum]]\nkey = "new"\ncontract = "csg"\namount = "£1"\nsource = "dix"\n'
            'starts_on = "May 2018"\nends_on = "1 June 2018"\n',
            "[[contracted_sum]] new: starts_on: Give the day, the month and the year",
        ),
        (
            '[[decision]]\nkey = "new"\nkind = "motion"\ntitle = "T"\ntext = "T"\nsource = "dix"\n'
            'outcome = "agreed"\nbody = "audit"\ntaken_on = "24 May 2023"\n',
            "[[decision]] new: taken_on: Audit Committee did not exist on 24 May 2023.",
        ),
        (
            '[[contract]]\nkey = "new"\nreference = "N"\ntitle = "T"\nsupplier = "capita"\n'
            'regime = "pcr2006"\nmanager = "somebody"\n',
            "[[contract]] new: “somebody”: the file names no person.",
        ),
        (
            '[[incident_update]]\nkey = "new"\nincident = "mosaic"\ntext = "T"\n'
            'status_after = "lost"\n',
            "[[incident_update]] new: no act of casework leads to “lost”.",
        ),
    ],
)
def test_a_mistake_is_a_sentence_and_nothing_is_written(db, tmp_path, added, says):
    file = tmp_path / "record.toml"
    file.write_text(f"{FILE}\n{added}", encoding="utf-8")
    before = everything()
    with pytest.raises(CommandError) as raised:
        run(file=file)
    assert says in str(raised.value)
    assert raised.value.returncode == 2
    assert everything() == before


def test_a_file_that_cannot_be_read_is_a_sentence(db, tmp_path):
    with pytest.raises(Mistake, match=r"nowhere\.toml cannot be read: No such file"):
        load(tmp_path / "nowhere.toml", at=timezone.now())
    latin = tmp_path / "latin.toml"
    latin.write_bytes("# £".encode("latin-1"))
    with pytest.raises(Mistake, match=r"latin\.toml is not UTF-8 text"):
        load(latin, at=timezone.now())


def test_a_row_that_names_a_deleted_one_is_a_sentence(record, tmp_path):
    Statement.objects.get(speaker="Barnet Post").delete()
    file = tmp_path / "record.toml"
    file.write_text(FILE + CLAIM.replace("claim", "response") + 'answers = "end-of-csg-2024"\n')
    with pytest.raises(Mistake, match="was loaded once and has been deleted since"):
        load(file, at=timezone.now())


def test_the_program_ends_with_2(bare_environment, tmp_path):
    file = tmp_path / "record.toml"
    file.write_text("[[statement]\n")
    ended = subprocess.run(
        [sys.executable, "manage.py", "loadrecord", "--file", str(file)],
        cwd=project.BASE_DIR,
        env=bare_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "record.toml is not valid TOML" in ended.stderr
    assert "Traceback" not in ended.stderr


@given(
    st.dates(dt.date(1000, 1, 1), dt.date(9999, 12, 31)),
    st.sampled_from(Precision),
    st.booleans(),
)
def test_a_date_is_read_as_it_is_printed(on, precision, inferred):
    written = in_words(on, precision, inferred)
    assert read_date(written) == SourceDate(counts_from(on, precision), precision, inferred)


@pytest.mark.parametrize(
    "text", ["", "July", "25 2016", "31 June 2018", "july 2018", "Juli 2018", "[July] 2018", "0000"]
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValidationError, match="is not a date"):
        read_date(text)


# Somebody to sign in as -----------------------------------------------------------------------


@pytest.fixture
def embedded(db, settings) -> Path:
    """The embedded default, and where its sign-ins are kept."""
    settings.EMBEDDED = True
    return settings.VAR_DIR / signins.FILE


def password_in(file: Path) -> str:
    return re.search(r"^Password: (.+)$", file.read_text(), re.MULTILINE)[1]


def test_there_is_a_person_for_each_role(embedded, client):
    said = run()
    password = password_in(embedded)
    for role in Role:
        person = User.objects.get(email=signins.address(role))
        assert [group.name for group in person.groups.all()] == [role.value]
        assert not person.is_superuser
        assert client.login(username=person.email, password=password)
        assert f"{role.label} " in embedded.read_text()
        assert person.email in embedded.read_text()
    assert stat.S_IMODE(embedded.stat().st_mode) == 0o600
    assert list(embedded.parent.iterdir()) == [embedded]
    assert str(embedded) in said
    assert password not in said


def test_a_second_run_neither_changes_the_password_nor_prints_it(embedded):
    run()
    before, kept = everything(), embedded.read_text()
    assert kept not in run()
    assert embedded.read_text() == kept
    assert everything() == before


def test_somebody_taken_away_stays_away(embedded):
    run()
    User.objects.get(email=signins.address(Role.FINANCE_OFFICER)).delete()
    embedded.unlink()
    run()
    assert not User.objects.filter(email=signins.address(Role.FINANCE_OFFICER)).exists()
    assert not embedded.exists()


def test_a_new_database_takes_the_password_that_the_file_has(embedded):
    run()
    password = password_in(embedded)
    User.objects.filter(email__in=[signins.address(role) for role in Role]).delete()
    run()
    assert password_in(embedded) == password
    assert User.objects.get(email=signins.address(Role.AUDITOR)).check_password(password)


def test_a_file_without_a_password_is_a_sentence(embedded):
    embedded.write_text("Nothing\n")
    with pytest.raises(CommandError, match=r"sign-in\.txt names no password") as raised:
        run()
    assert raised.value.returncode == 2
    assert embedded.read_text() == "Nothing\n"


def test_two_first_runs_make_two_passwords(embedded):
    signins.make(embedded.parent)
    first = password_in(embedded)
    embedded.unlink()
    User.objects.filter(email__in=[signins.address(role) for role in Role]).delete()
    signins.make(embedded.parent)
    assert password_in(embedded) != first


def test_a_served_site_gets_no_sign_ins(db, settings):
    settings.EMBEDDED = False
    run()
    assert list(User.objects.values_list("email", flat=True)) == [RECORDER]
    assert list(settings.VAR_DIR.iterdir()) == []


@pytest.mark.parametrize(
    ("environ", "embedded"),
    [
        ({}, True),
        ({"PORT": "8001"}, True),
        ({"DATABASE_URL": ""}, True),
        ({"EMAIL_URL": "smtp://mail.example"}, True),
        ({"DATABASE_URL": "postgres://u@h/n", "SECRET_KEY": "k"}, False),
        ({"DATABASE_URL": "sqlite:///var/other.sqlite3", "SECRET_KEY": "k"}, False),
        ({"REDIS_URL": "redis://localhost:6379/0"}, False),
        ({"SITE_URL": "https://barnetwatch.example.gov.uk"}, False),
        ({"ALLOWED_HOSTS": "barnetwatch.example.gov.uk"}, False),
    ],
)
def test_what_counts_as_the_embedded_default(tmp_path, environ, embedded):
    assert env.read({"VAR_DIR": str(tmp_path), **environ}).embedded is embedded
