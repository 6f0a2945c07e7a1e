"""The control: with the door taken out, the matrix finds what is hidden; else it proved nothing.

All calls are taken out at once, page by page. test_calls.py takes out each of them alone.
"""

import pytest

from tests.matrix.addresses import addresses, patterns
from tests.matrix.doors import sites
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
