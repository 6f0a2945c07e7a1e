"""Files of evidence in every state, and the pages about them."""

from typing import Any

from accounts import filing
from accounts.models import Role
from contracts.models import Source
from incidents.models import Incident
from scrutiny.models import Decision
from tests.browser.visits import Rows, Visit, nothing_typed, of, unfolded
from tests.evidence import a_file
from tests.factories import the_officer


def rows_of(failure: Incident) -> Rows:
    """One that stands under a long name, and one that is withdrawn and destroyed."""
    withdrawn = a_file(failure, "minutes.docx", description="A statement, signed")
    reason = "It names a client, so its bytes are destroyed."
    filing.withdraw(withdrawn, reason=reason, by=the_officer(), destroy=True)
    stands = a_file(failure, f"minutes_{'of_the_board_' * 12}2018.pdf", description="The minutes")
    return {"file": stands}


def _file(rows: Rows) -> tuple[Any, ...]:
    return "failure", rows["file"].key


VISITS = [
    Visit("admin:source", args=of(Source)),
    Visit("admin:source", "a councillor's", of(Source), who=Role.COUNCILLOR),
    Visit("admin:file_add", args=lambda rows: ("failure", rows[Incident].pk), act=unfolded),
    Visit(
        "admin:file_add",
        "a mistake",
        lambda rows: ("decision", rows[Decision].pk),
        act=nothing_typed,
    ),
    Visit("admin:file_change", args=_file, act=unfolded),
    Visit("admin:file_change", "a mistake", _file, act=nothing_typed),
    Visit("admin:file_withdraw", args=_file),
    Visit("admin:file_withdraw", "a mistake", _file, act=nothing_typed),
]
