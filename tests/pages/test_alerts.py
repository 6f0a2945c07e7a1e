"""Overruns: the list, the page of one, the sum behind it, and what officers say of it."""

import base64
import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from barnetwatch.lib import registers
from contracts.models import Contract, Recheck, Source
from costs import ledger, overruns, rechecks
from costs.models import AlertAcknowledgement, CostLine, OverrunAlert
from tests import factories
from tests.actors import as_role, signed_in, the_superuser

pytestmark = pytest.mark.django_db

NOW = factories.moment("2026-11-23 12:00")


@pytest.fixture
def csg():
    factories.the_shipped_thresholds()
    contract = factories.the_csg_record()
    overruns.check(contract, on=NOW.date(), at=NOW)
    Recheck.objects.all().delete()
    return contract


@pytest.fixture
def one_per_cent(csg) -> OverrunAlert:
    return OverrunAlert.objects.get(threshold__percentage=1)


@pytest.fixture
def councillor():
    return as_role(Role.COUNCILLOR)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def page(browser, name, *args, **query) -> str:
    answer = browser.get(reverse(f"admin:{name}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    return text_of(answer)


class TestTheList:
    def test_names_the_five_open_overruns_of_csg_with_their_sums_in_words(self, csg, councillor):
        html = page(councillor, "alerts")

        assert "<strong>5 overruns</strong>" in html
        assert html.count("£4,364,176.00") == 4
        assert (
            "At risk: £164,176 approved and £4,200,000 pledged, together £4,364,176, beside a "
            "contract of £320,000,000: 1.36%, over the 1% mark since July 2018." in html
        )

    def test_has_past_ones_after_the_open_ones_and_leaves_them_out_on_request(
        self, csg, councillor
    ):
        entry = csg.cost_lines.get(title__contains="delivery partner").entries.get()
        ledger.reverse(entry, reason="Wrong.", by=factories.the_officer())
        overruns.check(csg, on=NOW.date(), at=NOW)

        both = page(councillor, "alerts")
        assert both.index("Open") < both.index("Over on 23 November 2026")
        assert "<strong>5 overruns</strong>" in both
        assert "<strong>2 overruns</strong>" in page(councillor, "alerts", state="open")
        assert "<strong>3 overruns</strong>" in page(councillor, "alerts", state="past")

    @pytest.mark.parametrize(
        "column", ["contract", "severity", "total", "exceeded_on", "state", "noted"]
    )
    def test_sorts_by_each_column_both_ways(self, csg, councillor, column):
        rows = [
            councillor.get(reverse("admin:alerts"), {"sort": sort}).context["table"].rows
            for sort in (column, f"-{column}")
        ]
        assert len(rows[0]) == len(rows[1]) == 5

    def test_asks_as_much_for_fifty_as_for_one(
        self, csg, councillor, django_assert_max_num_queries
    ):
        with django_assert_max_num_queries(12) as few:
            page(councillor, "alerts", state="past")
        with django_assert_max_num_queries(12) as many:
            page(councillor, "alerts")
        assert len(few) == len(many)

    def test_goes_out_as_a_file(self, csg, councillor):
        answer = councillor.get(reverse("admin:alerts"), {"export": "csv", "measure": "firm"})

        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
        assert len(lines) == 2
        assert "164176.00" in lines[1]


class TestOneOverrun:
    def test_says_what_took_it_above_and_since_when(self, one_per_cent, councillor):
        html = page(councillor, "alert", one_per_cent.pk)

        assert "over the 1% mark since July 2018" in html
        assert "£4,200,000 pledged, July" in html
        assert "No officer has acknowledged it yet." in html
        assert reverse("admin:alert_sum", args=[one_per_cent.pk]) in html

    def test_offers_to_acknowledge_to_officers_alone(self, one_per_cent, councillor):
        there = reverse("admin:alert_acknowledge", args=[one_per_cent.pk])

        assert there not in page(councillor, "alert", one_per_cent.pk)
        assert councillor.get(there).status_code == 403
        assert there in page(as_role(Role.FINANCE_OFFICER), "alert", one_per_cent.pk)

    def test_tells_that_a_check_waits(self, one_per_cent, councillor):
        assert "are being checked" not in page(councillor, "alert", one_per_cent.pk)
        Recheck.objects.create(contract=one_per_cent.contract)
        assert "are being checked" in page(councillor, "alert", one_per_cent.pk)

    def test_shows_how_since_when_was_put_right_and_other_times(self, councillor):
        factories.a_threshold("firm", 100_000)
        contract = factories.a_contract(award=320_000_000)
        line = factories.a_line(contract)
        first = factories.post(line, "approved", 150_000, "2018-02-10")
        overruns.check(contract, on=dt.date(2018, 3, 1), at=factories.moment("2018-03-01 09:00"))
        factories.post(line, "approved", 120_000, "2018-01-05")
        overruns.check(contract, on=dt.date(2018, 3, 2), at=factories.moment("2018-03-02 09:00"))
        alert = OverrunAlert.objects.get()

        html = page(councillor, "alert", alert.pk)
        assert "2 March 2018: since 5 January 2018, not 10 February 2018" in html

        for entry in (first, line.entries.get(amount=Decimal(120_000))):
            ledger.reverse(entry, reason="Wrong.", by=factories.the_officer())
        overruns.check(contract, on=dt.date(2018, 3, 3), at=factories.moment("2018-03-03 09:00"))
        factories.post(line, "approved", 200_000, "2018-03-04")
        overruns.check(contract, on=dt.date(2018, 3, 5), at=factories.moment("2018-03-05 09:00"))
        again = OverrunAlert.objects.standing().get()
        html = page(councillor, "alert", again.pk)
        assert "Other times over the same mark" in html
        assert "Over on 3 March 2018" in html

    def test_asks_at_most_a_register_s_worth_of_questions(
        self, one_per_cent, councillor, django_assert_max_num_queries
    ):
        with django_assert_max_num_queries(14):
            page(councillor, "alert", one_per_cent.pk)


class TestAcknowledging:
    @pytest.fixture
    def officer(self):
        return as_role(Role.FINANCE_OFFICER)

    def send(self, officer, alert, **fields):
        there = reverse("admin:alert_acknowledge", args=[alert.pk])
        return officer.post(there, {"token": "t1", **fields}, follow=True)

    def test_a_note_stands_beside_the_overrun_with_its_writer(self, one_per_cent, officer):
        html = text_of(self.send(officer, one_per_cent, note="Audit looks into it."))

        assert "Your note stands beside the overrun." in html
        assert "Audit looks into it." in html
        assert "The finance officer" in html

    def test_an_empty_note_is_refused_with_the_remedy(self, one_per_cent, officer):
        html = text_of(self.send(officer, one_per_cent, note="  "))

        assert '<a href="#id_note">Say what is being done about it' in html
        assert "<title>Error: " in html
        assert not AlertAcknowledgement.objects.exists()

    def test_a_page_sent_twice_notes_once(self, one_per_cent, officer):
        self.send(officer, one_per_cent, note="Seen.")
        html = text_of(self.send(officer, one_per_cent, note="Seen."))

        assert "sent before" in html
        assert AlertAcknowledgement.objects.count() == 1

    def test_what_was_typed_outlives_the_session(self, one_per_cent, officer):
        there = reverse("admin:alert_acknowledge", args=[one_per_cent.pk])
        officer.get(there)
        officer.logout()
        answer = officer.post(there, {"note": "Audit looks into it."})
        assert answer.status_code == 403
        assert 'name="kept"' in text_of(answer)

    def test_of_an_overrun_that_is_over_there_is_nothing_to_acknowledge(
        self, one_per_cent, officer
    ):
        OverrunAlert.objects.filter(pk=one_per_cent.pk).update(
            cleared_at=NOW, ending=OverrunAlert.Ending.BACK
        )
        assert "there is nothing to acknowledge" in text_of(
            self.send(officer, one_per_cent, note="x")
        )


class TestTheSum:
    def test_is_every_entry_with_its_source_and_comes_to_the_total(self, one_per_cent, councillor):
        answer = councillor.get(reverse("admin:alert_sum", args=[one_per_cent.pk]))

        html = text_of(answer)
        assert answer.context["measure"].amount == one_per_cent.total_now
        assert sum(part.adds for part in answer.context["parts"]) == one_per_cent.total_now
        assert "It adds £4,200,000: £4,200,000 pledged." in html
        assert "It adds £164,176: £164,176 approved." in html
        for source in Source.objects.filter(
            pk__in=one_per_cent.contract.cost_lines.values("source")
        ):
            assert source.title in html

    def test_counts_one_cost_at_several_statuses_once(self, councillor):
        factories.a_threshold("at_risk", 100_000)
        contract = factories.a_contract(award=320_000_000)
        line = factories.a_line(contract)
        for stage, amount in (
            ("pledged", 4_200_000),
            ("approved", 3_000_000),
            ("credited", 500_000),
        ):
            factories.post(line, stage, amount, "2018-01-05")
        overruns.check(contract, on=NOW.date(), at=NOW)
        alert = OverrunAlert.objects.get()

        html = page(councillor, "alert_sum", alert.pk)
        assert "It adds £3,700,000: £2,500,000 approved and £1,200,000 pledged." in html
        assert "counts once, at the largest of its sums" in html
        assert "£500,000 that was credited or recovered is taken off." in html

    def test_says_when_a_total_moved_since_the_last_check(self, one_per_cent, councillor):
        line = one_per_cent.contract.cost_lines.get(title__contains="delivery partner")
        factories.post(line, "pledged", 1_000_000, "2018-08-01")

        html = page(councillor, "alert_sum", one_per_cent.pk)
        assert "A total moved since the last check" in html
        assert "£5,364,176.00" in html

    def test_asks_as_much_for_many_entries_as_for_few(self, one_per_cent, councillor):

        def asked():
            with CaptureQueriesContext(connection) as found:
                page(councillor, "alert_sum", one_per_cent.pk)
            return len(found)

        few = asked()
        for n in range(30):
            line = factories.a_line(one_per_cent.contract)
            factories.post(line, "approved", 1_000 + n, "2018-08-01")
        assert asked() == few <= 14


class TestWhatSomebodyMayNotSee:
    @pytest.fixture
    def restricted(self, csg):
        """A line beside the contract that only the cleared may see, taking firm over £500,000."""
        line = factories.a_line(csg, "Secret advice", **factories.exempt(5))
        factories.post(line, "approved", 600_000, "2018-09-01", stated_by="Secret adviser")
        overruns.check(csg, on=NOW.date(), at=NOW)
        Recheck.objects.all().delete()
        return line

    def test_an_overrun_on_restricted_rows_is_absent(self, restricted, councillor):
        alert = OverrunAlert.all_rows.get(basis="all", threshold__measure="firm")

        assert "<strong>5 overruns</strong>" in page(councillor, "alerts")
        for browser in (councillor, signed_in(the_superuser())):
            for name in ("alert", "alert_sum", "alert_acknowledge"):
                answer = browser.get(reverse(f"admin:{name}", args=[alert.pk]))
                assert answer.status_code in (403, 404)
                assert b"ecret" not in answer.content

    def test_who_is_cleared_reads_it_with_its_sum(self, restricted):
        cleared = factories.a_person("Cleared", Role.FINANCE_OFFICER, cleared=(5,))
        alert = OverrunAlert.all_rows.get(basis="all", threshold__measure="firm")

        html = page(signed_in(cleared), "alert_sum", alert.pk)
        assert "Secret advice" in html
        assert "£764,176.00" in html

    def test_a_public_overrun_s_sum_has_open_lines_only_even_for_the_cleared(self, restricted):
        cleared = factories.a_person("Cleared", Role.FINANCE_OFFICER, cleared=(5,))
        alert = OverrunAlert.objects.get(threshold__percentage=1)

        assert "Secret" not in page(signed_in(cleared), "alert_sum", alert.pk)

    def test_a_past_overrun_keeps_no_sum_that_rests_on_what_was_restricted_since(
        self, csg, councillor
    ):
        line = csg.cost_lines.get(title__contains="delivery partner")
        CostLine.all_rows.filter(pk=line.pk).update(**factories.exempt(5))
        Recheck.objects.create(contract=csg)
        alert = OverrunAlert.objects.get(threshold__percentage=1)
        standing = page(councillor, "alert", alert.pk)
        overruns.check(csg, on=NOW.date(), at=NOW)
        alert.refresh_from_db()
        assert alert.cleared_at

        for html in (standing, page(councillor, "alert", alert.pk), page(councillor, "alerts")):
            assert "4,364,176" not in html
            assert "4,200,000" not in html
        assert "Over the 1% mark" in standing

    def test_a_sum_that_is_not_shown_neither_sorts_the_list_nor_stands_in_its_address(
        self, councillor, monkeypatch
    ):
        monkeypatch.setattr(registers, "PER_PAGE", 1)
        factories.a_threshold("firm", 100_000)
        for name, amount in (("LARGE", 900_000), ("SMALL", 200_000)):
            contract = factories.a_contract(name, award=320_000_000)
            line = factories.a_line(contract)
            factories.post(line, "approved", amount, "2018-01-05")
            overruns.check(contract, on=NOW.date(), at=NOW)
        CostLine.all_rows.filter(contract__reference="LARGE").update(**factories.exempt(5))
        overruns.check(Contract.objects.get(reference="LARGE"), on=NOW.date(), at=NOW)

        for sort in ("total", "-total"):
            first = councillor.get(reverse("admin:alerts"), {"sort": sort}).context["page"]
            assert [row.contract.reference for row in first.rows] == ["SMALL"]
            rest = {"sort": sort, "after": first.after}
            last = councillor.get(reverse("admin:alerts"), rest).context["page"]
            assert [row.contract.reference for row in last.rows] == ["LARGE"]
            back = base64.urlsafe_b64decode(last.before + "=" * (-len(last.before) % 4))
            assert b"900000" not in back

    def test_the_back_office_gives_no_sum_away_either(self, csg, councillor):
        line = csg.cost_lines.get(title__contains="delivery partner")
        CostLine.all_rows.filter(pk=line.pk).update(**factories.exempt(5))
        overruns.check(csg, on=NOW.date(), at=NOW)
        alert = OverrunAlert.objects.get(threshold__percentage=1)
        register = reverse("admin:costs_overrunalert_changelist")

        for there in (
            register,
            f"{register}?q=4%2C364",
            reverse("admin:costs_overrunalert_change", args=[alert.pk]),
        ):
            html = text_of(councillor.get(there))
            assert "4,364,176" not in html
            assert "4,200,000" not in html
        assert "0 overrun alerts" in text_of(councillor.get(f"{register}?q=pledged"))

    def test_a_source_that_is_restricted_is_not_named(self, one_per_cent, councillor):
        Source.all_rows.filter(pk__in=one_per_cent.contract.cost_lines.values("source")).update(
            **factories.exempt(5)
        )
        titles = Source.all_rows.values_list("title", flat=True)

        html = page(councillor, "alert_sum", one_per_cent.pk)
        assert "not given" in html
        assert not [title for title in titles if title in html]


def test_a_posting_raises_the_overrun_that_the_list_then_names(councillor):
    factories.a_threshold("firm", 100_000)
    contract = factories.a_contract("NEW", award=320_000_000)
    factories.post(factories.a_line(contract), "approved", 100_001, "2018-01-05")
    assert "<strong>0 overruns</strong>" in page(councillor, "alerts")

    rechecks.sweep(timezone.now())

    assert "£100,000 mark since 5 January 2018" in page(councillor, "alerts")
    assert User.objects.exists()
