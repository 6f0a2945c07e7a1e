"""Sources that disagree, where nobody has said which one to use."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Count, Exists, OuterRef

from accounts.visibility import sight_of
from barnetwatch.lib.money import in_sentence
from barnetwatch.pages.failures.words import listed
from barnetwatch.pages.questions.rules.rule import Rule
from contracts.models import Award, AwardPreference, Discrepancy, Reading, ReadingPreference


class FiguresConflict(Rule):
    """Two readings of one fact or more, and none is marked as the one to use."""

    slug = "figures-conflict"
    name = "Sources that disagree"
    reason = "The papers say different things of one fact, and none is marked as the one to use."
    permission = "contracts.view_discrepancy"

    def query(self, user: Any, on: dt.date) -> Any:
        marked = ReadingPreference.objects.visible_to(user).filter(
            reading__discrepancy=OuterRef("pk")
        )
        readings = sight_of(user).of(Reading, "readings__")
        return (
            Discrepancy.objects.visible_to(user)
            .filter(~Exists(marked))
            .annotate(readings_seen=Count("readings", filter=readings))
            .filter(readings_seen__gte=2)
            .order_by("pk")
        )

    def sentence(self, found: Any, on: dt.date) -> str:
        return (
            f"{found.question} The sources on the record disagree, and none of them is marked as "
            "the one to use. Which is right, and what shows it?"
        )


class AwardsConflict(Rule):
    """Sources give different awards for one contract, and none is preferred."""

    slug = "awards-conflict"
    name = "Contracts whose award is in dispute"
    reason = (
        "Until one award is preferred, nothing can be held against what the contract was let for."
    )
    permission = "contracts.view_award"

    def query(self, user: Any, on: dt.date) -> Iterator[list[Award]]:
        preferred = AwardPreference.objects.visible_to(user).standing()
        rows = Award.objects.visible_to(user).standing().select_related("contract")
        found: dict[int, list[Award]] = defaultdict(list)
        marked = preferred.filter(award__withdrawal__isnull=True).order_by()
        rows = rows.exclude(contract__in=marked.values("award__contract"))
        for award in rows.order_by("contract__reference", "pk"):
            found[award.contract_id].append(award)
        for awards in found.values():
            if len({award.amount for award in awards}) > 1:
                yield awards

    def rows(self, found: list[Award]) -> Iterable[Award]:
        return found

    def contract(self, found: list[Award]) -> int | None:
        return found[0].contract_id

    def sentence(self, found: list[Award], on: dt.date) -> str:
        sums = listed(in_sentence(amount) for amount in sorted({each.amount for each in found}))
        return (
            f"For what sum was {found[0].contract} let? The sources on the record give {sums}, and "
            "none of them is marked as the one to use."
        )
