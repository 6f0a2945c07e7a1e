"""The sources behind the page, numbered in the order in which it cites them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from contracts.models import Source


@dataclass(frozen=True)
class Cited:
    """One source with its number on the page."""

    number: int
    source: Source


class Citations:
    """Gives each row the source it cites; nothing where the reader may not see that source."""

    def __init__(self, user: Any, rows: Iterable[Any]) -> None:
        wanted = dict.fromkeys(row.source_id for row in rows if row.source_id is not None)
        found = {
            source.pk: source
            for source in Source.objects.visible_to(user).filter(pk__in=wanted).order_by()
        }
        seen = [found[pk] for pk in wanted if pk in found]
        self.all = [Cited(number, source) for number, source in enumerate(seen, 1)]
        self._by_source = {cited.source.pk: cited for cited in self.all}

    def of(self, row: Any) -> Cited | None:
        """The source of one row."""
        return self._by_source.get(row.source_id)
