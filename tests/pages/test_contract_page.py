"""The page of one contract: what stands on it, for whom, and what it costs the database."""

import re
from html import unescape

import pytest
from django.contrib.admin.models import CHANGE
from django.urls import reverse

from accounts.backoffice import journal
from accounts.models import Role
from contracts import register
from contracts.models import (
    Capability,
    CapabilityGap,
    Commitment,
    Discrepancy,
    Reading,
    Service,
    Variation,
)
from costs import overruns
from costs.models import CostLine
from incidents import casework
from scrutiny import record
from tests import everything, factories
from tests.actors import as_role, signed_in, the_superuser
from tests.factories import day

pytestmark = pytest.mark.django_db

SECTIONS = [
    *("chart", "money", "overruns", "figures", "variations", "services", "commitments"),
    *("failures", "decisions", "promises", "claims", "sources", "history"),
]


def address(contract):
    return reverse("admin:contract", args=[contract.pk])


def html_of(browser, contract, **query):
    answer = browser.get(address(contract), query)
    assert answer.status_code == 200
    return answer.content.decode()


def text_of(browser, contract, **query):
    return words(html_of(browser, contract, **query))


def section(html, slug):
    return re.search(rf'(?s)<section class="bw-section" id="{slug}".*?</section>', html)[0]


def words(html):
    """What is read: without tags, and without what only the charts say."""
    shown = re.sub(r"(?s)<(title|desc)\b.*?</\1>|<[^>]+>", " ", html)
    return re.sub(r" (?=[.,:;])", "", " ".join(unescape(shown).split()))


@pytest.fixture
def councillor(db):
    return as_role(Role.COUNCILLOR)


@pytest.fixture
def csg(db):
    contract = factories.the_csg_record()
    factories.the_shipped_thresholds()
    overruns.check(contract, on=everything.TODAY, at=everything.NOW)
    return contract


def test_a_councillor_reads_in_one_paragraph_what_stands_beside_csg(councillor, csg):
    html = html_of(councillor, csg)
    [summary] = re.findall(r'(?s)<p class="govuk-body bw-contract__summary">(.*?)</p>', html)
    assert summary.startswith(
        "Under this contract Capita Business Services Ltd works for the London Borough of Barnet. "
        "It was let for £320 million, from 1 September 2013 to 31 August 2023."
    )
    assert (
        "Beside it, the record holds £164,176 approved and £4,200,000 pledged: together "
        "£4,364,176 at risk, 1.36% of that sum. That is above 5 marks"
    ) in summary
    assert "No payments are imported yet" in summary


def test_every_section_has_a_heading_and_a_link_at_the_top(councillor, csg):
    html = html_of(councillor, csg)
    assert re.findall(r'href="#([a-z]+)">[A-Z]', html) == SECTIONS
    for slug in SECTIONS:
        assert f'id="{slug}"' in html
        assert f'<h2 class="govuk-heading-m" id="{slug}-title">' in html
    assert html.count("<h1") == 1


def test_an_empty_contract_says_of_each_section_that_nothing_is_there(councillor):
    text = text_of(councillor, factories.a_contract("EMPTY"))
    for sentence in (
        "a sum not known here",
        "There is no chart",
        "No cost beside the contract is recorded.",
        "No total is above a mark.",
        "no fact on which the sources disagree",
        "No variation is recorded.",
        "No service is recorded.",
        "No commitment is recorded.",
        "No failure is recorded.",
        "No decision is recorded.",
        "No promise is recorded.",
        "No claim is recorded.",
        "No source is recorded.",
        "Nothing is entered under this contract yet.",
    ):
        assert sentence in text


def test_the_money_stands_line_by_line_with_its_split_and_its_total(councillor, csg):
    money = words(section(html_of(councillor, csg), "money"))
    assert "At risk: £164,176 approved and £4,200,000 pledged, together £4,364,176" in money
    assert "Cost Supplier Pledged Approved Firm At risk" in money
    assert "Together £164,176.00 £4,364,176.00" in money
    assert "not confirmed" in money


def test_a_fraud_loss_stands_apart_and_enters_no_total(councillor, csg):
    fraud = factories.a_line(csg, "The fraud", kind=CostLine.Kind.FRAUD_LOSS)
    factories.post(fraud, "paid", 2_063_972, "2017-12-31")
    money = words(section(html_of(councillor, csg), "money"))
    assert "They enter no total." in money
    assert "£2,063,972.00" in money
    assert "Together £164,176.00 £4,364,176.00" in money


