"""Officers record a decision and what became of promises; somebody takes the dates home."""

import pytest

from accounts.models import Role
from scrutiny.models import Decision, Promise


@pytest.fixture
def mosaic(record) -> Promise:
    return Promise.objects.get(words__contains="in due course")


def a_date(page, legend: str, day: str, month: str, year: str) -> None:
    group = page.get_by_role("group", name=legend)
    group.get_by_label("Day").fill(day)
    group.get_by_label("Month").fill(month)
    group.get_by_label("Year").fill(year)


def test_a_decision_with_a_mistake_is_mended(record, as_role, scripts):
    visitor = as_role(Role.CONTRACT_OFFICER, scripts=scripts)
    page = visitor.at("admin:decisions")
    visitor.follows("Record a decision")
    page.locator("#id_kind").select_option("urgency")
    page.get_by_label("Title", exact=True).fill("A settlement")
    page.locator("#id_body").select_option(label="Urgency Committee")
    a_date(page, "Date", "24", "5", "2023")
    page.get_by_label("What was decided or asked for").fill("A settlement is accepted.")
    page.locator("#id_outcome").select_option("agreed")
    page.locator("#id_votes_for").fill("0")
    page.locator("#id_contract").select_option(index=1)
    page.locator("#id_source").select_option(index=1)
    visitor.presses("Record the decision")
    visitor.sees("There is a problem", "Urgency Committee did not exist on 24 May 2023")
    assert page.get_by_label("Title", exact=True).input_value() == "A settlement"

    a_date(page, "Date", "23", "5", "2023")
    visitor.presses("Record the decision")
    visitor.sees("The decision is on the record.", "0 for", "Does not apply: Barnet had committees")
    assert Decision.objects.filter(title="A settlement").count() == 1


def test_a_promise_without_a_date_is_given_one_and_then_closed(mosaic, as_role, scripts):
    visitor = as_role(Role.CONTRACT_OFFICER, scripts=scripts)
    page = visitor.at("admin:promises", query="?due=dateless")
    visitor.follows("the findings will be reported")
    visitor.follows("Give it a date")
    page.locator("#id_reason").fill("The committee asked for one.")
    visitor.presses("Record the date")
    visitor.sees("There is a problem", "Enter a date, such as 25 7 2018.")
    a_date(page, "Due on", "29", "1", "2019")
    visitor.presses("Record the date")
    visitor.sees("The promise has a date.", "The date was given by", "29 January 2019", "overdue")

    visitor.follows("Say what became of it")
    page.get_by_label("Partly kept: done in part").check()
    page.get_by_label("What shows it").fill("A report was brought, without findings.")
    page.locator("#id_source").select_option(index=1)
    visitor.presses("Continue")
    visitor.sees("Nothing is recorded yet", "A report was brought, without findings.")
    visitor.presses("Record it")
    visitor.sees("The promise is closed.", "Partly kept", "Before: in due course")
    mosaic.refresh_from_db()
    assert mosaic.status == Promise.Status.PARTLY
    assert [each.kind for each in mosaic.changes.all()] == ["given", "closed"]


def test_nothing_typed_is_lost_when_the_session_ends(mosaic, as_role):
    visitor = as_role(Role.CONTRACT_OFFICER)
    page = visitor.at("admin:promise_reword", mosaic.pk)
    page.locator("#id_reason").fill("As the paper has it.")
    visitor.lose_session()
    visitor.presses("Record the words")
    assert visitor.path != f"/promises/{mosaic.pk}/"
    visitor.sees("Sign in")
    assert mosaic.changes.count() == 0


def test_the_dates_go_into_a_calendar_and_the_link_is_taken_back(record, as_role, scripts):
    visitor = as_role(Role.COUNCILLOR, scripts=scripts)
    page = visitor.at("admin:calendar")
    visitor.presses("Make a link")
    visitor.sees("It is shown this once")
    address = page.locator("main .bw-address a").get_attribute("href")
    answer = page.request.get(address)
    assert answer.text().startswith("BEGIN:VCALENDAR")
    visitor.presses("Take the link back")
    visitor.sees("The link is taken back.")
    assert page.request.get(address).status == 404
