"""The audit trail on the site: each record's history, the whole of it for auditors, and the acts
that no verb does: signing in, reading what is restricted, taking a file away."""

import csv

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import audit, reading
from accounts.audit import Act
from accounts.models import Role
from accounts.trail import AuditEntry
from contracts.models import Contract
from scrutiny import asking
from scrutiny.models import Body
from tests.actors import as_role, signed_in, the_superuser
from tests.evidence import a_file
from tests.factories import (
    CONFIDENTIAL,
    a_contract,
    a_councillor,
    a_line,
    a_person,
    an_award,
    an_incident,
    day,
    exempt,
    post,
)
from tests.factories import (
    reverse as reversed_entry,
)

pytestmark = pytest.mark.django_db
CANARY = "CANARY-7f3a"


def history(row) -> str:
    return reverse("admin:history", args=[row._meta.label_lower, row.pk])


def acts(act: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(act=act))


def text(browser, url: str, status: int = 200) -> str:
    answer = browser.get(url)
    assert answer.status_code == status, url
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode()


@pytest.fixture
def auditor():
    return as_role(Role.AUDITOR)


class TestTheHistoryOfARecord:
    def test_tells_what_was_done_to_it_and_to_what_belongs_to_it(self):
        contract = a_contract("CSG", title="Customer services")
        an_award(contract, 320_000_000)
        page = text(as_role(Role.COUNCILLOR), history(contract))
        assert "Added" in page
        assert "£320,000,000" in page
        assert "Officer" in page

    def test_of_a_cost_line_tells_its_entries_and_why_one_was_reversed(self):
        line = a_line(a_contract())
        reversed_entry(post(line, "approved", 30, "2018-10-01"), reason="Posted twice.")
        page = text(as_role(Role.COUNCILLOR), history(line))
        assert "Reversed" in page
        assert "Posted twice." in page

    def test_is_led_to_by_the_record_s_page_and_from_the_back_office(self, auditor):
        contract = a_contract()
        assert history(contract) in text(auditor, contract.get_absolute_url())
        stock = reverse("admin:contracts_contract_history", args=[contract.pk])
        assert auditor.get(stock)["Location"] == history(contract)

    def test_says_from_where_to_those_alone_who_audit(self, auditor):
        contract = a_contract()
        audit.record(Act.CHANGED, by=None, subject=contract, after={"note": "x"})
        AuditEntry.objects.latest("pk")
        assert "From where" in text(auditor, history(contract))
        assert "From where" not in text(as_role(Role.COUNCILLOR), history(contract))

    @pytest.mark.parametrize("how", [exempt(5), CONFIDENTIAL])
    def test_of_a_restricted_record_is_as_absent(self, how, auditor):
        contract = a_contract(title=CANARY, **how)
        audit.record(Act.ADDED, by=None, subject=contract)
        for browser in (as_role(Role.COUNCILLOR), auditor):
            assert CANARY not in text(browser, history(contract), 404)

    def test_of_an_open_record_leaves_out_what_is_restricted_under_it(self, auditor):
        contract = a_contract()
        a_line(contract, CANARY, **exempt(5))
        an_incident(contract, title=CANARY, **exempt(5))
        hidden = a_line(contract, "Open in name", **exempt(5))
        post(hidden, "approved", 30, "2018-10-01", note=CANARY)
        for browser in (as_role(Role.COUNCILLOR), auditor):
            for url in (history(contract), reverse("admin:audit_trail")):
                assert CANARY not in text(browser, url, 200 if browser is auditor else _seen(url))

    def test_a_reader_who_is_cleared_sees_it(self):
        line = a_line(a_contract(), CANARY, **exempt(5))
        cleared = signed_in(a_person("Cleared", Role.CONTRACT_OFFICER, cleared=(5,)))
        assert CANARY in text(cleared, history(line))

    def test_of_a_record_restricted_since_its_texts_are_gone(self, auditor):
        contract = a_contract()
        incident = an_incident(contract, description=CANARY)
        assert CANARY in text(auditor, history(incident))
        type(incident).all_rows.filter(pk=incident.pk).update(**exempt(5))
        assert CANARY not in text(auditor, history(incident), 404)
        assert CANARY not in text(auditor, reverse("admin:audit_trail"))
        assert CANARY not in text(auditor, reverse("admin:audit_trail") + "?export=csv")

    def test_what_was_written_while_it_was_exempt_stays_so_when_it_is_opened(self):
        incident = an_incident(a_contract(), description=CANARY, **exempt(5))
        incident.description = "Something else."
        incident.restriction, incident.exempt_paragraph = "open", None
        incident.restriction_reason = ""
        incident.save()
        assert CANARY not in text(as_role(Role.COUNCILLOR), history(incident))
        cleared = signed_in(a_person("Cleared", Role.CONTRACT_OFFICER, cleared=(5,)))
        assert CANARY in text(cleared, history(incident))

    def test_a_hidden_row_that_an_open_one_names_is_not_shown(self, auditor):
        from tests.factories import a_source

        source = a_source(CANARY, **exempt(5))
        contract = a_contract(source=source)
        audit.record(Act.ADDED, by=None, subject=contract)
        page = text(auditor, history(contract))
        assert CANARY not in page
        assert "not shown" in page

    def test_of_a_person_is_for_those_who_audit(self, auditor):
        person = a_person("Ann")
        audit.record(Act.CHANGED, by=None, subject=person, after={"job_title": CANARY})
        assert CANARY in text(auditor, history(person))
        assert CANARY in text(as_role(Role.ADMINISTRATOR), history(person))
        for role in (Role.COUNCILLOR, Role.FINANCE_OFFICER):
            assert CANARY not in text(as_role(role), history(person), 404)

    def test_who_read_it_is_for_those_who_audit(self, auditor):
        contract = a_contract()
        audit.record(Act.READ, by=a_person("Nosy Parker"), subject=contract)
        assert "Nosy Parker" in text(auditor, history(contract))
        assert "Nosy Parker" not in text(as_role(Role.COUNCILLOR), history(contract))

    @pytest.mark.parametrize("kind", ["nothing", "auth.permission", "a.b.c", "contracts.nothing"])
    def test_of_what_is_no_kind_of_record_is_not_found(self, kind, auditor):
        assert auditor.get(reverse("admin:history", args=[kind, 1])).status_code == 404

    def test_takes_as_few_queries_for_fifty_acts_as_for_one(self, auditor):
        line = a_line(a_contract())

        def asked() -> int:
            with CaptureQueriesContext(connection) as found:
                text(auditor, history(line))
            return len(found)

        post(line, "approved", 1, "2018-10-01")
        asked()
        one = asked()
        for _ in range(30):
            post(line, "approved", 1, "2018-10-01")
        assert asked() == one
        assert one <= 14


