"""What a rule is, and what it proposes."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from accounts.rowrefs import ref


@dataclass(frozen=True)
class Proposal:
    """A question that a rule proposes, with the names of the rows it rests on.

    `contract` and `body` are the ids of those it concerns, None where the record names none.
    """

    rule: str
    words: str
    rests_on: tuple[str, ...]
    contract: int | None = None
    body: int | None = None
    #: The rows themselves.
    tells: Any = field(default=(), compare=False)

    @property
    def key(self) -> str:
        """The same for the same question on another day, however its words have moved on."""
        return f"{self.rule}/{','.join(self.rests_on)}"


class Rule:
    """One reason to ask, looked for among the rows that a person may see, as of a day.

    The query asks the database a fixed number of times, however many rows there are.
    """

    #: In addresses and on picked questions; never changed.
    slug = ""
    #: What its questions stand under.
    name = ""
    #: Why that is worth asking.
    reason = ""
    #: What a person must be allowed to read.
    permission = ""

    def query(self, user: Any, on: dt.date) -> Iterable[Any]:
        """The rows, or groups of them, that raise the question on a day, most pressing first."""
        raise NotImplementedError

    def sentence(self, found: Any, on: dt.date) -> str:
        """The question about one of them."""
        raise NotImplementedError

    def rows(self, found: Any) -> Iterable[models.Model]:
        """What the question rests on."""
        return (found,)

    def contract(self, found: Any) -> int | None:
        """The contract that it concerns."""
        return found.contract_id

    def body(self, found: Any) -> int | None:
        """The body that is to hear of it."""
        return None

    def propose(self, user: Any, on: dt.date) -> list[Proposal]:
        """Its questions to a person on a day; none to those who may not read its rows."""
        if not user.has_perm(self.permission):
            return []
        return [
            Proposal(
                rule=self.slug,
                words=self.sentence(found, on),
                rests_on=tuple(map(ref, self.rows(found))),
                contract=self.contract(found),
                body=self.body(found),
                tells=found,
            )
            for found in self.query(user, on)
        ]