def test_what_is_alleged_is_shown_with_its_speaker_and_in_no_total(councillor, csg):
    line = csg.cost_lines.get(title__startswith="Mosaic")
    factories.post(line, "alleged", 9_000_000, "2018-08-01", stated_by="The Labour group")
    money = words(section(html_of(councillor, csg), "money"))
    assert "£9,000,000 for Mosaic: new delivery partner, says The Labour group" in money
    assert "Together £164,176.00 £4,364,176.00" in money


def test_an_allegation_that_was_reversed_is_gone(councillor, csg):
    line = csg.cost_lines.get(title__startswith="Mosaic")
    entry = factories.post(line, "alleged", 9_000_000, "2018-08-01", stated_by="The Labour group")
    factories.reverse(entry)
    assert "says The Labour group" not in text_of(councillor, csg)


def test_the_marks_that_are_exceeded_say_since_when(councillor, csg):
    shown = words(section(html_of(councillor, csg), "overruns"))
    assert "Overrun of £100,000, supplementary spend, at risk 25 July 2016 Low" in shown
    assert "1%, supplementary spend, at risk July 2018" in shown


def test_awards_that_differ_stand_side_by_side_with_the_one_that_is_used(councillor):
    contract = factories.a_contract("DRS", award=154_000_000)
    text = text_of(councillor, contract)
    assert "What was the contract let for?" not in text
    factories.an_award(contract, 126_000_000)
    text = text_of(councillor, contract)
    assert "let for a sum on which the sources disagree" in text
    assert "percentages of the award are not worked out" in text
    register.prefer(
        contract.awards.get(amount=154_000_000), reason="Signed", by=factories.the_officer()
    )
    text = text_of(councillor, contract)
    assert "let for £154 million (other sources say £126 million)" in text
    assert "£154,000,000.00 Times Series Source [1] Used here. Signed" in text


def test_what_does_not_work_says_for_how_long_at_least(councillor, csg, settings):
    service = Service.objects.create(contract=csg, name="Mosaic")
    ability = Capability.objects.create(service=service, name="Bill clients")
    CapabilityGap.objects.create(
        capability=ability,
        first_reported_on=day("2018-07-16"),
        not_before="not before April [2017]",
        source=factories.a_source(),
    )
    shown = words(section(html_of(councillor, csg), "services"))
    assert "Bill clients Source [4] Mosaic not before April [2017] 16 July 2018 at least" in shown


def test_a_commitment_shows_its_target_and_each_breach(councillor, csg):
    source = factories.a_source()
    due = Commitment.objects.create(
        contract=csg, title="IT recovery", measure="rto", target=48, unit="hours", source=source
    )
    given = {
        "how": "declared",
        "said_by": "Capita",
        "source": source,
        "by": factories.the_officer(),
    }
    register.measure(due, value=96, **given)
    register.measure(due, not_recoverable=True, **given)
    shown = words(section(html_of(councillor, csg), "commitments"))
    assert "at most 48 hours" in shown
    assert "96 hours Breach +48 hours, ×2.0 Declared by Capita, date not known" in shown
    assert "Not recoverable Breach Declared by Capita" in shown


def test_a_claim_stands_beside_its_answer_or_says_that_there_is_none(councillor, csg):
    about = {"contract": csg, "source": factories.a_source(), "by": factories.the_officer()}
    claim = record.state(
        kind="claim", speaker="Labour group", words="It fails", said_on=day("2018-09-01"), **about
    )
    assert "No answer is on the record" in text_of(councillor, csg)
    record.answer(claim, speaker="Capita", words="It works", source=about["source"], by=about["by"])
    shown = words(section(html_of(councillor, csg), "claims"))
    assert "Labour group claims It fails" in shown
    assert "Capita answers It works" in shown
    assert "No answer" not in shown


def test_each_citation_leads_to_a_source_on_the_page(councillor):
    rows = everything.a_contract_with_everything("Open")
    html = html_of(councillor, _contract(rows))
    cited = set(re.findall(r'href="#(source-\d+)"', html))
    assert cited
    assert cited <= set(re.findall(r'<li id="(source-\d+)"', html))


