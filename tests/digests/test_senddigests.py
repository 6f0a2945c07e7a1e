"""`manage.py senddigests`: what it says, to a person and as JSON, and what it refuses."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from contracts.models import Contract
from digests.models import Content, Edition, Subscription
from tests.digests.readers import CUT, SECOND, a_failure, a_reader
from tests.factories import a_contract

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """Monday 8 October 2018, a second after the cut."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: CUT + SECOND)


@pytest.fixture
def csg() -> Contract:
    return a_contract("CSG")


def run(*arguments: str) -> str:
    """What the command says."""
    out = StringIO()
    call_command("senddigests", *arguments, stdout=out)
    return out.getvalue()


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    assert refused.value.returncode == 2
    return str(refused.value)


def test_the_latest_week_is_made_ready_and_sent(csg, mailoutbox):
    a_reader()
    a_reader()
    a_reader(a_contract("QUIET"))
    a_failure(csg)
    assert run() == (
        "Week 2018-W40. Mails made ready: 2. Different digests: 1. "
        "Readers with nothing to tell: 1. Told already: 0.\n"
        "  BarnetWatch, 1 to 7 October 2018: 1 new failure\n"
        "Sent 2, put off 0, failed 0, possibly twice 0.\n"
    )
    assert len(mailoutbox) == 2


def test_the_answer_as_json(csg, mailoutbox):
    a_reader()
    a_failure(csg)
    assert json.loads(run("--json")) == {
        "week": "2018-W40",
        "editions": 1,
        "contents": 1,
        "skipped": 0,
        "already_told": 0,
        "subjects": ["BarnetWatch, 1 to 7 October 2018: 1 new failure"],
        "sent": 1,
        "failed": 0,
        "put_off": 0,
        "possibly_twice": 0,
        "dry_run": False,
    }
    again = json.loads(run("--json"))
    assert (again["editions"], again["sent"], again["already_told"]) == (0, 0, 1)
    assert len(mailoutbox) == 1


def test_a_named_week_is_made_ready(csg, mailoutbox):
    a_reader()
    a_failure(csg)
    assert "Week 2018-W40. Mails made ready: 1." in run("--week", "2018-W40")
    assert len(mailoutbox) == 1


def test_a_dry_run_says_the_same_and_neither_writes_nor_sends(csg, mailoutbox):
    reader = a_reader()
    a_failure(csg)
    for _ in range(2):
        assert run("--dry-run", "--week", "2018-W40") == (
            "Week 2018-W40. Mails would be made ready: 1. Different digests: 1. "
            "Readers with nothing to tell: 0. Told already: 0.\n"
            "  BarnetWatch, 1 to 7 October 2018: 1 new failure\n"
        )
    answer = json.loads(run("--dry-run", "--json"))
    assert (answer["editions"], answer["sent"], answer["dry_run"]) == (1, 0, True)
    assert mailoutbox == []
    assert not Content.objects.exists()
    assert not Edition.objects.exists()
    assert Subscription.objects.get().cut_at == reader.cut_at


def test_without_subscriptions_there_is_nothing_to_do():
    assert run("--week", "2018-W40").startswith("Week 2018-W40. Mails made ready: 0.")


@pytest.mark.parametrize("week", ["last", "2018-40", "2027-W53", "2018-W00"])
def test_what_is_no_week_is_refused(week):
    assert refusal("--week", week) == (
        f"“{week}” is not a week. Write its year and number, such as 2018-W40."
    )


@pytest.mark.parametrize(
    ("week", "monday"), [("2018-W41", "15 October 2018"), ("2026-W53", "4 January 2027")]
)
def test_a_week_that_is_not_over_is_refused(week, monday):
    assert refusal("--week", week) == (
        f"The digest of week {week} is made on Monday {monday} at 7am, not before."
    )


@pytest.mark.parametrize("week", ["2018-W40", "2018-W39"])
@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--json",)])
def test_a_week_told_already_is_refused(csg, mailoutbox, week, options):
    a_reader()
    a_failure(csg)
    run()
    assert refusal("--week", week, *options) == (
        f"Week {week} was told already, or ended before anybody subscribed; "
        "a past digest can be sent again from its page."
    )
    assert len(mailoutbox) == 1


def test_a_week_in_which_nothing_happened_is_not_refused_the_first_time(csg):
    a_reader()
    a_reader(since=CUT)
    assert "Readers with nothing to tell: 1. Told already: 1." in run("--week", "2018-W40")
    assert "was told already" in refusal("--week", "2018-W40")
