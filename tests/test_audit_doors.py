"""No verb writes without a word to the audit trail; and what failed leaves none."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import Role
from accounts.trail import AuditEntry
from contracts import register
from costs import ledger
from incidents import casework
from scrutiny import promises, record
from scrutiny.models import Promise
from tests import factories
from tests.actors import signed_in
from tests.forms import as_it_stands
from tests.test_architecture import VERBS

#: The functions that are handed who acts and keep no act, each with its reason.
SILENT = {
    "accounts/restricting.py: known_to": "asks, and writes nothing",
    "accounts/restricting.py: named": "asks, and writes nothing",
    "accounts/restricting.py: due_for_review": "asks, and writes nothing",
    "accounts/restricting.py: settle": "whoever writes the form's record keeps the act",
    "costs/payments/uploads.py: look_again": "asks for the same look once more",
    "scrutiny/asking.py: begin": "a list is its owner's alone and no part of the record",
    "scrutiny/asking.py: redirect": "likewise",
    "scrutiny/asking.py: throw_away": "likewise",
    "scrutiny/asking.py: pick": "likewise",
    "scrutiny/asking.py: add": "likewise",
    "scrutiny/asking.py: reword": "likewise",
    "scrutiny/asking.py: move": "likewise",
    "scrutiny/asking.py: remove": "likewise",
}
#: Verbs of others that keep the act for whoever calls them.
TELL = {
    ("ledger", "post"),
    ("ledger", "reverse"),
    ("record", "state"),
    ("record", "answer"),
    ("record", "promise"),
    ("audit", "record"),
}
MODULES = (*VERBS, "digests/subscribing.py", "digests/preparing.py")


def functions(file: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(Path(settings.BASE_DIR, file).read_text())
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def tells(name: str, known: dict[str, ast.FunctionDef], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function keeps an act, itself or by one that it calls."""
    if name in seen or name not in known:
        return False
    for node in ast.walk(known[name]):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=attr)):
                if (module, attr) in TELL:
                    return True
            case ast.Call(func=ast.Name(id=called)):
                if tells(called, known, seen | {name}):
                    return True
    return False


def acting() -> list[tuple[str, str]]:
    """Each public function of the verb modules that is told who acts."""
    return [
        (file, name)
        for file in MODULES
        for name, node in functions(file).items()
        if not name.startswith("_")
        and any(arg.arg == "by" for arg in node.args.kwonlyargs + node.args.args)
    ]


@pytest.mark.parametrize(("file", "name"), acting())
def test_a_verb_that_knows_who_acts_tells_the_audit_trail(file, name):
    assert tells(name, functions(file)) != (f"{file}: {name}" in SILENT)


def test_every_silent_verb_is_there():
    there = {f"{file}: {name}" for file, name in acting()}
    assert SILENT.keys() <= there


def is_atomic(node: ast.AST) -> bool:
    return "atomic" in ast.dump(node)


@pytest.mark.parametrize("file", MODULES)
def test_an_act_is_kept_in_a_transaction(file):
    """The function itself is atomic, or every public one that reaches it is."""
    known = functions(file)
    for name, node in known.items():
        if name.startswith("_") or not tells(name, known) or is_atomic(node):
            continue
        # Those that hand on: to a verb that is atomic, or to an import, which opens its own.
        called = {each.func.id for each in ast.walk(node) if _calls(each)}
        inner = [each for each in called if each in known and tells(each, known)]
        assert all(is_atomic(known[each]) for each in inner), f"{file}: {name}"


