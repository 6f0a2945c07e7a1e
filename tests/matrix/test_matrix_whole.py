"""The matrix whole: every state, every method, every filter, order and format, by every role.

`make test-matrix` runs it; the rest of the suite leaves it out.
"""

import pytest

from tests.matrix.addresses import absent, addresses, patterns, takes_a_row
from tests.matrix.canaries import places
from tests.matrix.people import INSIDE, OUTSIDE
from tests.matrix.queries import queries
from tests.matrix.record import HIDEABLE, STATES
from tests.matrix.sweep import Asked

pytestmark = [pytest.mark.django_db, pytest.mark.matrix]

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
ALL = tuple(patterns())


def _told(sweep, asked) -> list[str]:
    """What is wrong with an answer."""
    answer = sweep.ask(asked)
    broken = [f"{asked} -> {answer.status}"] if answer.status >= 500 else []
    return broken + [f"{asked}: {place}" for place in places(answer.leaks)]


@pytest.mark.parametrize("who", [*OUTSIDE, *INSIDE])
def test_every_method_about_every_state(world, sweep, who):
    wrong = []
    for pattern in ALL:
        states = STATES if takes_a_row(pattern) in HIDEABLE else ("open",)
        there = {address for state in states for address in addresses(pattern, world, who, state)}
        for address in sorted(there):
            for method in METHODS:
                wrong += _told(sweep, Asked(pattern, who, address, method))
    assert not wrong


@pytest.mark.parametrize("who", INSIDE)
def test_every_filter_order_and_format(world, sweep, who):
    wrong = []
    for pattern in ALL:
        for query in queries(pattern, world, who, STATES, few=False):
            for address in addresses(pattern, world, who):
                wrong += _told(sweep, Asked(pattern, who, address + query))
    assert not wrong


@pytest.mark.parametrize("who", INSIDE)
def test_every_hidden_row_answers_every_method_like_none(world, sweep, who):
    wrong, book, somebody = [], world.record.book, world.people[who]
    for pattern in ALL:
        model = takes_a_row(pattern)
        for state in STATES if model in HIDEABLE else ():
            row = world.row(who, state, model)
            if somebody.may_see(book.hidden_by[model._meta.label_lower, row.pk]):
                continue
            pairs = zip(
                addresses(pattern, world, who, state), absent(pattern, world, who), strict=True
            )
            for here, nowhere in pairs:
                for method in METHODS:
                    one = sweep.ask(Asked(pattern, who, here, method))
                    other = sweep.ask(Asked(pattern, who, nowhere, method))
                    texts = one.text.replace(here, ""), other.text.replace(nowhere, "")
                    if one.status != other.status or texts[0] != texts[1]:
                        wrong.append(f"{method} {here} ({state}): {one.status}, {other.status}")
    assert not wrong


@pytest.mark.parametrize("who", INSIDE)
def test_a_filter_by_a_hidden_row_is_refused_like_one_by_none(world, sweep, who):
    """A choice that is not offered is refused in the same words, whatever its key is of."""
    wrong = []
    for pattern in ALL:
        if pattern.register is None:
            continue
        names = [
            name
            for name, each in pattern.register.filterset_class.base_filters.items()
            if name in ("contract", "supplier", "failure", "line")
        ]
        for name in names:
            model = {"contract": "Contract", "supplier": "Supplier", "failure": "Incident"}.get(
                name, "CostLine"
            )
            kind = next(each for each in HIDEABLE if each.__name__ == model)
            for state in ("confidential", "exempt 5"):
                key = world.row(who, state, kind).pk
                for address in addresses(pattern, world, who):
                    texts = [
                        sweep.ask(Asked(pattern, who, f"{address}?{name}={each}"))
                        .text.replace(f"{name}={each}", "")
                        .replace(f'value="{each}"', "")
                        for each in (key, 987_654)
                    ]
                    if texts[0] != texts[1]:
                        wrong.append(f"{address}?{name}={key} ({state})")
    assert not wrong
