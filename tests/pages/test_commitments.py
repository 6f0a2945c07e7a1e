"""Commitments on the site: who measures what, what is breached now, and service credits."""

import re
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Role
from barnetwatch.pages.commitments.summary import percentage
from contracts import crediting, register
from contracts.models import Commitment, Measurement, Service, ServiceCredit
from costs import crediting as receiving
from costs.models import CreditReceived
from costs.positions import position
from tests import factories
from tests.actors import as_role, signed_in
from tests.factories import day

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_was_sent_before():
    cache.clear()


@pytest.fixture
def csg(db):
    return factories.a_contract("CSG", award=320_000_000)


@pytest.fixture
def browser(db):
    return as_role(Role.CONTRACT_OFFICER)


@pytest.fixture
def councillor(db):
    return as_role(Role.COUNCILLOR)


def a_commitment(contract, title="Recovery", **fields) -> Commitment:
    given = {
        "contract": contract,
        "title": title,
        "tier": "silver",
        "measure": "rto",
        "target": 48,
        "unit": "hours",
        "source": factories.a_source(),
        **fields,
    }
    return Commitment.objects.create(**given)


def measure(commitment, value=None, on=None, **fields) -> Measurement:
    given = {
        "how": "declared",
        "said_by": "Capita",
        "source": commitment.source,
        "by": factories.the_officer(),
        "value": None if value is None else Decimal(value),
        "measured_on": on and day(on),
        **fields,
    }
    return register.measure(commitment, **given)


def a_credit(commitment, amount, step="due", **fields) -> ServiceCredit:
    given = {"stated_by": "The council", "source": commitment.source}
    return crediting.credit(
        commitment,
        step=step,
        amount=Decimal(amount),
        by=factories.the_officer(),
        **{**given, **fields},
    )


