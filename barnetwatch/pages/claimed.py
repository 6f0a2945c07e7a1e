"""Where claims stand: what somebody says has become of them, and whose answer is awaited."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.html import format_html

from barnetwatch.lib.dates import Precision
from scrutiny.models import ClaimParty, ClaimState, PartyAnswer, Statement

State = ClaimState.State
COLOURS: dict[str, str] = {
    State.UNANSWERED: "grey",
    State.ANSWERED: "blue",
    State.DISPUTED: "orange",
    State.ACCEPTED: "turquoise",
    State.WITHDRAWN: "purple",
}
#: Takes some rows and leaves those known by the day that a page speaks of.
Known = Callable[[Any], Any]


@dataclass(frozen=True)
class Standing:
    """One claim: its state, who says so, how long it has had no answer, and whose is awaited."""

    state: str
    #: The recorded row behind it; None where it follows from the answers.
    said: ClaimState | None
    silence: str
    awaited: tuple[str, ...]

    @property
    def label(self) -> str:
        """The state in a word."""
        return str(State(self.state).label)

    @property
    def tag(self) -> str:
        """The same as a tag."""
        return tag_of(self.state)

    @property
    def awaits(self) -> str:
        """“Not yet answered by: Capita; the leader of the council.”; empty where nobody is."""
        return f"Not yet answered by: {'; '.join(self.awaited)}." if self.awaited else ""

    @property
    def stated(self) -> str:
        """Who says that it stands so, when and why; empty where it follows from the answers."""
        row = self.said
        if row is None:
            return ""
        when = f", {row.stated}" if row.stated_on else ""
        return f"{row.get_state_display()}, says {row.stated_by}{when}: {row.reason}"


@dataclass(frozen=True)
class Marks:
    """What is recorded beside some claims, each by the claim's number."""

    states: dict[int, ClaimState] = field(default_factory=dict)
    #: Each party with `has_answered`.
    parties: dict[int, list[Any]] = field(default_factory=dict)

    def standing(self, claim: Statement, has_answers: bool, on: dt.date) -> Standing:
        """Where one claim stands on a day."""
        said = self.states.get(claim.pk)
        if said is not None and said.state == ClaimState.Said.BY_ANSWERS:
            said = None
        by_answers = State.ANSWERED if has_answers else State.UNANSWERED
        state = said.state if said else by_answers
        silent = state == State.UNANSWERED
        awaited = [
            str(party)
            for party in self.parties.get(claim.pk, ())
            if not party.has_answered and state in (State.UNANSWERED, State.ANSWERED)
        ]
        return Standing(state, said, silence(claim, on) if silent else "", tuple(awaited))


def marks_of(claims: Iterable[Statement], user: Any, known: Known = lambda rows: rows) -> Marks:
    """What is recorded beside some claims, as a person may see it: two queries."""
    ids = [each.pk for each in claims if each.kind == Statement.Kind.CLAIM]
    if not ids:
        return Marks()
    states = known(ClaimState.objects.visible_to(user).filter(claim__in=ids))
    latest = {row.claim_id: row for row in states.order_by("recorded_at", "pk")}
    answers = known(PartyAnswer.objects.visible_to(user)).filter(party=OuterRef("pk"))
    asked = known(ClaimParty.objects.visible_to(user).filter(claim__in=ids))
    parties: dict[int, list[Any]] = defaultdict(list)
    asked = asked.annotate(has_answered=Exists(answers)).select_related("recorded_by")
    for party in asked.order_by("pk"):
        parties[party.claim_id].append(party)
    return Marks(latest, dict(parties))


def marks_read_with(statements: Iterable[Any]) -> Marks:
    """The states that statements brought with them (`with_said_state`); no parties."""
    names = ("state", "stated_by", "reason", "stated_on", "stated_precision")
    return Marks(
        {
            each.pk: ClaimState(
                claim_id=each.pk,
                stated_year_inferred=each.said_stated_year_inferred,
                **{name: getattr(each, f"said_{name}") for name in names},
            )
            for each in statements
            if each.said_state
        }
    )


def silence(claim: Statement, on: dt.date) -> str:
    """Since when nobody has answered a claim."""
    days = claim.days_since(on)
    if days is None:
        return "No answer is on the record. When it was said is not known."
    span = f"{least(claim)}{days:,} {'day' if days == 1 else 'days'}"
    return f"No answer is on the record, {span} after it was said."


def least(claim: Statement) -> str:
    """What stands before a number of days where the claim's date is not to the day."""
    return "" if claim.said_precision == Precision.DAY else "at least "


def tag_of(state: str) -> str:
    """A state as a tag: always a word, with a colour beside it."""
    html = '<strong class="govuk-tag govuk-tag--{}">{}</strong>'
    return format_html(html, COLOURS[state], State(state).label)
