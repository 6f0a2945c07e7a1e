"""Decisions: the register, the page of one, and the forms that record and change them."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from barnetwatch.lib.once import new_token
from scrutiny import record
from scrutiny.models import Body, Decision
from tests import factories
from tests.actors import as_role, signed_in
from tests.forms import opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def councillor():
    return as_role(Role.COUNCILLOR)


@pytest.fixture
def officer():
    return as_role(Role.CONTRACT_OFFICER)


def decide(**fields) -> Decision:
    given = {
        "kind": "motion",
        "title": "A report on Mosaic",
        "text": "That a report be brought.",
        "outcome": "defeated",
        "source": factories.a_source(),
        "by": factories.the_officer(),
        "taken_by": "" if "body" in fields else "An officer",
        **fields,
    }
    return record.decide(**given)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def address(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


def answers(**fields) -> dict:
    """What an officer types about a decision."""
    given = {
        "token": new_token(),
        "kind": "delegated",
        "title": "Independent assurance",
        "taken_by": "Director of Resources",
        "taken_on_day": "25",
        "taken_on_month": "7",
        "taken_on_year": "2016",
        "text": "Assurance at £164,176.",
        "outcome": "agreed",
        "source": str(factories.a_source().pk),
        "restriction": "open",
    }
    return {**given, **fields}


class TestTheRegister:
    def test_says_that_counts_not_given_are_not_nought_to_nought(self, councillor):
        decide()
        decide(title="Another", votes_for=0, votes_against=11)
        html = text_of(councillor.get(address("decisions")))
        assert "counts not given" in html
        assert "0 for, 11 against" in html

    def test_filters_by_kind_body_contract_and_day(self, councillor):
        body, csg = Body.objects.create(name="Cabinet"), factories.a_contract()
        drs = factories.a_contract("DRS")
        decide(kind="cabinet", title="One", body=body, taken_on=factories.day("2024-01-10"))
        decide(title="Two", contract=csg, other_contracts=[drs])
        for query, titles in (
            ({"kind": "cabinet"}, ["One"]),
            ({"body": body.pk}, ["One"]),
            ({"contract": drs.pk}, ["Two"]),
            ({"contract": csg.pk}, ["Two"]),
            ({"taken_from_day": "10", "taken_from_month": "1", "taken_from_year": "2024"}, ["One"]),
            ({"taken_from_day": "11", "taken_from_month": "1", "taken_from_year": "2024"}, []),
            ({"q": "two report"}, ["Two"]),
        ):
            found = councillor.get(address("decisions"), query).context["page"].rows
            assert [row.title for row in found] == titles, query

    def test_is_exported_with_days_for_a_spreadsheet_and_words_where_a_day_is_not_known(
        self, councillor
    ):
        decide(taken_on=factories.day("2018-09-20"))
        decide(title="Pledge", taken_on=factories.day("2018-07-01"), taken_precision="month")
        answer = councillor.get(address("decisions"), {"export": "csv"})
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        days = [row["Date"] for row in csv.DictReader(io.StringIO(text))]
        assert days == ["2018-09-20", "July 2018"]

    @pytest.mark.parametrize("column", ["title", "kind", "decided_by", "taken_on", "contract"])
    def test_sorts_by_every_column_that_offers_it(self, councillor, column):
        decide(taken_on=factories.day("2018-09-20"), title="B")
        decide(title="A", contract=factories.a_contract())
        for sort in (column, f"-{column}"):
            answer = councillor.get(address("decisions"), {"sort": sort})
            assert len(answer.context["page"].rows) == 2

    def test_asks_as_little_for_fifty_as_for_one(self, councillor):
        line = factories.a_line(factories.a_contract())
        by = factories.the_officer()
        record.authorise(decide(contract=line.contract), line, by=by)
        with CaptureQueriesContext(connection) as one:
            councillor.get(address("decisions"))
        for number in range(49):
            record.authorise(decide(title=f"{number}", contract=line.contract), line, by=by)
        with CaptureQueriesContext(connection) as many:
            councillor.get(address("decisions"))
        assert len(one) == len(many) <= 12


class TestThePage:
    def test_sets_what_was_authorised_beside_what_was_then_committed_and_paid(self, councillor):
        contract = factories.a_contract()
        line = factories.a_line(contract, "Assurance")
        decision = decide(contract=contract, kind="delegated", outcome="agreed")
        record.authorise(decision, line, amount=Decimal("100.00"), by=factories.the_officer())
        page = decision.get_absolute_url()
        assert "No order, bill or payment is on the record." in text_of(councillor.get(page))

        factories.post(line, "committed", 90, "2018-01-01")
        factories.post(line, "paid", 100, "2018-02-01")
        html = text_of(councillor.get(page))
        assert "Nothing beyond it was committed or paid." in html
        assert all(f"£{sum_}.00" in html for sum_ in (90, 100))

        factories.post(line, "paid", "0.01", "2018-03-01")
        assert "£0.01 more was paid than it authorised." in text_of(councillor.get(page))

    def test_gives_no_comparison_where_the_decision_gives_no_sum(self, councillor):
        line = factories.a_line(factories.a_contract())
        decision = decide(contract=line.contract)
        record.authorise(decision, line, words="up to £3m", by=factories.the_officer())
        html = text_of(councillor.get(decision.get_absolute_url()))
        assert "gives no sum, so nothing can be set against it" in html
        assert "up to £3m" in html

    def test_says_what_is_not_known_and_why_there_is_no_key_decision(self, councillor):
        body = Body.objects.create(name="Audit Committee")
        decision = decide(body=body, taken_on=factories.day("2018-09-20"), votes_note="In a room.")
        html = text_of(councillor.get(decision.get_absolute_url()))
        assert "Counts not given<br>In a room." in html
        assert "Does not apply: Barnet had committees on that day" in html
        assert "0 for" not in html
        later = decide(title="Later", taken_on=factories.day("2024-01-10"), is_key=True)
        assert "Yes" in text_of(councillor.get(later.get_absolute_url()))

    def test_of_a_hidden_decision_is_as_if_there_were_none(self, councillor, officer):
        hidden = decide(title="Secret", **factories.exempt(1))
        for name in ("decision", "decision_change", "decision_cost"):
            assert officer.get(address(name, hidden.pk)).status_code == 404
        assert councillor.get(hidden.get_absolute_url()).status_code == 404
        assert "Secret" not in councillor.get(address("decisions")).content.decode()
        cleared = signed_in(factories.a_person("Cy", Role.AUDITOR, cleared=(1,)))
        assert "Secret" in cleared.get(hidden.get_absolute_url()).content.decode()

    def test_names_no_hidden_cost_failure_or_contract(self, councillor):
        contract = factories.a_contract()
        hidden = factories.a_contract("SEC", title="Secret contract", **factories.exempt(1))
        failure = factories.an_incident(hidden, title="Secret failure")
        line = factories.a_line(contract, "Secret line", **factories.exempt(1))
        decision = decide(contract=contract, incidents=[failure], other_contracts=[hidden])
        record.authorise(decision, line, amount=Decimal(77), by=factories.the_officer())
        html = councillor.get(decision.get_absolute_url()).content.decode()
        assert "Secret" not in html
        assert "£77" not in html
        assert "£77" not in councillor.get(address("decisions")).content.decode()


class TestRecording:
    def test_is_for_those_whose_role_it_is(self, councillor, officer):
        decision, incidents = decide(), as_role(Role.INCIDENT_OFFICER)
        for name, args in (
            ("decision_add", ()),
            ("decision_change", (decision.pk,)),
            ("decision_cost", (decision.pk,)),
        ):
            assert councillor.get(address(name, *args)).status_code == 403
            assert incidents.get(address(name, *args)).status_code == 403
            assert officer.get(address(name, *args)).status_code == 200
        assert "Record a decision" not in text_of(councillor.get(address("decisions")))

    def test_puts_a_decision_on_the_record_with_its_links(self, officer):
        contract = factories.a_contract()
        failure = factories.an_incident(contract)
        sent = answers(
            contract=contract.pk,
            incidents=[failure.pk],
            reasons="It is prudent.",
            taken_year_inferred="on",
        )
        answer = officer.post(address("decision_add"), sent)
        decision = Decision.objects.get()
        assert answer.url == decision.get_absolute_url()
        assert str(decision.taken) == "25 July [2016]"
        assert list(decision.incidents.all()) == [failure]
        assert (decision.contract, decision.is_key, decision.votes_for) == (contract, None, None)
        assert decision.recorded_by.name == "The contract officer"

    def test_says_what_is_wrong_at_its_field_and_keeps_what_was_typed(self, officer):
        sent = answers(title="", taken_by="", votes_for="-1", is_key="True", taken_on_day="32")
        answer = officer.post(address("decision_add"), sent)
        said = {name: errors[0] for name, errors in answer.context["form"].errors.items()}
        assert said.keys() == {"title", "body", "votes_for", "taken_on"}
        assert said["body"] == "Choose the body, or name the officer by role."
        html = answer.content.decode()
        assert "There is a problem" in html
        assert "Assurance at £164,176." in html
        assert Decision.objects.count() == 0

    def test_refuses_a_key_decision_in_committee_years_in_plain_words(self, officer):
        answer = officer.post(address("decision_add"), answers(is_key="True"))
        [said] = answer.context["form"].errors["is_key"]
        assert said.startswith("From 3 June 2014 to 23 May 2023 Barnet had committees")

    def test_takes_a_new_source_whole_or_not_at_all(self, officer):
        new = {"source": "", "new_title": "Report 7", "new_publisher": "The council"}
        answer = officer.post(address("decision_add"), answers(**new))
        assert answer.context["form"].errors.keys() == {"new_kind"}
        officer.post(address("decision_add"), answers(**new, new_kind="news"))
        assert Decision.objects.get().source.title == "Report 7"
        both = officer.post(address("decision_add"), answers(new_title="Report 8"))
        assert both.context["form"].errors["source"] == [
            "Choose a source or add a new one, not both."
        ]

    def test_of_one_page_sent_twice_writes_once(self, officer):
        sent = answers()
        first = officer.post(address("decision_add"), sent)
        second = officer.post(address("decision_add"), sent, follow=True)
        assert Decision.objects.count() == 1
        assert second.redirect_chain == [(first.url, 302)]
        assert "sent before" in text_of(second)

    def test_of_what_the_officer_may_not_see_says_so(self, officer):
        review = {"day": 1, "month": 2, "year": 2099}
        sent = answers(
            restriction="exempt",
            exempt_paragraph="1",
            restriction_reason="A person",
            **{f"restriction_review_on_{part}": value for part, value in review.items()},
        )
        answer = officer.post(address("decision_add"), sent, follow=True)
        assert answer.redirect_chain == [(address("decisions"), 302)]
        assert "not cleared for it" in text_of(answer)
        kept = Decision.all_rows.get()
        assert kept.restriction == "exempt"
        assert kept.restriction_review_on == dt.date(2099, 2, 1)
        assert kept.restriction_decided_by == kept.recorded_by

    def test_of_what_is_kept_back_asks_for_paragraph_reason_and_review(self, officer):
        answer = officer.post(address("decision_add"), answers(restriction="exempt"))
        assert answer.context["form"].errors.keys() == {
            "exempt_paragraph",
            "restriction_reason",
            "restriction_review_on",
        }


class TestChanging:
    def test_leaves_what_the_officer_does_not_see_as_it_is(self, officer):
        hidden = factories.an_incident(title="Secret", **factories.exempt(1))
        shown = factories.an_incident(title="Shown")
        source = factories.a_source("Secret paper", **factories.exempt(1))
        decision = decide(incidents=[hidden, shown], source=source)
        html = officer.get(address("decision_change", decision.pk)).content.decode()
        assert "Secret" not in html
        sent = answers(title="Put right", incidents=[])
        sent |= opened(officer, address("decision_change", decision.pk))
        del sent["source"]
        answer = officer.post(address("decision_change", decision.pk), sent)
        assert answer.status_code == 302, answer.context["form"].errors
        decision.refresh_from_db()
        assert (decision.title, decision.source_id) == ("Put right", source.pk)
        links = decision.incidents.through.objects.filter(decision=decision)
        assert list(links.values_list("incident", flat=True)) == [hidden.pk]

    def test_opens_with_what_stands(self, officer):
        decision = decide(taken_on=factories.day("2018-07-01"), taken_precision="month")
        form = officer.get(address("decision_change", decision.pk)).context["form"]
        assert form["taken_on"].value()[1] == "month"
        assert form["title"].value() == decision.title

    def test_names_a_cost_once(self, officer):
        line = factories.a_line(factories.a_contract(), "Assurance")
        decision = decide(contract=line.contract)
        page = address("decision_cost", decision.pk)
        officer.post(page, {"token": new_token(), "line": line.pk, "amount": "£164,176"})
        assert decision.costs.get().amount == Decimal(164_176)
        again = officer.post(page, {"token": new_token(), "line": line.pk})
        assert again.context["form"].errors.keys() == {"line"}
