"""What is hidden is as if absent: its own address, and every page that could count or add it up."""

import re

import pytest

from tests.matrix.absence import without_what_is_hidden
from tests.matrix.addresses import absent, addresses, patterns, takes_a_row
from tests.matrix.people import CLOSELY, CLOSEST, INSIDE
from tests.matrix.record import HIDEABLE, STATES
from tests.matrix.sweep import Asked

pytestmark = pytest.mark.django_db

#: How the names of patterns end that are not compared, with the reason.
MAY_DIFFER = {
    "_delete": "what is hidden must not be deleted along: the page says that something is in the"
    " way, and never what, how much or of which kind",
    "mfa_activate_totp": "it makes a new key each time",
    "status": "it tells how much of the disk is left",
    "usersessions_list": "it tells when one was last seen, not of the record",
    "payment_file_withdraw": "undoing an import reverses every entry that its payments posted: how"
    " many is told to whoever undoes it, and never of what",
    "payments_allocate": "a payment belongs to one cost: one that belongs to a hidden cost is not"
    " offered for another",
}
#: What a digest prints of the ledger: a checksum over every entry, the hidden ones too.
SEAL = re.compile(r"\b[0-9a-f]{8}(?: [0-9a-f]{8}){7}\b")
#: Pages that say what was read meanwhile: they are asked for anew before they are compared.
TELLS_OF_READING = ("history", "audit_trail")


def test_the_address_of_a_hidden_row_answers_like_that_of_none(world, sweep):
    """In the quick form two roles a pattern, and for each one of the states, in turn."""
    book, turn, wrong = world.record.book, 0, []
    for pattern in patterns():
        model = takes_a_row(pattern)
        if model not in HIDEABLE:
            continue
        for who in (CLOSEST, list(INSIDE)[turn % len(INSIDE)]):
            turn += 1
            hidden = [
                state
                for state in STATES
                if not world.people[who].may_see(
                    book.hidden_by[model._meta.label_lower, world.row(who, state, model).pk]
                )
            ]
            state = hidden[turn % len(hidden)]
            pairs = zip(
                addresses(pattern, world, who, state), absent(pattern, world, who), strict=True
            )
            for here, nowhere in pairs:
                one = sweep.ask(Asked(pattern, who, here))
                other = sweep.ask(Asked(pattern, who, nowhere))
                texts = one.text.replace(here, ""), other.text.replace(nowhere, "")
                if one.status != other.status or one.leaks or texts[0] != texts[1]:
                    wrong.append((who, here, state, one.status, _difference(*texts)))
    assert not wrong


@pytest.mark.parametrize("who", [CLOSELY[0], pytest.param(CLOSEST, marks=pytest.mark.matrix)])
def test_every_page_is_what_it_would_be_without_the_hidden_rows(world, sweep, who):
    wrong, before = [], {}
    for asked, answer in sweep.answers.items():
        if asked.who == who and not asked.pattern.name.endswith(tuple(MAY_DIFFER)):
            anew = asked.pattern.name in TELLS_OF_READING
            before[asked] = sweep.ask(asked) if anew else answer
    with without_what_is_hidden(world, who) as rows:
        assert sum(map(len, rows.values())) > 200
        for asked, answer in before.items():
            texts = [SEAL.sub("", each.text) for each in (answer, sweep.ask(asked))]
            if texts[0] != texts[1]:
                wrong.append(f"{asked}: {_difference(*texts)}")
    assert not wrong, "\n".join(wrong)


def _difference(one: str, other: str) -> tuple[str, str]:
    """The first lines that differ."""
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    return next(((a[:300], b[:300]) for a, b in pairs if a != b), ("", "one is longer"))
