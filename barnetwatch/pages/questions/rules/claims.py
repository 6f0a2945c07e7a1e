"""Claims that nobody has answered."""

import datetime as dt
from typing import Any

from django.db.models import Prefetch

from barnetwatch.pages.failures.words import listed
from barnetwatch.pages.questions.rules.rule import Rule
from barnetwatch.pages.questions.words import as_said, at_the_latest, when
from scrutiny.models import ClaimParty, ClaimState, Statement


class ClaimUnanswered(Rule):
    """Made more than 30 days ago, and no response is on the record."""

    slug = "claim-unanswered"
    name = "Claims nobody has answered"
    reason = "Somebody said so in public. After 30 days, no answer to it is on the record."
    permission = "scrutiny.view_statement"
    DAYS = 30

    def query(self, user: Any, on: dt.date) -> Any:
        seen = Statement.objects.visible_to(user)
        states = ClaimState.objects.visible_to(user)
        parties = ClaimParty.objects.visible_to(user).order_by("pk")
        return (
            seen.unanswered(answers=seen, states=states)
            .annotate(said_by_then=at_the_latest("said_on"))
            .filter(said_by_then__lt=on - dt.timedelta(days=self.DAYS))
            .select_related("incident")
            .prefetch_related(Prefetch("parties", parties))
            .order_by("said_by_then", "pk")
        )

    def contract(self, found: Any) -> int | None:
        return found.contract_id or (found.incident and found.incident.contract_id)

    def sentence(self, found: Any, on: dt.date) -> str:
        parties = dict.fromkeys(party.party for party in found.parties.all())
        do = "does" if len(parties) == 1 else "do"
        whose = f"What {do} {listed(parties)} say to it?" if parties else "What is the answer?"
        return (
            f"{found.speaker} said {when(found.said)}: {as_said(found)} "
            f"No answer to it is on the record. {whose}"
        )
