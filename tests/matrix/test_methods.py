"""HEAD, PUT, DELETE and OPTIONS: each pattern is asked all four, each role asks all four.

Which role asks which pattern by which method, and about the row in which state, goes in turn: all
of it by all of them would be some 180,000 requests. Every run takes each fifth pattern, `make
test-matrix` all of them.
"""

from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.matrix.addresses import absent, addresses, patterns, takes_a_row
from tests.matrix.canaries import places
from tests.matrix.people import KEYS, ROLES
from tests.matrix.record import HIDEABLE, STATES
from tests.matrix.sweep import Asked, normal
from tests.matrix.world import World
from tests.matrix.writes import BESIDE

pytestmark = pytest.mark.django_db

METHODS = ("HEAD", "PUT", "DELETE", "OPTIONS")
#: Where HEAD is not answered like GET, with the reason.
UNLIKE_GET = {"login": "Django's own leads on whoever is signed in already, by GET alone"}
EVERYBODY = (*ROLES, KEYS)


def test_each_pattern_is_asked_all_four_and_each_role_asks_all_four(world):
    of_pattern, of_role, of_state = defaultdict(set), defaultdict(set), defaultdict(set)
    for asked, _ in _turns(world):
        of_pattern[asked.pattern].add(asked.method)
        of_role[asked.who].add(asked.method)
        of_state[asked.about].add(asked.method)
    assert of_pattern.keys() == set(patterns())
    for found in (of_pattern, of_role, of_state):
        assert all(methods == set(METHODS) for methods in found.values())


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.matrix)])
def test_no_other_method_says_or_writes_more_than_it_may(world, sweep, figure, step):
    wrong, count = [], 0
    for asked, nowhere in _turns(world, step):
        count += 1
        answer = sweep.ask(asked)
        if answer.leaks:
            wrong.append(f"{asked}: {places(answer.leaks)}")
        if answer.status >= 500:
            wrong.append(f"{asked} -> {answer.status}")
        if answer.written - BESIDE:
            wrong.append(f"{asked} writes {sorted(answer.written - BESIDE)}")
        if asked.method == "HEAD":
            get = sweep.ask(Asked(asked.pattern, asked.who, asked.address)).status
            if get != answer.status and asked.pattern.name not in UNLIKE_GET:
                wrong.append(f"{asked} -> {answer.status}, GET {get}")
        elif _is_hidden(world, asked):
            none = sweep.ask(Asked(asked.pattern, asked.who, nowhere, asked.method))
            texts = [
                each.text.replace(normal(where), "")
                for each, where in ((answer, asked.address), (none, nowhere))
            ]
            if answer.status != none.status or texts[0] != texts[1]:
                wrong.append(f"{asked} -> {answer.status}, of no row {none.status}")
    figure(f"permission matrix: {count:,} requests by {', '.join(METHODS)}")
    assert not wrong, "\n".join(wrong)


def _turns(world: World, step: int = 1) -> Iterator[tuple[Asked, str]]:
    """Each request, and the address of no row that is like its own."""
    for number, pattern in list(enumerate(patterns()))[::step]:
        for place, who in enumerate(EVERYBODY):
            method = METHODS[(number + place) % len(METHODS)]
            turn = number * len(EVERYBODY) + place
            state = STATES[turn // len(METHODS) % len(STATES)]
            pairs = zip(
                addresses(pattern, world, who, state), absent(pattern, world, who), strict=True
            )
            for here, nowhere in pairs:
                yield Asked(pattern, who, here, method, state), nowhere


def _is_hidden(world: World, asked: Asked) -> bool:
    model = takes_a_row(asked.pattern)
    if model not in HIDEABLE:
        return False
    row = world.row(asked.who, asked.about, model)
    why = world.record.book.hidden_by[model._meta.label_lower, row.pk]
    return not world.people[asked.who].may_see(why)
