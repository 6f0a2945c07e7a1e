"""The register of failures: what is listed, found, sorted and counted, and for whom."""

import datetime as dt
import json

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from incidents import casework
from incidents.models import Incident
from tests import everything, factories
from tests.actors import as_role, signed_in

pytestmark = pytest.mark.django_db

FAILURES = reverse("admin:failures")


@pytest.fixture
def councillor():
    return as_role(Role.COUNCILLOR)


def listed(answer) -> list[str]:
    """The titles on a page, in its order."""
    return [row.record.title for row in answer.context["table"].rows]


def the_row(answer, title: str) -> dict[str, str]:
    """What the table prints for one failure, by column."""
    [row] = [row for row in answer.context["table"].rows if row.record.title == title]
    return {column.name: str(cell) for column, cell in row.items()}


def test_a_councillor_reads_what_failed_for_how_long_and_what_it_cost(councillor):
    contract = factories.a_contract("CSG")
    line = factories.a_line(contract)
    factories.post(line, "pledged", 4_200_000, "2018-07-31", precision="month")
    failure = factories.an_incident(
        contract,
        title="Mosaic cannot bill",
        occurred_on=dt.date(2018, 7, 4),
        occurred_precision="month",
        at=factories.moment("2018-10-01"),
    )
    casework.attribute(failure, line, by=factories.the_officer(), at=factories.moment("2018-10-02"))

    row = the_row(councillor.get(FAILURES), "Mosaic cannot bill")

    assert failure.reference in row["reference"]
    assert f'href="{failure.get_absolute_url()}"' in row["reference"]
    assert row["contract"] == "CSG"
    assert "Reported" in row["status"]
    assert row["occurred_on"] == "July 2018"
    days = (timezone.localdate() - dt.date(2018, 7, 31)).days
    assert row["days_open"] == f"{days:,}"
    assert row["last_word"] == "2 October 2018"
    assert row["cost"] == "£4,200,000 pledged"


def test_a_resolved_failure_counts_no_days_after_the_day_it_was_resolved(councillor):
    failure = factories.an_incident(
        title="Mended", occurred_on=dt.date(2018, 7, 1), at=factories.moment("2018-07-05")
    )
    by = factories.the_officer()
    casework.act(failure, "resolve", reason="Mended.", by=by, at=factories.moment("2018-07-11"))
    casework.act(failure, "close", reason="Done.", by=by, at=factories.moment("2018-09-11"))

    assert the_row(councillor.get(FAILURES), "Mended")["days_open"] == "10"


def test_the_worst_and_the_longest_open_can_be_put_first(councillor):
    for title, severity, day in (
        ("Bad", "major", "2018-01-01"),
        ("Worst", "critical", "2018-03-01"),
        ("Small", "minor", "2017-01-01"),
    ):
        factories.an_incident(title=title, severity=severity, occurred_on=factories.day(day))

    assert listed(councillor.get(FAILURES, {"sort": "-severity"})) == ["Worst", "Bad", "Small"]
    assert listed(councillor.get(FAILURES, {"sort": "-days_open"})) == ["Small", "Bad", "Worst"]


@pytest.mark.parametrize(
    "column", ["reference", "title", "contract", "status", "occurred_on", "last_word", "days_open"]
)
def test_every_column_sorts_both_ways_over_pages(councillor, column, monkeypatch):
    monkeypatch.setattr("barnetwatch.lib.registers.PER_PAGE", 2)
    for number in range(5):
        factories.an_incident(
            title=f"Failure {number}", occurred_on=dt.date(2018, 1, number + 1) if number else None
        )

    def titles(sort: str) -> list[str]:
        found, address = [], {"sort": sort}
        while True:
            answer = councillor.get(FAILURES, address)
            found += listed(answer)
            if not answer.context["page"].after:
                return found
            address = {"sort": sort, "after": answer.context["page"].after}

    for sort in (column, f"-{column}"):
        assert sorted(titles(sort)) == [f"Failure {number}" for number in range(5)]


