"""position, checkoverruns and verifyledger: what they print, and what they refuse."""

import datetime as dt
import json
import sys
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from django.db import connection
from django.utils import timezone

from barnetwatch.lib import appendonly
from contracts.models import Recheck, RecheckLease
from costs import ledger, rechecks, seals
from costs.models import CostEntry, LedgerSeal, OverrunAlert, RunningTotal, StageTotal
from tests.factories import (
    CONFIDENTIAL,
    a_contract,
    a_line,
    a_threshold,
    exempt,
    moment,
    post,
    reverse,
    the_csg_record,
    the_shipped_thresholds,
)

pytestmark = pytest.mark.django_db


def told(*arguments: str) -> str:
    """What a command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def as_json(*arguments: str):
    return json.loads(told(*arguments, "--json"))


def refused(*arguments: str) -> tuple[str, int]:
    """The sentence and the exit code of a command that refuses; nothing is written."""
    before = Recheck.objects.count()
    with pytest.raises(CommandError) as refusal:
        told(*arguments)
    assert Recheck.objects.count() == before
    return str(refusal.value), refusal.value.returncode


class TestPosition:
    def test_of_csg_on_1_october_2018_for_programs(self):
        the_shipped_thresholds()
        the_csg_record()
        found = as_json("position", "CSG", "--on", "2018-10-01")
        assert (found["contract"], found["on"], found["known_on"]) == ("CSG", "2018-10-01", None)
        firm, at_risk = found["measures"]["firm"], found["measures"]["at_risk"]
        assert firm == {
            "total": "164176.00",
            "split": {"approved": "164176.00"},
            "baseline": "320000000.00",
            "percentage": "0.05",
            "exceeded": [{"amount": "100000.00", "percentage": None, "severity": "medium"}],
            "in_words": "Firm: £164,176 approved beside a contract of £320,000,000: 0.05%",
        }
        assert at_risk["total"] == "4364176.00"
        assert at_risk["split"] == {"approved": "164176.00", "pledged": "4200000.00"}
        assert (at_risk["baseline"], at_risk["percentage"]) == ("320000000.00", "1.36")
        marks = [mark["amount"] or mark["percentage"] for mark in at_risk["exceeded"]]
        assert marks == ["100000.00", "500000.00", "1000000.00", "1.00"]
        assert found["measures"]["over_plan"]["total"] is None

    def test_of_csg_on_1_october_2018_for_people(self):
        the_shipped_thresholds()
        the_csg_record()
        lines = told("position", "CSG", "--on", "2018-10-01").splitlines()
        assert lines[0] == "CSG: Customer and Support Group, on 1 October 2018"
        assert "Firm: £164,176 approved beside a contract of £320,000,000: 0.05%" in lines
        assert "  over 1% (low)" in lines
        assert "payments over plan: no payments imported" in lines
        [row] = [line.split() for line in lines if line.startswith("Mosaic")]
        assert row[-3:] == ["£0.00", "£4,200,000.00", "£0.00"]

    def test_as_known_on_a_day(self):
        line = a_line(a_contract("CSG"))
        post(line, "approved", 100, "2018-01-01", at=moment("2018-06-01"))
        before = as_json("position", "CSG", "--on", "2018-12-31", "--known-on", "2018-05-31")
        assert (before["measures"]["firm"]["total"], before["lines"]) == ("0.00", [])
        after = as_json("position", "CSG", "--on", "2018-12-31", "--known-on", "2018-06-01")
        assert after["measures"]["firm"]["total"] == "100.00"
        words = told("position", "CSG", "--on", "2018-12-31", "--known-on", "2018-06-01")
        assert "on 31 December 2018, as known on 1 June 2018" in words

    def test_is_of_today_unless_a_day_is_given(self):
        a_contract("CSG")
        assert as_json("position", "CSG")["on"] == timezone.localdate().isoformat()

    def test_lists_what_is_in_no_measure_apart(self):
        contract = a_contract("CSG")
        post(a_line(contract, "Settlement", kind="settlement"), "paid", 5, "2018-01-01")
        found = as_json("position", "CSG", "--on", "2018-12-31")
        assert found["measures"]["firm"]["total"] == "0.00"
        assert [line["line"] for line in found["in_no_measure"]] == ["Settlement"]
        assert "In no measure" in told("position", "CSG", "--on", "2018-12-31")

    def test_shows_open_rows_only(self):
        contract = a_contract("CSG")
        post(a_line(contract, "Hidden one", **exempt(3)), "paid", 5, "2018-01-01")
        text = told("position", "CSG", "--on", "2018-12-31")
        assert "Hidden one" not in text
        assert as_json("position", "CSG")["measures"]["firm"]["total"] == "0.00"

    @pytest.mark.parametrize("on", ["0001-01-01", "9999-12-31"])
    def test_answers_for_the_ends_of_the_calendar(self, on):
        contract = a_contract("CSG")
        post(a_line(contract), "paid", 5, "2018-01-01")
        total = as_json("position", "CSG", "--on", on)["measures"]["firm"]["total"]
        known = as_json("position", "CSG", "--known-on", on)["measures"]["firm"]["total"]
        assert total == known == ("0.00" if on < "2018" else "5.00")

    @pytest.mark.parametrize("reference", ["DRS", "csg", "", "%", "CSG "])
    def test_refuses_a_reference_it_does_not_know(self, reference):
        a_contract("CSG")
        sentence, code = refused("position", reference)
        assert sentence.startswith(f"There is no contract “{reference}”")
        assert code == 2

    def test_refuses_a_hidden_contract_as_one_it_does_not_know(self):
        a_contract("HIDDEN", **CONFIDENTIAL)
        assert refused("position", "HIDDEN") == (
            refused("position", "NOSUCH")[0].replace("NOSUCH", "HIDDEN"),
            2,
        )

    @pytest.mark.parametrize("option", ["--on", "--known-on"])
    @pytest.mark.parametrize("text", ["2018-02-30", "1 October 2018", "2018-10", "tomorrow", ""])
    def test_refuses_what_is_no_date(self, option, text):
        a_contract("CSG")
        sentence, code = refused("position", "CSG", option, text)
        assert "is not a date. Write it as year-month-day, such as 2018-10-01." in sentence
        assert code == 2

    def test_leaves_with_2_and_one_line_on_standard_error(self, capsys, monkeypatch):
        monkeypatch.setattr(sys, "argv", ["manage.py", "position", "NOSUCH"])
        with pytest.raises(SystemExit) as leaving:
            execute_from_command_line(sys.argv)
        printed = capsys.readouterr()
        assert leaving.value.code == 2
        assert (printed.out, printed.err.count("\n")) == ("", 1)
        assert "There is no contract “NOSUCH”" in printed.err


class TestCheckOverruns:
    def test_checks_all_and_says_what_was_raised(self):
        the_shipped_thresholds()
        the_csg_record()
        a_contract("DRS")
        text = told("checkoverruns")
        assert text.count("Raised: CSG. ") == 5
        assert (
            "Raised: CSG. At risk: £164,176 approved and £4,200,000 pledged, together £4,364,176, "
            "beside a contract of £320,000,000: 1.36%, over the 1% mark since July 2018." in text
        )
        assert "Contracts checked: 2. Alerts: raised 5, cleared 0, revised 0." in text
        assert Recheck.objects.count() == 0
        assert "raised 0, cleared 0, revised 0" in told("checkoverruns")

    def test_says_what_was_cleared_and_revised_for_programs(self):
        a_threshold("firm", 100)
        a_threshold("firm", 500)
        line = a_line(a_contract("CSG"))
        post(line, "approved", 200, "2018-02-01")
        post(line, "approved", 400, "2018-03-01")
        assert len(as_json("checkoverruns")["raised"]) == 2
        post(line, "approved", 50, "2018-01-01")
        post(line, "approved", 100, "2018-01-02")
        post(line, "approved", -300, "2018-04-01")
        found = as_json("checkoverruns", "CSG")
        assert (found["checked"], found["left"], found["raised"]) == (1, 0, [])
        assert [alert["mark"] for alert in found["cleared"]] == ["£500"]
        assert found["cleared"][0]["ending"] == "back"
        [revised] = found["revised"]
        assert (revised["mark"], revised["since"]) == ("£100", "2 January 2018")
        assert revised["total"] == "450.00"

    def test_of_one_contract_tells_of_that_one(self):
        a_threshold("firm", 100)
        for reference in ("CSG", "DRS"):
            post(a_line(a_contract(reference)), "approved", 200, "2018-02-01")
        found = as_json("checkoverruns", "CSG")
        assert [alert["contract"] for alert in found["raised"]] == ["CSG"]
        assert found["checked"] == 1

    def test_checks_restricted_contracts_and_tells_of_open_ones(self):
        a_threshold("firm", 100)
        hidden = a_contract("HIDDEN", **exempt(3))
        partly = a_contract("CSG")
        post(a_line(hidden), "approved", 200, "2018-02-01")
        post(a_line(partly, **exempt(3)), "approved", 200, "2018-02-01")
        assert as_json("checkoverruns") == {
            "checked": 1,
            "left": 0,
            "raised": [],
            "cleared": [],
            "revised": [],
        }
        assert OverrunAlert.all_rows.count() == 2
        assert "HIDDEN" not in told("checkoverruns")

    def test_says_when_a_worker_has_the_contract(self):
        contract = a_contract("CSG")
        rechecks.claim(contract, timezone.now())
        assert "left to a worker that is checking them now: 1" in told("checkoverruns", "CSG")
        RecheckLease.objects.update(held_until=None)
        assert "left" not in told("checkoverruns", "CSG")

    def test_refuses_a_reference_it_does_not_know(self):
        a_contract("HIDDEN", **CONFIDENTIAL)
        for reference in ("NOSUCH", "HIDDEN"):
            sentence, code = refused("checkoverruns", reference)
            assert (f"There is no contract “{reference}”" in sentence, code) == (True, 2)


class TestVerifyLedger:
    @pytest.fixture
    def entry(self) -> CostEntry:
        """A pledge known to the month, and another that was reversed."""
        line = a_line(a_contract("CSG"))
        reverse(post(line, "pledged", 500, "2018-05-01"))
        return post(line, "pledged", 100, "2018-07-01", precision="month")

    def test_says_that_all_is_well_with_counts(self, entry):
        text = told("verifyledger")
        assert text.startswith("The ledger is as it was written")
        assert "Of them open to all: lines 1, entries 3, reversals 1." in text

    def test_says_so_of_an_empty_ledger(self):
        assert "lines 0, entries 0, reversals 0" in told("verifyledger")

    def test_counts_open_rows_only(self, entry):
        post(a_line(entry.line.contract, **exempt(3)), "paid", 5, "2018-01-01")
        assert "lines 1, entries 3" in told("verifyledger")

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"amount": Decimal(-499)}, "is no mirror image of entry .*: amount"),
            ({"effective_on": "2018-05-02"}, "is no mirror image of entry .*: effective_on"),
            ({"precision": "month"}, "is no mirror image of entry .*: precision"),
            ({"stage": "approved"}, "is no mirror image of entry .*: stage"),
        ],
    )
    def test_finds_a_reversal_that_is_no_mirror_image(self, entry, change, says):
        mirror = CostEntry.objects.get(reverses__isnull=False)
        self.spoil(mirror, **change)
        with pytest.raises(CommandError, match=says) as refusal:
            told("verifyledger")
        assert refusal.value.returncode == 1
        assert f"Entry {mirror.pk}" in str(refusal.value)

    def spoil(self, entry: CostEntry, **change: object) -> None:
        """Change a row past the guards, and the seals and stored totals with it."""
        with appendonly.lifted(connection):
            CostEntry.all_rows.filter(pk=entry.pk).update(**change)
            LedgerSeal.all_rows.all().delete()
            seals.seal_all(CostEntry.all_rows, LedgerSeal.all_rows, timezone.now())
        StageTotal.objects.all().delete()
        RunningTotal.objects.all().delete()
        for row in CostEntry.all_rows.order_by("pk"):
            ledger._keep_totals(row)

    def test_finds_a_reversal_on_another_line(self, entry):
        mirror = CostEntry.objects.get(reverses__isnull=False)
        self.spoil(mirror, line=a_line(entry.line.contract))
        assert "mirror image" in refused("verifyledger")[0]

    def test_finds_a_reversal_of_a_reversal(self, entry):
        mirror = CostEntry.objects.get(reverses__isnull=False)
        again = post(mirror.line, "pledged", 500, "2018-05-01")
        self.spoil(again, reverses=mirror)
        assert refused("verifyledger")[0].endswith(f"of entry {mirror.pk}: reverses.")

    def test_finds_a_date_that_is_not_the_last_of_its_month(self, entry):
        self.spoil(entry, effective_on="2018-07-30")
        sentence, code = refused("verifyledger")
        assert sentence.startswith(f"Entry {entry.pk} is known to the month")
        assert code == 1

    def test_finds_more_released_than_stood(self, entry):
        self.spoil(entry, amount=Decimal(-100))
        assert "more was released or reversed" in refused("verifyledger")[0]

    def test_finds_a_changed_entry_by_its_seal_and_by_its_stored_totals(self, entry):
        with appendonly.lifted(connection):
            CostEntry.all_rows.filter(pk=entry.pk).update(amount=Decimal(99))
        sentence, code = refused("verifyledger")
        assert sentence.startswith(f"Entry {entry.pk} on line {entry.line_id} is not as it was")
        assert sentence.endswith("Others: 2.")
        assert code == 1

    def test_finds_a_changed_total(self, entry):
        StageTotal.objects.filter(line=entry.line, month="2018-07-01").update(net=Decimal(99))
        sentence, code = refused("verifyledger")
        assert sentence.startswith(f"Line {entry.line_id}, pledged: the stored")
        assert code == 1

    def test_gives_the_seal_over_all_of_it_which_a_mail_can_be_held_against(self, entry):
        at = timezone.now().isoformat()
        told_now = told("verifyledger", "--at", at).splitlines()[-1]
        seal = told_now.partition(": ")[2]
        assert seal == seals.grouped(seals.head(dt.datetime.fromisoformat(at)))
        same = told("verifyledger", "--at", at, "--seal", seal.upper())
        assert same.endswith("It is the one given.\n")

    def test_says_when_a_whole_line_was_sealed_anew(self, entry):
        at = timezone.now().isoformat()
        seal = seals.head(dt.datetime.fromisoformat(at))
        mirror = CostEntry.objects.get(reverses__isnull=False)
        self.spoil(mirror, stated_by="Somebody else")
        told("verifyledger")
        sentence, code = refused("verifyledger", "--at", at, "--seal", seal)
        assert "was changed, added or taken away since" in sentence
        assert code == 1

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("--at", "last Monday"), 'is no moment. Write it like "2026-11-23 07:00"'),
            (("--at", "2999-01-01"), "has not come yet"),
            (("--seal", "abc"), "--seal needs --at"),
        ],
    )
    def test_refuses_what_it_cannot_read(self, arguments, says):
        sentence, code = refused("verifyledger", *arguments)
        assert says in sentence
        assert code == 2

    def test_reads_a_moment_as_londons(self):
        summer = told("verifyledger", "--at", "2018-07-02 07:00").splitlines()[-1]
        assert summer.startswith("The ledger's seal of 2018-07-02 07:00+01:00: ")

    def test_finds_a_missing_guard(self, entry):
        appendonly.lift(connection)
        try:
            sentence, code = refused("verifyledger")
        finally:
            appendonly.install(connection)
        assert "The guard " in sentence
        assert code == 1

    def test_names_no_sum_of_what_is_hidden(self, entry):
        hidden = a_line(entry.line.contract, "Secret line", **exempt(3))
        post(hidden, "paid", "12345.67", "2018-01-01")
        RunningTotal.objects.filter(line=hidden).update(paid=Decimal("76543.21"))
        sentence, _ = refused("verifyledger")
        assert "12345" not in sentence.replace(",", "")
        assert "Secret" not in sentence