def _seen(url: str) -> int:
    return 403 if url == reverse("admin:audit_trail") else 200


class TestTheTrail:
    @pytest.mark.parametrize("role", Role)
    def test_is_for_auditors_and_administrators(self, role):
        may = role in (Role.AUDITOR, Role.ADMINISTRATOR)
        for query in ("", "?export=csv"):
            answer = as_role(role).get(reverse("admin:audit_trail") + query) if not query else None
            if answer is not None:
                assert answer.status_code == (200 if may else 403)

    def test_an_administrator_reads_of_people_and_not_of_the_record(self):
        a_contract(title=CANARY)
        an_award(Contract.objects.get(), 1)
        audit.record(Act.SIGNED_IN, by=a_person("Ann"))
        page = text(as_role(Role.ADMINISTRATOR), reverse("admin:audit_trail"))
        assert "Ann" in page
        assert CANARY not in page

    def test_filters_by_person_act_kind_record_and_day(self, auditor):
        line = a_line(a_contract(), "Found it")
        a_line(a_contract(), "Another")
        audit.record(Act.SIGNED_OUT, by=a_person("Ann"))
        url = reverse("admin:audit_trail")
        page = text(auditor, f"{url}?kind=costs.costline&row={line.pk}&act=added")
        assert "Found it" in page
        assert "Another" not in page
        who = AuditEntry.objects.get(act="signed_out").by_id
        assert "Found it" not in text(auditor, f"{url}?by={who}")
        before = "done_to_day=1&done_to_month=1&done_to_year=2018"
        assert "Found it" not in text(auditor, f"{url}?{before}")
        assert "Found it" in text(
            auditor, f"{url}?done_from_day=1&done_from_month=1&done_from_year=2018"
        )

    @pytest.mark.parametrize(
        "query",
        [
            "row=99999999999999999999999",
            "row=-1",
            "row=x",
            "by=0",
            "act=nothing",
            "kind=a.b",
            "after=x",
            "number=%00",
            "done_to_day=31&done_to_month=12&done_to_year=9999",
        ],
    )
    def test_takes_any_address(self, query, auditor):
        assert auditor.get(f"{reverse('admin:audit_trail')}?{query}").status_code == 200

    def test_goes_on_page_by_page_and_each_act_stands_once(self, auditor):
        line = a_line(a_contract())
        for number in range(60):
            post(line, "approved", number + 1, "2018-10-01")
        url = f"{reverse('admin:audit_trail')}?kind=costs.costentry"
        first = auditor.get(url).context["table"]
        after = auditor.get(url).context["page"].after
        second = auditor.get(f"{url}&after={after}").context["table"]
        told = [row.record.pk for table in (first, second) for row in table.rows]
        assert len(told) == len(set(told)) == 60

    def hidden_acts(self, number: int) -> None:
        line = a_line(a_contract(**exempt(5)), **exempt(5))
        for _ in range(number):
            audit.record(Act.CHANGED, by=None, subject=line, reason=CANARY)

    def numbered(self, first: int, last: int) -> None:
        contract = a_contract()
        for number in range(first, last):
            audit.record(Act.CHANGED, by=None, subject=contract, reason=f"Number {number}.")

    def pages(self, browser, start: str, way: str) -> list[list[str]]:
        """What stands on each page from one on; `way` is after or before."""
        url, found = f"{reverse('admin:audit_trail')}?act=changed", []
        cursor = start
        while cursor is not None:
            page = browser.get(f"{url}&{way}={cursor}").context["page"]
            found.append([each.reason for each in page.rows])
            cursor = getattr(page, way)
        return found

    def test_each_page_is_full_whatever_is_hidden_between(self, auditor):
        self.numbered(0, 60)
        self.hidden_acts(120)
        self.numbered(60, 120)
        pages = self.pages(auditor, "", "after")
        assert [len(each) for each in pages] == [50, 50, 20]
        assert [each for page in pages for each in page] == [
            f"Number {number}." for number in reversed(range(120))
        ]

    def test_the_same_upwards(self, auditor):
        self.numbered(0, 60)
        self.hidden_acts(120)
        self.numbered(60, 120)
        self.hidden_acts(60)
        url = f"{reverse('admin:audit_trail')}?act=changed"
        second = auditor.get(f"{url}&after={auditor.get(url).context['page'].after}")
        third = auditor.get(f"{url}&after={second.context['page'].after}").context["page"]
        pages = self.pages(auditor, third.before, "before")
        assert [len(each) for each in pages] == [50, 50]
        assert pages[1][0] == "Number 119."

    def test_what_is_hidden_at_the_end_is_no_page(self, auditor):
        self.hidden_acts(60)
        self.numbered(0, 50)
        page = auditor.get(f"{reverse('admin:audit_trail')}?act=changed").context["page"]
        assert (len(page.rows), page.after, page.back_to) == (50, None, None)

    def test_looks_so_far_and_no_farther_and_says_how_far(self, auditor, monkeypatch):
        monkeypatch.setattr("accounts.trailpages.THEN", 60)
        monkeypatch.setattr("accounts.trailpages.BATCHES", 3)
        self.numbered(0, 5)
        self.hidden_acts(400)
        self.numbered(5, 10)
        pages = self.pages(auditor, "", "after")
        assert [len(each) for each in pages] == [5, 0, 5]
        url = f"{reverse('admin:audit_trail')}?act=changed"
        html = text(auditor, url)
        assert "This page looks back as far as" in html
        assert CANARY not in html
        self.numbered(10, 70)  # A full page says so as well.
        assert "This page looks back as far as" in text(auditor, url)

    @pytest.mark.parametrize("way", ["after", "before"])
    def test_a_cursor_that_cannot_be_read_is_the_first_page(self, way, auditor):
        self.numbered(0, 60)
        page = auditor.get(f"{reverse('admin:audit_trail')}?act=changed&{way}=x").context["page"]
        assert page.rows[0].reason == "Number 59."
        assert (len(page.rows), page.before) == (50, None)

    def test_downloads_and_that_it_was_downloaded_is_an_act(self, auditor):
        a_line(a_contract(), "=cmd()")
        rows = list(csv.reader(text(auditor, "/audit-trail/?export=csv&act=added").splitlines()))
        assert rows[0][0].endswith("When")
        assert any("'=cmd()" in cell or "cmd()" in cell for row in rows for cell in row)
        [said] = acts("exported")
        assert said.after["page"] == "/audit-trail/"
        assert said.after["asked"] == "export=csv&act=added"
        assert said.by.groups.get().name == Role.AUDITOR
        assert said.place == "127.0.0.1"
        assert said.request

    def test_any_register_that_is_downloaded_is_an_act(self):
        as_role(Role.COUNCILLOR).get(reverse("admin:contracts") + "?export=json")
        assert [each.after["file"] for each in acts("exported")] == ["contracts.json"]

    def test_of_a_kept_file_its_name_is_told_to_those_alone_who_see_the_file(self, auditor):
        incident = an_incident(a_contract())
        row = a_file(incident, f"{CANARY}.pdf", **exempt(3))
        text(signed_in(a_councillor()), reverse("admin:file", args=["failure", row.key]))
        [said] = acts("exported")
        assert said.row == row.pk
        trail = reverse("admin:audit_trail")
        for page in (trail, f"{trail}?export=csv"):
            assert CANARY not in text(auditor, page)
        cleared = signed_in(a_person("Cleared", Role.AUDITOR, cleared=(3,)))
        assert CANARY in text(cleared, trail)

    def test_of_a_councillor_s_own_question_no_words_are_told(self, auditor):
        body = Body.objects.create(name="Policy")
        ann = a_councillor("Ann")
        questions = asking.begin(by=ann, body=body, meets_on=day("2018-10-01"))
        question = asking.add(questions, words=f"Why {CANARY}?", by=ann)
        asking.note(
            question, asked_on=day("2018-10-01"), by=ann, answer=f"{CANARY}.", hand_over=True
        )
        said = text(auditor, reverse("admin:audit_trail"))
        assert "Question" in said
        assert CANARY not in said
        text(signed_in(the_superuser()), history(question), 404)


