"""The control: with the door taken out, the matrix finds what is hidden; else it proved nothing.

All calls are taken out at once, page by page. test_calls.py takes out each of them alone; and since
some of them are missed by no page of the matrix's record, none can go without a word: they are
written down.
"""

from pathlib import Path

import pytest

from tests.matrix.addresses import addresses, patterns
from tests.matrix.doors import names, sites
from tests.matrix.people import CLOSEST
from tests.matrix.sweep import Asked

pytestmark = pytest.mark.django_db

#: A page of each part of the record, and the back office's lists.
PAGES = frozenset(
    {
        *("contracts", "suppliers", "costs", "alerts", "failures", "decisions", "promises"),
        *("claims", "commitments", "meetings", "contract", "failure", "decision"),
        *("index", "contracts_contract_changelist", "costs_costline_changelist"),
    }
)
#: Every call that there is, a line each.
WRITTEN = Path(__file__).parent.parent / "golden" / "calls-of-the-door.txt"


def test_no_call_of_the_door_goes_without_a_word():
    """Where one came, add its line. Where one went, take its line out, and say in the commit why
    nobody can be shown more without it.
    """
    assert sorted(names().values()) == WRITTEN.read_text().splitlines()


def test_with_the_door_taken_out_each_page_says_what_is_hidden(world, sweep):
    tight = set()
    for pattern in patterns():
        if pattern.name in PAGES:
            asked = Asked(pattern, CLOSEST, addresses(pattern, world, CLOSEST)[0])
            with sweep.doors.without(lambda site: True):
                found = sweep.ask(asked)
            assert not sweep.ask(asked).leaks
            if not found.leaks:
                tight.add(pattern.name)
    assert not tight


def test_every_call_that_a_request_crosses_is_known_in_the_source(sweep):
    crossed = {site for answer in sweep.answers.values() for site in answer.crossed}
    assert len(crossed) > 100
    assert crossed <= sites().keys()