def _calls(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


# What failed ------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestAnActThatFails:
    def refused(self, act) -> None:
        before = AuditEntry.objects.count()
        with pytest.raises(ValidationError):
            act()
        assert AuditEntry.objects.count() == before

    def test_leaves_no_word(self):
        contract = factories.a_contract(award=1)
        line, officer = factories.a_line(contract), factories.the_officer()
        entry = factories.post(line, "paid", 30, "2018-10-01")
        failure = factories.an_incident(contract)
        award = contract.awards.get()
        self.refused(lambda: factories.post(line, "paid", 0, "2018-10-01"))
        self.refused(lambda: ledger.reverse(entry, reason=" ", by=officer))
        self.refused(lambda: casework.act(failure, "reopen", reason="No.", by=officer))
        self.refused(lambda: factories.an_incident(contract, title=""))
        self.refused(lambda: register.withdraw(award, reason="", by=officer))

    def test_after_it_was_kept_takes_it_back(self, monkeypatch):
        """The last thing a posting does fails: the entry and the act are both gone."""
        line = factories.a_line(factories.a_contract())
        before = AuditEntry.objects.count()

        def fails(*args: object, **kwargs: object) -> None:
            raise ValidationError("No.")

        monkeypatch.setattr(ledger.register, "ask_recheck", fails)
        with pytest.raises(ValidationError):
            factories.post(line, "paid", 30, "2018-10-01")
        assert AuditEntry.objects.count() == before
        assert not line.entries.exists()


# Each kind of act -------------------------------------------------------------------------------


@pytest.mark.django_db
class TestEachAct:
    def last(self) -> AuditEntry:
        return AuditEntry.objects.latest("pk")

    def said(self) -> tuple[str, str, str]:
        last = self.last()
        return last.act, last.kind, last.reason

    def test_of_a_posting_is_one_row(self):
        line = factories.a_line(factories.a_contract())
        before = AuditEntry.objects.count()
        entry = factories.post(line, "approved", 30, "2018-10-01")
        assert AuditEntry.objects.count() == before + 1
        assert self.last().after["amount"] == "30"
        factories.reverse(entry, reason="Posted twice.")
        assert self.said() == ("reversed", "costs.costentry", "Posted twice.")
        assert (self.last().filed_kind, self.last().filed_row) == ("costs.costline", line.pk)

    def test_of_a_withdrawal_gives_the_reason(self):
        contract = factories.a_contract(award=1)
        register.withdraw(contract.awards.get(), reason="Misread.", by=factories.the_officer())
        assert self.said() == ("withdrawn", "contracts.withdrawal", "Misread.")
        assert self.last().filed_row == contract.pk

    def test_of_a_failure_says_from_what_to_what(self):
        failure, officer = factories.an_incident(), factories.the_officer()
        casework.confirm(failure, reason="Seen.", by=officer)
        assert self.said() == ("changed", "incidents.incident", "Seen.")
        assert self.last().before == {"status": "reported"}
        assert self.last().after == {"status": "confirmed"}
        casework.update(failure, text="Nearer.", by=officer, next_action="Ring them")
        assert self.last().after == {"next_action": "Ring them"}

    def test_of_a_promise_says_what_it_was(self):
        by, source = factories.the_officer(), factories.a_source()
        row = record.promise(
            words="In due course", made_by="Capita", source=source, by=by,
            contract=factories.a_contract(), due_words="in due course",
        )  # fmt: skip
        assert self.said()[:2] == ("added", "scrutiny.promise")
        promises.close(row, status="kept", reason="Seen.", source=source, by=by)
        assert self.said() == ("changed", "scrutiny.promise", "Seen.")
        assert self.last().before["status"] == Promise.Status.OPEN

    def test_of_the_back_office_says_what_a_form_changed(self):
        contract = factories.a_contract("CSG")
        officer = factories.a_person("Ann", Role.CONTRACT_OFFICER)
        browser = signed_in(officer)
        page = reverse("admin:contracts_supplier_change", args=[contract.supplier_id])
        sent = as_it_stands(browser, page)
        sent |= {"name": "Another name", "names-0-name": "ANOTHER NAME LTD"}
        before = contract.supplier.name
        assert browser.post(page, sent).status_code == 302
        changed, added = AuditEntry.objects.filter(by=officer, act__in=("changed", "added"))[::-1]
        assert (changed.before, changed.after) == ({"name": before}, {"name": "Another name"})
        assert (added.kind, added.after["name"]) == ("contracts.suppliername", "ANOTHER NAME LTD")
        assert changed.place == "127.0.0.1"
        assert changed.request

    def test_of_giving_a_role_and_a_clearance_says_who_gave_what_to_whom(self):
        from django.contrib.auth.models import Group

        person = factories.a_person("Ann")
        admin = factories.a_person("Admin", Role.ADMINISTRATOR)
        role, _ = Group.objects.get_or_create(name=Role.AUDITOR)
        sent = {
            "email": person.email,
            "name": person.name,
            "is_active": "on",
            "is_staff": "on",
            "groups": [role.pk],
            "clearances-TOTAL_FORMS": "1",
            "clearances-INITIAL_FORMS": "0",
            "clearances-0-paragraph": "5",
            "clearances-0-reason": "Their work",
            "grants-TOTAL_FORMS": "0",
            "grants-INITIAL_FORMS": "0",
        }
        page = reverse("admin:accounts_user_change", args=[person.pk])
        assert signed_in(admin).post(page, sent).status_code == 302
        changed = AuditEntry.objects.get(act="changed")
        assert (changed.by, changed.row, changed.after) == (admin, person.pk, {"groups": [role.pk]})
        granted = AuditEntry.objects.get(act="granted")
        assert (granted.by, granted.reason) == (admin, "Their work")
        assert granted.after["user"] == person.pk