def test_who_may_change_it_is_led_to_the_back_office_and_sees_what_was_changed(csg):
    officer = factories.a_person("Con Officer", Role.CONTRACT_OFFICER)
    journal.write(officer, csg, CHANGE, "Changed the title.")
    html = html_of(signed_in(officer), csg)
    assert reverse("admin:contracts_contract_change", args=[csg.pk]) in html
    assert "Changed the title." in html
    html = html_of(as_role(Role.COUNCILLOR), csg)
    assert reverse("admin:contracts_contract_change", args=[csg.pk]) not in html
    assert "Changed the title." not in html


@pytest.mark.parametrize(("role", "status"), [(Role.ADMINISTRATOR, 403), (Role.AUDITOR, 200)])
def test_only_who_may_read_contracts_reads_one(role, status, csg):
    assert as_role(role).get(address(csg)).status_code == status


def test_every_link_to_a_contract_leads_here(councillor, csg):
    assert "Money by status" in councillor.get(csg.get_absolute_url()).content.decode()


# What a person may not see ------------------------------------------------------------


def _contract(rows):
    return next(row for model, row in rows.items() if model.__name__ == "Contract")


def test_a_restricted_contract_is_as_if_there_were_none():
    rows = everything.a_contract_with_everything("Secret", **factories.exempt(1))
    contract = _contract(rows)
    for browser in (as_role(Role.COUNCILLOR), signed_in(the_superuser())):
        answer = browser.get(address(contract))
        assert answer.status_code == 404
        assert "Secret" not in answer.content.decode()
    cleared = factories.a_person("Cy", Role.AUDITOR, cleared=(1,))
    assert "Secret" in html_of(signed_in(cleared), contract)


def restricted_children(contract):
    """One row of every kind that can be restricted in its own right, under an open contract."""
    hidden = factories.exempt(1)
    by, source = factories.the_officer(), factories.a_source("Hush source", **hidden)
    line = factories.a_line(contract, "Hush line", source=source, **hidden)
    factories.post(line, "approved", 777_777, "2018-07-01", stated_by="Hush body")
    factories.post(line, "alleged", 888_888, "2018-07-01", stated_by="Hush body")
    incident = factories.an_incident(contract, title="Hush failure", **hidden)
    about = {"source": source, "by": by, "contract": contract, **hidden}
    record.decide(
        kind="resolution",
        title="Hush decision",
        text="Hush",
        outcome="agreed",
        taken_by="Hush officer",
        taken_on=day("2018-07-01"),
        **about,
    )
    record.promise(words="Hush words", made_by="Hush", made_on=day("2018-07-01"), **about)
    record.state(
        kind="claim",
        speaker="Hush group",
        words="Hush claim",
        amount=999_999,
        amount_status="paid",
        amount_on=day("2018-07-01"),
        **about,
    )
    record.state(
        kind="statement",
        speaker="Hush of the failure",
        words="Hush",
        source=source,
        by=by,
        incident=incident,
    )
    dispute = Discrepancy.objects.create(contract=contract, question="Hush: when?", **hidden)
    Reading.objects.create(discrepancy=dispute, says="Hush on Monday", source=source)
    an_open = Discrepancy.objects.create(contract=contract, question="When?")
    Reading.objects.create(discrepancy=an_open, says="Hush on Tuesday", source=source)
    Service.objects.create(contract=contract, name="Open service", source=source)


def test_restricted_rows_are_in_no_list_total_chart_or_sentence(councillor, csg):
    before = text_of(councillor, csg)
    restricted_children(csg)
    overruns.check(csg, on=everything.TODAY, at=everything.NOW)
    html = html_of(councillor, csg)
    for trace in ("Hush", "777,777", "888,888", "999,999", "5,141,953", "941,953"):
        assert trace not in html
    for phrase in ("together £4,364,176 at risk", "above 5 marks", "Together £164,176.00"):
        assert phrase in before
        assert phrase in text_of(councillor, csg)


def test_a_cost_restricted_a_moment_ago_is_in_no_sum_though_the_alert_still_tells_it(
    councillor, csg
):
    CostLine.all_rows.filter(title__startswith="Mosaic").update(**factories.exempt(1))
    html = html_of(councillor, csg)
    assert "4,200,000" not in html
    assert "4,364,176" not in html
    shown = words(section(html, "overruns"))
    assert "£164,176 approved" in shown
    assert "£100,000" in shown
    assert "£500,000" not in shown
    assert "above 2 marks" in words(html)


