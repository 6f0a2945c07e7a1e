"""The audit trail: what one act keeps, and that nothing of it is ever changed."""

import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from accounts import audit
from accounts.audit import Act
from accounts.trail import AuditEntry
from barnetwatch.lib import origin
from barnetwatch.lib.appendonly import AppendOnlyError
from tests.factories import a_contract, a_line, a_person, exempt

pytestmark = pytest.mark.django_db


def the_last() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


def test_an_act_says_who_what_when_from_where_with_before_and_after_and_why():
    officer, contract = a_person("Ann"), a_contract("CSG")
    before = audit.fields_of(contract)
    contract.title = "Customer and Support Group"
    with origin.of_request("203.0.113.7", "ab12-cd34"):
        audit.record(
            Act.CHANGED,
            by=officer,
            subject=contract,
            before=before,
            after=audit.fields_of(contract),
            reason="Its full name.",
        )
    said = the_last()
    assert (said.by, said.act, said.place, said.request) == (
        officer,
        "changed",
        "203.0.113.7",
        "ab12-cd34",
    )
    assert (said.kind, said.row) == ("contracts.contract", contract.pk)
    assert said.before == {"title": "Contract CSG"}
    assert said.after == {"title": "Customer and Support Group"}
    assert said.reason == "Its full name."
    assert said.at is not None


def test_a_row_that_was_added_is_kept_whole_and_told_on_the_page_it_belongs_to():
    line = a_line(a_contract())
    audit.record(Act.ADDED, by=None, subject=line)
    said = the_last()
    assert said.after["title"] == line.title
    assert (said.filed_kind, said.filed_row) == ("costs.costline", line.pk)


def test_passwords_and_secrets_are_kept_of_nobody():
    person = a_person("Ann")
    person.set_password("correct horse battery")
    audit.record(Act.ADDED, by=None, subject=person)
    given = {"password": "hunter2", "name": "Ann"}
    audit.record(Act.CHANGED, by=None, subject=person, before=given, after=given)
    kept = json.dumps(list(AuditEntry.objects.values("before", "after")))
    assert "argon2" not in kept
    assert "hunter2" not in kept
    assert "password" not in kept


def test_a_text_that_a_database_cannot_keep_fails_no_act():
    contract = a_contract()
    note = "a\x00b\ud800"
    audit.record(Act.CHANGED, by=None, subject=contract, after={"note": note}, reason=note)
    assert the_last().after == {"note": "ab?"}


def test_how_a_row_was_kept_back_at_that_moment_is_kept_too():
    contract = a_contract(**exempt(3))
    audit.record(Act.ADDED, by=None, subject=a_line(contract))
    assert the_last().kept_back == [["exempt", 3, False]]


def test_what_is_no_request_says_by_which_command_it_came(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/srv/manage.py", "importpayments", "a secret.csv"])
    audit.record(Act.IMPORTED, by=None)
    assert the_last().place == "command manage.py importpayments"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.1", "10.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        (1, "", "10.0.0.1"),
        (1, "<script>", ""),
        (2, "198.51.100.1, 10.9.9.9", "198.51.100.1"),
    ],
)
def test_only_ones_own_proxies_say_from_where_a_request_came(proxies, forwarded, address):
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    assert origin.address_of(meta, proxies) == address


def test_a_request_may_be_given(settings):
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.9")
    audit.record(Act.SIGNED_IN, by=a_person(), request=request)
    assert the_last().place == "203.0.113.9"


TABLE = AuditEntry._meta.db_table


def raw(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_no_row_of_the_trail_is_changed_or_deleted():
    entry = audit.record(Act.SIGNED_IN, by=a_person())
    with pytest.raises(AppendOnlyError):
        entry.save()
    with pytest.raises(AppendOnlyError):
        entry.delete()
    attempts = [
        lambda: AuditEntry.objects.update(reason=""),
        lambda: AuditEntry.objects.all().delete(),
        lambda: AuditEntry.objects.bulk_update([entry], ["reason"]),
        lambda: raw(f"UPDATE {TABLE} SET reason = 'x'"),
        lambda: raw(f"DELETE FROM {TABLE}"),
    ]
    if connection.vendor == "sqlite":
        columns = "id, act, at, place, request, kind, filed_kind, before, after, reason, kept_back"
        attempts.append(
            lambda: raw(f"INSERT OR REPLACE INTO {TABLE} ({columns}) SELECT {columns} FROM {TABLE}")
        )
    else:
        attempts.append(lambda: raw(f"TRUNCATE {TABLE}"))
    for attempt in attempts:
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    assert AuditEntry.objects.filter(pk=entry.pk, act="signed_in").exists()