class TestSigningIn:
    def test_in_out_and_in_vain_are_acts(self):
        person = a_person("Ann", Role.COUNCILLOR, is_staff=True)
        person.set_password("correct horse battery")
        person.save()
        browser = Client(REMOTE_ADDR="203.0.113.7")
        login = reverse("admin:login")
        browser.post(login, {"username": person.email, "password": "hunter2"})
        browser.post(login, {"username": "hunter2", "password": "x"})
        browser.post(login, {"username": person.email, "password": "correct horse battery"})
        browser.post(reverse("admin:logout"))
        told = [(each.act, each.by, each.row) for each in AuditEntry.objects.order_by("pk")]
        assert told == [
            ("sign_in_failed", None, person.pk),
            ("sign_in_failed", None, None),
            ("signed_in", person, person.pk),
            ("signed_out", person, person.pk),
        ]
        assert {each.place for each in AuditEntry.objects.all()} == {"203.0.113.7"}
        assert not AuditEntry.objects.filter(after__icontains="hunter2").exists()

    def test_setting_a_password_is_an_act_without_the_password(self):
        person = a_person("Ann", Role.COUNCILLOR)
        person.set_password("correct horse battery")
        person.save()
        new = {"new_password1": "three odd tangerines", "new_password2": "three odd tangerines"}
        page = reverse("admin:password_change")
        wrong = {"old_password": "hunter2", **new}
        assert signed_in(person).post(page, wrong).status_code == 200
        assert acts("password_set") == []
        sent = {"old_password": "correct horse battery", **new}
        assert signed_in(person).post(page, sent).status_code == 302
        by_self = AuditEntry.objects.get(act="password_set")
        assert (by_self.by, by_self.row) == (person, person.pk)
        assert not by_self.after


