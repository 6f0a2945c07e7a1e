"""Who asks: one browser for each role of the matrix."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.test import Client

from accounts.models import Role
from accounts.visibility import Paragraph
from tests import factories
from tests.actors import signed_in
from tests.matrix.canaries import Reason

#: Who is never signed in.
OUTSIDE = ("anonymous", "inactive", "inactive ex-superuser")
#: The scrutiny member is given leave to see one record, and all that belongs to it, by the world.
GRANTED = "scrutiny member with one grant"
#: Signed in, by role, and what they are cleared for.
INSIDE: dict[str, tuple[tuple[Role, ...], tuple[int, ...]]] = {
    "councillor": ((Role.COUNCILLOR,), ()),
    "cleared councillor": ((Role.COUNCILLOR,), (1,)),
    GRANTED: ((Role.COUNCILLOR,), ()),
    "incident officer": ((Role.INCIDENT_OFFICER,), ()),
    "contract officer": ((Role.CONTRACT_OFFICER,), ()),
    "finance officer": ((Role.FINANCE_OFFICER,), ()),
    "auditor": ((Role.AUDITOR,), ()),
    "administrator": ((Role.ADMINISTRATOR,), ()),
    "superuser": ((), ()),
}
ROLES = (*OUTSIDE, *INSIDE)
#: Whose pages are compared with a record without the hidden rows: a member, and somebody who may
#: open every page and is cleared for nothing. That one is followed into files and forms, too.
CLOSEST = "superuser"
CLOSELY = ("councillor", CLOSEST)
#: Fields that not everybody reads who sees the row, and what one must be allowed to do.
KEPT_FROM_READERS = {
    "scrutiny.statement.speaker_name": "scrutiny.change_statement",
    "scrutiny.promise.made_by_name": "scrutiny.change_promise",
    "scrutiny.decision.taken_by_name": "scrutiny.change_decision",
    "scrutiny.claimparty.party_name": "scrutiny.change_claimparty",
    "contracts.measurement.said_by_name": "contracts.change_measurement",
}
#: The control: every page, every paragraph.
KEYS = "superuser, cleared for all"


@dataclass
class Somebody:
    """A browser, whose it is, and what that person may see by law."""

    who: str
    browser: Client
    user: Any
    member: bool = False
    cleared: tuple[int, ...] = ()
    #: The kind and key of the rows that they have leave to see.
    granted: frozenset[tuple[str, int]] = frozenset()

    def may_read(self, field: str) -> bool:
        """Whether this person may read a field of a row that they see."""
        wanted = KEPT_FROM_READERS.get(field)
        return wanted is None or self.user.has_perm(wanted)

    def may_see(self, why: Iterable[Reason]) -> bool:
        """Whether nothing of what hides a row hides it from this person."""
        return self.who not in OUTSIDE and all(self._passes(*each) for each in why)

    def _passes(
        self, restriction: str, paragraph: int | None, terms: bool, kind: str, key: int
    ) -> bool:
        if (kind, key) in self.granted:
            return True
        if restriction == "confidential":
            return False
        by_right = self.member and (paragraph == 6 or (paragraph == 3 and not terms))
        return by_right or paragraph in self.cleared


def everybody() -> dict[str, Somebody]:
    """All of them, by role."""
    found = {"anonymous": Somebody("anonymous", _browser(), None)}
    for who, is_superuser in (("inactive", False), ("inactive ex-superuser", True)):
        person = factories.a_councillor(
            who, is_active=False, is_superuser=is_superuser, cleared=(1,)
        )
        found[who] = Somebody(who, _signed_in(person), person)
    for who, (roles, cleared) in INSIDE.items():
        person = factories.a_person(
            f"The {who}", *roles, cleared=cleared, is_superuser=who == "superuser"
        )
        is_member = Role.COUNCILLOR in roles
        found[who] = Somebody(who, _signed_in(person), person, is_member, cleared)
    everything = tuple(Paragraph.values)
    person = factories.a_person("The keys", is_superuser=True, cleared=everything)
    found[KEYS] = Somebody(KEYS, _signed_in(person), person, False, everything)
    return found


def _browser() -> Client:
    return Client(raise_request_exception=False)


def _signed_in(person: Any) -> Client:
    browser = signed_in(person)
    browser.raise_request_exception = False
    return browser