def test_filters_find_by_words_contract_status_severity_open_and_waiting(councillor):
    today = timezone.localdate()
    found = factories.an_incident(
        factories.a_contract("CSG"),
        title="Mosaic cannot bill",
        severity="critical",
        next_action="Ask",
        next_action_on=today - dt.timedelta(days=1),
    )
    other = factories.an_incident(title="Another", severity="minor")
    casework.resolve(other, reason="Mended.", by=factories.the_officer())

    for query in (
        {"q": "bill mosaic"},
        {"q": found.reference},
        {"contract": found.contract_id},
        {"status": "reported"},
        {"severity": "critical"},
        {"open": "on"},
        {"waiting": "on"},
    ):
        assert listed(councillor.get(FAILURES, query)) == ["Mosaic cannot bill"], query
    assert listed(councillor.get(FAILURES, {"q": "mosaic another"})) == []


def test_a_file_holds_the_filtered_rows_and_claims_no_day_that_is_not_known(councillor):
    contract = factories.a_contract("CSG")
    line = factories.a_line(contract)
    factories.post(line, "pledged", 4_200_000, "2018-07-31")
    failure = factories.an_incident(
        contract,
        title="=Mosaic",
        occurred_on=dt.date(2018, 7, 4),
        occurred_precision="month",
        at=factories.moment("2018-10-01"),
    )
    casework.attribute(failure, line, by=factories.the_officer(), at=factories.moment("2018-10-02"))
    factories.an_incident(title="Another", occurred_on=dt.date(2018, 7, 4))

    answer = councillor.get(FAILURES, {"export": "json", "q": "mosaic"})
    [row] = json.loads(b"".join(answer.streaming_content))
    plain = councillor.get(FAILURES, {"export": "json", "q": "another"})

    assert row["What failed"] == "'=Mosaic"  # No spreadsheet takes it for a formula.
    assert row["Occurred"] == "July 2018"
    assert row["Status"] == "Reported"
    assert row["Severity"] == "Major"
    assert row["Days open"] == (timezone.localdate() - dt.date(2018, 7, 31)).days
    assert row["Last word"] == "2018-10-02"
    assert row["Cost so far"] == "£4,200,000 pledged"
    assert json.loads(b"".join(plain.streaming_content))[0]["Occurred"] == "2018-07-04"


def test_a_hidden_failure_is_in_no_list_count_choice_or_cost(councillor):
    seen = everything.a_contract_with_everything("Open")
    everything.a_contract_with_everything("Secret", **factories.exempt(1))
    line = factories.a_line(seen[Incident].contract, "Secret line", **factories.exempt(1))
    factories.post(line, "pledged", 5_000_000, everything.DAY)
    casework.attribute(seen[Incident], line, by=factories.the_officer())
    cleared = signed_in(factories.a_person("Cy", Role.COUNCILLOR, cleared=(1,)))

    answer = councillor.get(FAILURES)

    assert "Secret" not in answer.content.decode()
    assert answer.context["count"] == "1 failure"
    assert the_row(answer, "Open failure")["cost"] == "£200,000 approved"
    assert "£5,000,000 pledged" not in answer.content.decode()
    for kind in ("csv", "json"):
        told = b"".join(councillor.get(FAILURES, {"export": kind}).streaming_content)
        assert b"Secret" not in told
        assert "5,000,000" not in told.decode()
    assert cleared.get(FAILURES).context["count"] == "2 failures"
    assert "£5,000,000 pledged" in the_row(cleared.get(FAILURES), "Open failure")["cost"]


def test_a_register_costs_the_same_queries_for_one_row_and_for_fifty(
    councillor, django_assert_max_num_queries
):
    def add(number: int) -> None:
        contract = factories.a_contract()
        failure = factories.an_incident(contract)
        line = factories.a_line(contract)
        factories.post(line, "approved", number, "2018-01-01")
        casework.attribute(failure, line, by=factories.the_officer())

    add(1)
    with django_assert_max_num_queries(12) as one:
        councillor.get(FAILURES)
    for number in range(2, 51):
        add(number)
    with django_assert_max_num_queries(12) as fifty:
        answer = councillor.get(FAILURES)

    assert len(listed(answer)) == 50
    assert len(one) == len(fifty)


def test_somebody_who_may_not_read_failures_is_told_so():
    assert as_role(Role.ADMINISTRATOR).get(FAILURES).status_code == 403


def test_only_those_who_report_failures_are_offered_it(councillor):
    report = reverse("admin:failure_report")

    assert report not in councillor.get(FAILURES).content.decode()
    assert report in as_role(Role.INCIDENT_OFFICER).get(FAILURES).content.decode()
