"""Whatever restricted row a page tells somebody of, that they read it is kept."""

import html
import re
from typing import Any

import pytest
from django.apps import apps

from accounts import reading
from accounts.backoffice.rows import rows_seen
from tests.matrix.addresses import addresses, patterns
from tests.matrix.canaries import Canary
from tests.matrix.people import KEYS
from tests.matrix.record import CHILD_OF_EXEMPT, EXEMPT_CHILD
from tests.matrix.sweep import Asked, Sweep
from tests.matrix.world import World

pytestmark = pytest.mark.django_db

#: What a form offers to choose from: names, which are not looked at.
OFFERED = re.compile(
    r"<option[^>]*>.*?</option>"
    r'|<label class="[^"]*govuk-(?:radios|checkboxes)__label[^>]*>.*?</label>',
    re.DOTALL,
)
#: Pages that tell of a restricted row without keeping that it was read, with the reason.
NOT_KEPT = {
    "_delete": "the back office names what would be deleted along, in words of Django's own",
    "suppliers": "sums over many rows name none of them",
}
#: Fields of no record: what is written down of an act, which is shown where its record is.
OF_ACTS = ("accounts.auditentry.reason", ".act.after", ".act.reason")


@pytest.mark.parametrize(
    "state",
    [
        "exempt 1",
        pytest.param(EXEMPT_CHILD, marks=pytest.mark.matrix),
        pytest.param(CHILD_OF_EXEMPT, marks=pytest.mark.matrix),
    ],
)
def test_what_is_shown_of_restricted_rows_is_kept_as_read(world, monkeypatch, state):
    sweep, noted, missed = Sweep(world), set(), set()

    def note(shown: Any, **_how: Any) -> int:
        noted.update(reading.restricted_among(shown))
        return 0

    monkeypatch.setattr(reading, "note", note)
    with sweep.walking():
        for pattern in patterns():
            if pattern.name.endswith(tuple(NOT_KEPT)):
                continue
            for address in addresses(pattern, world, KEYS, state):
                noted.clear()
                answer = sweep.ask(Asked(pattern, KEYS, address))
                if answer.status != 200 or "attachment" in answer.text.partition("\n\n")[0]:
                    continue
                said = OFFERED.sub("", html.unescape(answer.text))
                for canary in world.record.book.found_in(said):
                    if not (canary.place.endswith(OF_ACTS) or is_kept(canary, noted, world)):
                        missed.add(f"{pattern.name}: {canary.place}")
    assert not missed, "\n".join(sorted(missed))


def is_kept(canary: Canary, noted: set[Any], world: World) -> bool:
    """Whether a record was noted that a canary stands in; what is open needs none."""
    why = world.record.book.why(canary)
    names = {(canary.model, canary.pk), *((kind, key) for *_, kind, key in why)}
    if not why or noted & names:
        return True
    rows = rows_seen(apps.get_model(canary.model), world.people[KEYS].user)
    return bool(noted & reading.restricted_among(rows.filter(pk=canary.pk)))
