"""The permission matrix: every URL by every role, and nothing hidden in any answer.

In every run of the suite; the whole rounds of calls, methods, forms and comparisons are left to
`make test-matrix`. How to add a page stands in tests/matrix/table.py.
"""

import pytest

from contracts.models import Contract
from tests.matrix.addresses import is_known, patterns
from tests.matrix.canaries import places
from tests.matrix.expected import expected
from tests.matrix.people import GRANTED, KEYS
from tests.matrix.record import CHILD_OF_EXEMPT, HIDEABLE, STATES
from tests.matrix.table import PAGES

pytestmark = pytest.mark.django_db

#: Fields that no page shows, not even to somebody cleared for everything, with the reason.
SHOWN_NOWHERE: dict[str, str] = {
    "costs.allocationreleased.reason": "a released allocation is shown by no page; it stands in"
    " the record for the audit",
    "contracts.sourcefile.withdrawn_reason": "of a file that stands; tests/pages/test_files",
    "incidents.failurefile.withdrawn_reason": "of a file that stands; tests/pages/test_files",
    "scrutiny.decisionfile.withdrawn_reason": "of a file that stands; tests/pages/test_files",
}


def test_the_matrix_knows_every_pattern():
    unknown = [pattern for pattern in patterns() if not is_known(pattern)]
    assert not unknown, "Add a row to tests/matrix/table.py: its docstring says how."
    assert not PAGES.keys() - {pattern.name for pattern in patterns()}


def test_the_record_has_a_row_of_every_model_that_can_be_hidden(world):
    for state in STATES:
        missing = [m.__name__ for m in HIDEABLE if m not in world.record.families[state]]
        assert not missing, "Add them to record._the_rest."


def test_everybody_is_answered_as_the_table_says(world, sweep):
    wrong = [
        f"{asked} -> {answer.status}"
        for asked, answer in sweep.answers.items()
        if asked.method == "GET" and asked.about == "open" and "?" not in asked.address
        if answer.status not in expected(asked.pattern, world, asked.who)
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_meets_what_is_hidden_from_them(sweep):
    assert not {str(asked): places(a.leaks) for asked, a in sweep.answers.items() if a.leaks}


def test_one_grant_shows_that_record_with_what_belongs_to_it_and_nothing_else(world, sweep):
    contract = world.record.row(CHILD_OF_EXEMPT, Contract)
    name = (contract._meta.label_lower, contract.pk)
    met = {
        canary
        for asked, answer in sweep.answers.items()
        if asked.who == GRANTED
        for canary in answer.found
        if world.record.book.why(canary)
    }
    by_right = {
        each for each in met if world.people["councillor"].may_see(world.record.book.why(each))
    }
    given = met - by_right
    assert {each.state for each in given} == {CHILD_OF_EXEMPT}
    assert {each[3:] for canary in given for each in world.record.book.why(canary)} == {name}
    assert {"contracts.contract.title", "costs.costline.title", "incidents.incident.title"} <= {
        each.place for each in given
    }


def test_no_address_breaks(sweep):
    assert not [str(asked) for asked, answer in sweep.answers.items() if answer.status >= 500]


def test_who_is_cleared_meets_every_canary_somewhere(world, sweep):
    book = world.record.book
    exists = {each.place for each in book.by_text.values() if each.state == "exempt 1"}
    met = {
        canary.place
        for asked, answer in sweep.answers.items()
        if asked.who == KEYS
        for canary in answer.found
        if book.why(canary)
    }
    assert exists - met == SHOWN_NOWHERE.keys()