def test_who_is_cleared_meets_them_in_every_list_and_total(csg):
    restricted_children(csg)
    cleared = signed_in(factories.a_person("Cy", Role.AUDITOR, cleared=(1,)))
    html = html_of(cleared, csg)
    for trace in ("Hush line", "Hush failure", "Hush decision", "Hush words", "Hush claim"):
        assert trace in html
    assert "Hush source" in html
    assert "Together £941,953.00 £5,141,953.00" in words(section(html, "money"))


# What it costs ------------------------------------------------------------------------


def many(contract, count):
    """So many of each thing."""
    by, source = factories.the_officer(), factories.a_source()
    about = {"source": source, "by": by, "contract": contract}
    for number in range(count):
        when = day(f"20{14 + number % 5}-0{1 + number % 9}-10")
        named = factories.a_source(f"{contract}, source {number}")
        line = factories.a_line(contract, supplier=factories.a_supplier(), source=named)
        factories.post(line, "approved", 10_000, when, source=named)
        factories.post(line, "alleged", 5, when)
        factories.an_award(contract, 1_000_000 + number)
        register.contract_for(contract, amount=1, starts_on=when, ends_on=when, by=by, source=named)
        register.vary(
            contract,
            kind=Variation.Kind.SCOPE,
            title=f"Change {number}",
            takes_effect_on=when,
            scope_after="More",
            rationale="Why not",
            source=named,
            by=by,
        )
        service = Service.objects.create(contract=contract, name=f"Service {number}", source=named)
        ability = Capability.objects.create(service=service, name="Run")
        CapabilityGap.objects.create(capability=ability, first_reported_on=when, source=named)
        due = Commitment.objects.create(
            contract=contract,
            service=service,
            title=f"Recovery {number}",
            measure="rto",
            target=48,
            unit="hours",
            source=named,
        )
        register.measure(due, how="tested", said_by="Audit", source=named, by=by, value=96)
        dispute = Discrepancy.objects.create(
            contract=contract, question=f"{contract}: when, {number}?"
        )
        reading = Reading.objects.create(discrepancy=dispute, says="Monday", source=named)
        register.prefer_reading(reading, reason="Sure", by=by)
        incident = factories.an_incident(contract, services=[service], sources=[named])
        casework.update(incident, text="News", by=by)
        record.decide(
            kind="resolution",
            title="A decision",
            text="Agreed",
            outcome="agreed",
            body=_body(number),
            taken_on=when,
            incidents=[incident],
            **about,
        )
        record.promise(words="Soon", made_by="Somebody", made_on=when, **about)
        claim = record.state(
            kind="claim",
            speaker=f"Speaker {number}",
            words="It fails",
            said_on=when,
            amount=number + 1,
            amount_status="paid",
            amount_on=when,
            **about,
        )
        record.answer(claim, speaker="Board", words="It works", source=named, by=by)
        journal.write(by, contract, CHANGE, f"Change {number}")
    factories.a_threshold("firm", 100 + count, contract=contract)
    factories.a_threshold("at_risk", 100 + count, contract=contract)
    overruns.check(contract, on=everything.TODAY, at=everything.NOW)


def _body(number):
    from scrutiny.models import Body

    return Body.objects.create(name=f"Committee {Body.objects.count()} {number}")


@pytest.mark.parametrize("role", [Role.COUNCILLOR, Role.CONTRACT_OFFICER])
@pytest.mark.parametrize("query", ["", "?known={today}"])
def test_the_page_asks_as_much_for_fifty_of_each_thing_as_for_one(
    role, query, django_assert_max_num_queries
):
    small, large = factories.a_contract("SMALL"), factories.a_contract("LARGE")
    many(small, 1)
    many(large, 50)
    person = factories.a_person("Reader", role)
    asked = []
    for contract in (small, large):
        browser = signed_in(person)
        browser.get(address(small))  # What is kept between requests is kept now.
        at = address(contract) + query.format(today=_today())
        with django_assert_max_num_queries(25) as captured:
            assert browser.get(at).status_code == 200
        asked.append(len(captured))
    assert asked[0] == asked[1]


def _today():
    from django.utils import timezone

    return timezone.localdate().isoformat()