class TestReading:
    @pytest.fixture
    def cleared(self):
        return signed_in(a_person("Cleared", Role.CONTRACT_OFFICER, cleared=(5,)))

    def test_a_restricted_record_is_kept_once_an_hour(self, cleared):
        contract = a_contract(**exempt(5))
        for _ in range(3):
            text(cleared, contract.get_absolute_url())
        [said] = acts("read")
        assert (said.kind, said.row, str(said.by)) == ("contracts.contract", contract.pk, "Cleared")
        later = timezone.now() + reading.SAME
        assert reading.note([contract], by=said.by, at=later) == 1

    def test_an_open_record_under_a_restricted_one_counts_too(self, cleared):
        line = a_line(a_contract(**exempt(5)))
        text(cleared, line.get_absolute_url())
        assert ("costs.costline", line.pk) in {(each.kind, each.row) for each in acts("read")}

    def test_in_a_list_and_in_the_back_office_counts_too(self, cleared):
        hidden = an_incident(a_contract(), **exempt(5))
        text(cleared, reverse("admin:failures"))
        assert [each.row for each in acts("read")] == [hidden.pk]
        contract = a_contract(**exempt(5))
        text(cleared, reverse("admin:contracts_contract_change", args=[contract.pk]))
        assert contract.pk in {each.row for each in acts("read")}

    def test_who_is_not_cleared_reads_nothing(self):
        contract = a_contract(**exempt(5))
        text(signed_in(a_councillor()), contract.get_absolute_url(), 404)
        assert acts("read") == []

    def test_a_page_of_open_rows_writes_nothing_and_asks_nothing_of_the_trail(self, cleared):
        contract = a_contract()
        an_incident(contract)
        for url in (contract.get_absolute_url(), reverse("admin:failures")):
            with CaptureQueriesContext(connection) as found:
                text(cleared, url)
            assert not [q for q in found.captured_queries if "auditentry" in q["sql"]]
            assert not [q for q in found.captured_queries if q["sql"].startswith("INSERT")]
