"""What was entered about the contract, and what officers changed in the back office."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.text import capfirst

from barnetwatch.lib.dates import in_words
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.contract.words import listed, times
from contracts.models import Contract
from incidents.models import Incident

#: Days of entries, and changes of officers, that the page lists, newest first.
SHOWN = 50


@dataclass(frozen=True)
class Happening:
    """What one person did on one day."""

    day: str
    by: str
    words: str


def entered(held: Held) -> list[Happening]:
    """What was entered and stands, by day and person, newest first: “4 decisions, 1 promise”."""
    counts: dict[tuple[Any, str], dict[type, int]] = defaultdict(lambda: defaultdict(int))
    for row in held.recorded:
        day = timezone.localdate(row.recorded_at)
        counts[day, str(row.recorded_by)][type(row)] += 1
    newest = sorted(counts, key=lambda key: (-key[0].toordinal(), key[1]))[:SHOWN]
    return [
        Happening(
            in_words(day),
            by,
            listed(times(count, *_nouns(kind)) for kind, count in counts[day, by].items()),
        )
        for day, by in newest
    ]


def _nouns(kind: type) -> tuple[str, str]:
    """What pages call one row of a kind, and several."""
    if kind is Incident:
        return "failure", "failures"
    return str(kind._meta.verbose_name), str(kind._meta.verbose_name_plural)


def changed(contract: Contract, user: Any) -> list[Happening]:
    """What officers did on the contract's page of the back office; for those who may change it."""
    if not user.has_perm("contracts.change_contract"):
        return []
    log = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(contract), object_id=str(contract.pk)
    ).select_related("user")
    rows = [
        (timezone.localdate(entry.action_time), str(entry.user), entry.get_change_message())
        for entry in log.order_by("-action_time", "-pk")[:SHOWN]
    ]
    return [
        Happening(in_words(day), by, capfirst(message) or "Changed")
        for (day, by, message), _same in groupby(rows)
    ]
