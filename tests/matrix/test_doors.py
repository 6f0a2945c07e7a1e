"""The control: with a call of the door taken out, the matrix finds something hidden.

Otherwise a leak that the matrix cannot see could stand behind any of them. A call behind another
(the acknowledgements of an alert that was found through the door) leaks nothing alone; of such a
call it is shown that it still filters when every call before it is out.
"""

from collections import defaultdict

import pytest

from tests.matrix.addresses import addresses
from tests.matrix.doors import sites
from tests.matrix.people import CLOSEST
from tests.matrix.sweep import Asked
from tests.matrix.unguarded import UNGUARDED

pytestmark = pytest.mark.django_db

#: Requests tried for a call, of those that cross it.
TRIED = 4
#: Hidden rows whose addresses are tried besides.
HIDDEN = ("exempt 5", "reclassified")


@pytest.fixture(scope="module")
def proven(world, sweep, django_db_blocker):
    """The calls that leak alone, and those that leak once all others are out."""
    with django_db_blocker.unblock():
        alone, crossing = set(), defaultdict(list)
        for asked, answer in sweep.answers.items():
            if asked.who == CLOSEST:
                for site in answer.crossed:
                    crossing[site].append(asked)
        for site, asked in crossing.items():
            if any(_leaks(sweep, each, site) for each in _some(world, sweep, asked)):
                alone.add(site)
        behind = _behind(world, sweep, crossing, alone)
        sweep.counts["alone"], sweep.counts["behind"] = len(alone), len(behind)
        return alone, behind, set(crossing)


def test_every_call_that_a_request_crosses_is_known_in_the_source(proven):
    assert proven[2] <= sites().keys()


def test_without_a_call_of_the_door_something_hidden_is_met(proven):
    alone, behind, _ = proven
    every = sites()
    unproven = {f"{site.file}: {every[site]}" for site in every.keys() - alone - behind}
    assert not unproven - UNGUARDED.keys(), "Show it by a request, or say in unguarded.py why not."


def _some(world, sweep, asked) -> list[Asked]:
    """A few of the requests, small ones first, and the same about hidden rows."""
    asked = sorted(asked, key=lambda each: len(sweep.answers[each].packed))
    few = asked[:: max(1, len(asked) // TRIED)][:TRIED]
    return [*few, *_hidden(world, few[0])]


def _hidden(world, asked) -> list[Asked]:
    return [
        Asked(asked.pattern, asked.who, address, asked.method, state)
        for state in HIDDEN
        for address in addresses(asked.pattern, world, asked.who, state)[:1]
        if address != asked.address
    ]


def _leaks(sweep, asked, site) -> bool:
    """Whether an answer says more without a call."""
    with sweep.doors.without(lambda each: each == site):
        answer = sweep.ask(asked)
    before = sweep.answers.get(asked)
    return bool(answer.leaks) or (before is not None and answer.text != before.text)


def _behind(world, sweep, crossing, alone) -> set:
    """Of the other calls, those that alone still hide something when all the rest is out."""
    found = set()
    for site in crossing.keys() - alone:
        for asked in _some(world, sweep, crossing[site]):
            with sweep.doors.without(lambda each: True):
                nothing = sweep.ask(asked)
            if site not in nothing.crossed:
                continue
            with sweep.doors.without(lambda each, site=site: each != site):
                one = sweep.ask(asked)
            if one.found != nothing.found or one.text != nothing.text:
                found.add(site)
                break
    return found
