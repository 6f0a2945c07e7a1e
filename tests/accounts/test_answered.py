"""Who asked to see a record is told by mail that it was answered, once, and nothing else."""

import datetime as dt

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command

from accounts import answered, granting
from accounts.models import AccessRequest, Role
from accounts.tasks import tell_answered
from tests.accounts.test_requests import AT, ask
from tests.factories import a_contract, a_councillor, a_person, day, exempt
from tests.threads import in_threads

pytestmark = pytest.mark.django_db

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
CANARY = "CANARY-7f3a"


@pytest.fixture(autouse=True)
def mailbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.SITE_URL = "https://watch.example"


@pytest.fixture
def officer():
    return a_person("Olive Officer", Role.CONTRACT_OFFICER, cleared=(5,))


@pytest.fixture
def asked() -> AccessRequest:
    return ask(a_councillor("Ann Member"), what=f"What of {CANARY}?", why=f"For {CANARY}.")


def allow(asked, officer) -> None:
    rows = [a_contract("CANARY-ref", title=CANARY, **exempt(5))]
    said = {"ends_on": day("2099-01-31"), "answer": f"{CANARY} is yours to see."}
    granting.allow(asked, records=rows, by=officer, at=AT, **said)


def refuse(asked, officer) -> None:
    granting.refuse(asked, reasons=f"{CANARY} is no part of a review.", by=officer, at=AT)


@pytest.fixture
def server_down(monkeypatch):
    """Whether the mail server takes nothing, to be turned off."""
    state = {"down": True}
    send = EmailMessage.send

    def maybe(message, *args, **kwargs):
        if state["down"]:
            raise ConnectionRefusedError
        return send(message, *args, **kwargs)

    monkeypatch.setattr(EmailMessage, "send", maybe)
    return state


@pytest.mark.parametrize("answer", [allow, refuse])
def test_it_says_that_it_was_answered_and_where_and_nothing_of_the_record(answer, asked, officer):
    answer(asked, officer)
    assert mail.outbox == []  # Whoever answers speaks to no mail server.
    assert answered.tell(AT) == 1
    [sent] = mail.outbox
    assert sent.to == [asked.asked_by.email]
    assert "25 November 2026" in sent.body
    assert f"https://watch.example/access/{asked.pk}/" in sent.body
    whole = sent.message().as_string()
    for word in (CANARY, "CANARY-ref", "Olive", "refused", "granted", "contract"):
        assert word.lower() not in whole.lower()


@pytest.mark.parametrize("answer", [allow, refuse])
def test_it_is_told_once(answer, asked, officer):
    answer(asked, officer)
    assert [answered.tell(AT + number * MINUTE) for number in range(30)] == [1] + [0] * 29
    asked.refresh_from_db()
    assert asked.tell_at is None


def test_what_waits_or_was_taken_back_is_told_to_nobody(asked):
    answered.tell(AT + DAY)
    granting.withdraw(asked, by=asked.asked_by)
    answered.tell(AT + DAY)
    assert mail.outbox == []


def test_a_mail_server_that_is_down_costs_a_delay(asked, officer, server_down):
    refuse(asked, officer)
    assert [answered.tell(AT + number * MINUTE) for number in range(5)] == [0] * 5
    server_down["down"] = False
    told = [answered.tell(AT + number * MINUTE) for number in range(5, 60)]
    assert sum(told) == len(mail.outbox) == 1
    assert told.index(1) <= answered.AGAIN / MINUTE


def test_one_that_is_not_taken_does_not_keep_the_others(asked, officer, monkeypatch):
    other = ask(a_councillor("Bob Member"))
    for each in (asked, other):
        refuse(each, officer)
    send = EmailMessage.send

    def refused(message, *args, **kwargs):
        if message.to == [asked.asked_by.email]:
            raise ConnectionResetError
        return send(message, *args, **kwargs)

    monkeypatch.setattr(EmailMessage, "send", refused)
    for number in range(3):
        answered.tell(AT + number * MINUTE)
    assert [each.to for each in mail.outbox] == [[other.asked_by.email]]


def test_a_worker_that_ends_meanwhile_leaves_it_to_the_next(asked, officer, monkeypatch):
    refuse(asked, officer)

    def dies(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", dies)
        with pytest.raises(KeyboardInterrupt):
            answered.tell(AT)
    assert answered.tell(AT + MINUTE) == 0
    assert answered.tell(AT + answered.AGAIN) == 1


def test_a_second_copy_would_carry_the_same_message_id(asked, officer):
    refuse(asked, officer)
    answered.tell(AT)
    AccessRequest.objects.update(tell_at=AT)
    answered.tell(AT)
    one, other = (each.extra_headers["Message-ID"] for each in mail.outbox)
    assert one == other


def test_it_is_given_up_after_a_week(asked, officer, server_down):
    refuse(asked, officer)
    answered.tell(AT + answered.UNTIL + MINUTE)
    server_down["down"] = False
    assert answered.tell(AT + answered.UNTIL + DAY) == 0
    assert mail.outbox == []


def test_who_does_not_sign_in_any_more_is_not_written_to(asked, officer):
    refuse(asked, officer)
    asked.asked_by.is_active = False
    asked.asked_by.save()
    answered.tell(AT)
    assert mail.outbox == []


def test_the_task_tells_it(asked, officer, monkeypatch):
    refuse(asked, officer)
    monkeypatch.setattr("accounts.tasks.timezone.now", lambda: AT)
    assert tell_answered() == 1
    assert len(mail.outbox) == 1


def test_the_command_tells_it_once(asked, officer, monkeypatch, capsys):
    refuse(asked, officer)
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    call_command("tellanswered")
    call_command("tellanswered")
    assert capsys.readouterr().out == "Mails handed over: 1.\nMails handed over: 0.\n"
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_five_workers_at_once_write_one_mail(asked, officer):
    refuse(asked, officer)
    in_threads(5, lambda number: answered.tell(AT))
    assert len(mail.outbox) == 1
