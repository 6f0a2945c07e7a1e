"""Failures of which nothing is heard, and what does not work for more than a year."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models.functions import Coalesce
from django.utils import timezone

from barnetwatch.lib.dates import in_words
from barnetwatch.pages.questions.evidence.commitments import in_a_sentence
from barnetwatch.pages.questions.rules.rule import Rule
from contracts.models import CapabilityGap
from incidents.attention import SILENT_DAYS
from incidents.models import Incident


class FailureSilent(Rule):
    """Not resolved, and nothing was recorded of it for more than 30 days."""

    slug = "failure-silent"
    name = "Failures without news"
    reason = f"It is not resolved, and nothing has been recorded about it for {SILENT_DAYS} days."
    permission = "incidents.view_incident"

    def query(self, user: Any, on: dt.date) -> Any:
        rows = Incident.objects.visible_to(user).silent_for(SILENT_DAYS, on)
        return rows.order_by("last_word_at", "pk")

    def sentence(self, found: Any, on: dt.date) -> str:
        last = timezone.localdate(found.last_word_at)
        return (
            f"Nothing has been recorded about the failure “{found.title}” ({found.reference}) "
            f"since {in_words(last)}. What has been done about it, and what happens next?"
        )


class NotWorkingForAYear(Rule):
    """Capabilities of one service that are missing since the same day, for more than a year."""

    slug = "not-working-for-a-year"
    name = "Not working for more than a year"
    reason = "Something the service must be able to do has been missing for longer than a year."
    permission = "contracts.view_capabilitygap"
    YEARS = 1

    def query(self, user: Any, on: dt.date) -> Iterator[list[CapabilityGap]]:
        rows = CapabilityGap.objects.visible_to(user).lasting()
        rows = rows.annotate(counted=Coalesce("since_on", "first_reported_on"))
        found: dict[tuple[int, dt.date, bool], list[CapabilityGap]] = defaultdict(list)
        for gap in rows.select_related("capability__service__contract").order_by("counted", "pk"):
            if on > gap.counted + relativedelta(years=self.YEARS):
                key = gap.capability.service_id, gap.counted, gap.since_on is None
                found[key].append(gap)
        yield from found.values()

    def rows(self, found: list[CapabilityGap]) -> Iterable[CapabilityGap]:
        return found

    def contract(self, found: list[CapabilityGap]) -> int | None:
        return found[0].capability.service.contract_id

    def sentence(self, found: list[CapabilityGap], on: dt.date) -> str:
        gap, service = found[0], found[0].capability.service
        what = ", ".join(in_a_sentence(each.capability.name) for each in found)
        known = f" was first reported on {in_words(gap.first_reported_on)} as not working"
        if gap.since_on is not None:
            known = f" is on the record as not working since {gap.since}"
        return (
            f"{service.name} ({service.contract}){known} for this: {what}. Nothing on the "
            "record says that it has been put right. Does it work now, and since when?"
        )
