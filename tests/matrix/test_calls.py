"""The second control, call by call: each call of the door is taken out alone, and a test must turn
red: an answer holds a canary, or is another than it would be without the hidden rows.

A call whose absence is not missed stands behind a second door where it still hides something once
all the others are out. Any other is named in `backed.py` with its reason; what is named there and
is missed after all fails, too. Every run takes each eighth call, `make test-matrix` all of them.
"""

from collections import Counter

import pytest

from tests.matrix.backed import BACKED, UNCROSSED
from tests.matrix.calls import CANARY, DIFFERENCE, FATES, NEVER, NOTHING, Calls
from tests.matrix.doors import names

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def calls(sweep) -> Calls:
    return Calls(sweep)


@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.matrix)])
def test_each_call_is_missed_when_it_alone_is_taken_out(calls, figure, step):
    fates = {name: calls.fate(site) for site, name in list(names().items())[::step]}
    counts = Counter(fates.values())
    told = ", ".join(f"{counts[fate]:,} {fate}" for fate in FATES)
    figure(f"permission matrix: {len(fates):,} calls taken out one by one: {told}")
    for fate, named in ((NOTHING, BACKED), (NEVER, UNCROSSED)):
        assert {name for name, each in fates.items() if each == fate} == named.keys() & fates.keys()


def test_what_is_named_is_a_call(calls):
    assert not (BACKED.keys() | UNCROSSED.keys()) - set(names().values())
    assert not BACKED.keys() & UNCROSSED.keys()


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("barnetwatch/pages/contract/page.py: Contract.objects.visible_to(request.user)", CANARY),
        ("barnetwatch/pages/scrutiny.py: Meeting.objects.visible_to(user)", DIFFERENCE),
        ("costs/previews.py: CostLine.objects.visible_to(self.user)", NEVER),
    ],
)
def test_the_control_tells_the_fates_apart(calls, name, fate):
    site = next(site for site, each in names().items() if each == name)
    assert calls.fate(site) == fate