def at(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


def text_of(answer) -> str:
    html = answer.content.decode().partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def rows(browser, query: str = "") -> list:
    return list(browser.get(at("commitments") + query).context["table"].data)


class TestTheRegister:
    def test_ranks_what_was_lost_worst_and_never_measured_last(self, csg, councillor):
        for title, value, fields in (
            ("Met", 48, {}),
            ("Twice", 96, {}),
            ("Lost", None, {"not_recoverable": True}),
            ("Not known", None, {}),
        ):
            measure(a_commitment(csg, title), value, "2016-04-19", **fields)
        a_commitment(csg, "Never")
        found = [(row.title, row.standing, row.size_words) for row in rows(councillor)]
        assert found == [
            ("Lost", "breached", "Not recoverable"),
            ("Twice", "breached", "+48 hours, ×2.0"),
            ("Met", "met", ""),
            ("Not known", "unknown", ""),
            ("Never", "never", ""),
        ]
        undated = a_commitment(csg, "Undated")
        measure(undated, 96)
        said = text_of(councillor.get(at("commitments")))
        assert "date not known 96 hours Breached" in said
        assert "never Never measured" in said
        assert "19 April 2016 Not recoverable Breached" in said

    def test_says_since_when_an_unbroken_run_of_breaches_lasts(self, csg, councillor):
        due = a_commitment(csg)
        for value, on in (
            (96, "2016-01-01"),
            (40, "2016-02-01"),
            (60, "2016-03-01"),
            (72, "2016-04-01"),
        ):
            measure(due, value, on)
        [row] = rows(councillor)
        assert (row.since_words, row.size_words) == ("1 March 2016", "+24 hours, ×1.5")
        assert "1 April 2016" in text_of(councillor.get(at("commitments")))

    def test_filters(self, csg, councillor):
        service = Service.objects.create(contract=csg, name="IT")
        measure(a_commitment(csg, "Breached", service=service, measured_by="supplier"), 96)
        a_commitment(csg, "Never", tier="bronze", measured_by="nobody")
        measure(a_commitment(factories.a_contract("DRS"), "Met", note="Monthly"), 1)
        for query, found in (
            ("standing=breached", {"Breached"}),
            ("standing=never", {"Never"}),
            ("measured_by=nobody", {"Never"}),
            ("tier=Bronze", {"Never"}),
            (f"service={service.pk}", {"Breached"}),
            (f"contract={csg.pk}", {"Breached", "Never"}),
            ("q=monthly", {"Met"}),
        ):
            assert {row.title for row in rows(councillor, f"?{query}")} == found, query

    def test_says_who_measures_in_a_sentence_and_a_table(self, csg, councillor):
        for number, measurer in enumerate(("supplier", "supplier", "audit", "nobody", "unknown")):
            a_commitment(csg, f"No {number}", measured_by=measurer)
        page = councillor.get(at("commitments"))
        assert page.context["summary"].sentence == (
            "Of 5 commitments, these are measured: 2 by the supplier itself (40%), 1 by internal "
            "audit (20%) and 1 by nobody (20%). Of 1 the record does not say (20%)."
        )
        shares = {row.label: (row.count, row.never) for row in page.context["summary"].shares}
        assert shares["The supplier itself"] == (2, 2)
        assert shares["The council"] == (0, 0)

    def test_says_so_where_the_record_does_not_say_who_measures(self, csg, councillor):
        a_commitment(csg)
        sentence = councillor.get(at("commitments")).context["summary"].sentence
        assert sentence == "Of 1 commitment, the record says of none who measures it."

    def test_leaves_out_what_a_person_may_not_see(self, csg, councillor):
        hidden = a_commitment(factories.a_contract("SECRET", **factories.exempt(5)))
        page = councillor.get(at("commitments"))
        assert "SECRET" not in page.content.decode()
        assert page.context["summary"] is None
        assert councillor.get(at("commitment", hidden.pk)).status_code == 404

    @pytest.mark.parametrize("query", ["", "?standing=breached"])
    def test_asks_as_much_for_fifty_as_for_one(
        self, csg, councillor, query, django_assert_max_num_queries
    ):
        def more(number: int) -> None:
            measure(a_commitment(csg, f"No {number}"), 96, source=factories.a_source())

        more(0)
        councillor.get(at("commitments"))
        with django_assert_max_num_queries(12) as one:
            councillor.get(at("commitments") + query)
        for number in range(1, 51):
            more(number)
        with django_assert_max_num_queries(12) as fifty:
            councillor.get(at("commitments") + query)
        assert len(one) == len(fifty)


@pytest.mark.parametrize(
    ("count", "total", "said"),
    [(0, 3, "0%"), (3, 3, "100%"), (1, 3, "33%"), (2, 3, "67%"), (1, 999, "1%"), (998, 999, "99%")],
)
def test_a_share_is_never_nothing_of_something_nor_all_of_less(count, total, said):
    assert percentage(count, total) == said


class TestOneCommitment:
    def test_shows_its_measurements_over_time_with_their_sources(self, csg, councillor):
        due = a_commitment(csg)
        measure(due, 40, "2016-01-01", source=factories.a_source("First test"))
        measure(due, 96, "2016-04-19", note="No day is given.")
        said = text_of(councillor.get(due.get_absolute_url()))
        assert "At most 48 hours. Last found: 96 hours (+48 hours, ×2.0), 19 April 2016." in said
        assert said.index("1 January 2016") < said.index("19 April 2016 96 hours Breach")
        assert "First test" in said
        assert "No day is given." in said

    def test_says_that_nobody_measured_it(self, csg, councillor):
        said = text_of(councillor.get(a_commitment(csg).get_absolute_url()))
        assert "Nothing on the record says that anybody measured it." in said

    def test_keeps_what_is_due_claimed_and_received_apart(self, csg, councillor):
        due = a_commitment(csg)
        before = position(csg, day("2026-01-01"))
        wrong = a_credit(due, 500, period="first quarter of 2016/17")
        a_credit(due, 400, replaces=wrong)
        a_credit(due, 300, step="claimed")
        assert position(csg, day("2026-01-01")) == before
        line = factories.a_line(csg, kind="service_credit")
        kept = factories.post(line, "credited", 100, "2018-01-01")
        gone = factories.post(line, "credited", 50, "2018-01-02")
        for entry in (kept, gone):
            receiving.receive(due, entry, by=factories.the_officer())
        factories.reverse(gone)
        page = councillor.get(due.get_absolute_url())
        assert [amount for _label, amount in page.context["credits"].rows] == [400, 300, 100]
        assert "£500.00 due under the contract, first quarter of 2016/17" in text_of(page)
        assert "another row took its place" in text_of(page)
        contract = councillor.get(csg.get_absolute_url())
        assert [amount for _label, amount in contract.context["credits"].rows] == [400, 300, 100]

    def test_leaves_out_a_credited_entry_that_a_person_may_not_see(self, csg, councillor):
        due = a_commitment(csg)
        line = factories.a_line(csg, kind="service_credit", **factories.exempt(5))
        entry = factories.post(line, "credited", 100, "2018-01-01")
        receiving.receive(due, entry, by=factories.the_officer())
        page = councillor.get(due.get_absolute_url())
        assert page.context["credits"].received == 0
        assert page.context["received"] == []

    def test_asks_as_much_for_many_measurements_as_for_one(
        self, csg, councillor, django_assert_max_num_queries
    ):
        due = a_commitment(csg)
        line = factories.a_line(csg, kind="service_credit")

        def more() -> None:
            measure(due, 96, source=factories.a_source())
            a_credit(due, 400, replaces=a_credit(due, 500, source=factories.a_source()))
            entry = factories.post(line, "credited", 1, "2018-01-01")
            receiving.receive(due, entry, by=factories.the_officer())

        more()
        councillor.get(due.get_absolute_url())
        with django_assert_max_num_queries(20) as one:
            councillor.get(due.get_absolute_url())
        for _ in range(10):
            more()
        with django_assert_max_num_queries(20) as many:
            councillor.get(due.get_absolute_url())
        assert len(one) == len(many)


class TestRecording:
    def sent(self, due, **changed) -> dict:
        return {
            "found": "value",
            "value": "96",
            "how": "declared",
            "said_by": "Capita representative",
            "source": due.source_id,
            **changed,
        }

    def test_a_measurement(self, csg, browser):
        due = a_commitment(csg)
        page = at("commitment_measure", due.pk)
        dated = {"measured_month": "7", "measured_year": "2016", "year_inferred": "on"}
        assert browser.post(page, self.sent(due, **dated)).url == due.get_absolute_url()
        row = Measurement.objects.get()
        assert (row.value, str(row.measured), row.how) == (96, "July [2016]", "declared")

    @pytest.mark.parametrize(
        ("found", "lost", "value"), [("lost", True, None), ("unknown", False, None)]
    )
    def test_what_has_no_figure(self, csg, browser, found, lost, value):
        due = a_commitment(csg)
        browser.post(at("commitment_measure", due.pk), self.sent(due, found=found, value=""))
        row = Measurement.objects.get()
        assert (row.not_recoverable, row.value) == (lost, value)

    @pytest.mark.parametrize(
        ("changed", "field", "said"),
        [
            ({"value": ""}, "value", "Enter the figure that was found."),
            ({"found": "lost"}, "value", "Empty the figure"),
            ({"value": "many"}, "value", "Enter the figure as a number, such as 96."),
            ({"value": "-1"}, "value", "A measured value is not negative."),
            ({"value": "1.005"}, "value", "at most two decimal places"),
            ({"value": "1" * 13}, "value", "at most 12 digits"),
            ({"value": "NaN"}, "value", "Enter the figure as a number"),
            ({"found": ""}, "found", "Choose what was found."),
            ({"said_by": ""}, "said_by", "Say who measured it or says so."),
        ],
    )
    def test_a_mistake_is_named(self, csg, browser, changed, field, said):
        due = a_commitment(csg)
        answer = browser.post(at("commitment_measure", due.pk), self.sent(due, **changed))
        assert said in " ".join(answer.context["form"].errors[field])
        assert not Measurement.objects.exists()

    def test_a_service_credit_and_the_row_it_takes_the_place_of(self, csg, browser):
        due = a_commitment(csg)
        breach = measure(due, 96)
        page = at("commitment_credit", due.pk)
        sent = {
            "step": "due",
            "amount": "£500",
            "stated_by": "The contract",
            "source": due.source_id,
            "measurement": breach.pk,
        }
        assert browser.post(page, {**sent, "amount": ""}).context["form"].errors
        browser.post(page, sent)
        first = ServiceCredit.objects.get()
        nothing = browser.post(page, {**sent, "amount": "0"})
        assert "more than nothing" in text_of(nothing)
        browser.post(page, {**sent, "amount": "400", "replaces": first.pk})
        assert ServiceCredit.objects.standing().get().amount == 400

    def test_a_credit_received_by_a_finance_officer(self, csg):
        due = a_commitment(csg)
        line = factories.a_line(csg, kind="service_credit")
        entry = factories.post(line, "credited", 100, "2018-01-01")
        factories.post(factories.a_line(csg), "credited", 7, "2018-01-01")
        browser = as_role(Role.FINANCE_OFFICER)
        page = at("commitment_received", due.pk)
        offered = browser.get(page).context["form"].fields["entry"].queryset
        assert list(offered) == [entry]
        assert browser.post(page, {}).context["form"].errors
        browser.post(page, {"entry": entry.pk})
        assert CreditReceived.objects.get().commitment == due

    @pytest.mark.parametrize(
        ("role", "may"),
        [
            (Role.COUNCILLOR, set()),
            (Role.AUDITOR, set()),
            (Role.INCIDENT_OFFICER, set()),
            (Role.CONTRACT_OFFICER, {"measure", "credit"}),
            (Role.FINANCE_OFFICER, {"received"}),
        ],
    )
    def test_is_for_those_whose_work_it_is(self, csg, role, may):
        due = a_commitment(csg)
        browser = signed_in(factories.a_person("Somebody", role))
        for name in ("measure", "credit", "received"):
            expected = 200 if name in may else 403
            assert browser.get(at(f"commitment_{name}", due.pk)).status_code == expected
