"""Promises that are past their day, or that never had one."""

import datetime as dt
from typing import Any

from barnetwatch.lib.dates import source_date
from barnetwatch.pages.questions.rules.rule import Rule
from barnetwatch.pages.questions.words import at_the_latest, when
from scrutiny.models import Promise


class _OfPromises(Rule):
    permission = "scrutiny.view_promise"

    def rows_of(self, user: Any) -> Any:
        """Open promises with what their questions name."""
        seen = Promise.objects.visible_to(user).unkept()
        return seen.select_related("body", "contract", "incident")

    def contract(self, found: Any) -> int | None:
        return found.contract_id or (found.incident and found.incident.contract_id)

    def body(self, found: Any) -> int | None:
        return found.body_id


class PromiseOverdue(_OfPromises):
    """Open, and its day lies before today."""

    slug = "promise-overdue"
    name = "Promises past their day"
    reason = "A day was named. It has passed, and nothing shows that the promise was kept."

    def query(self, user: Any, on: dt.date) -> Any:
        return self.rows_of(user).filter(due_on__lt=on).order_by("due_on", "pk")

    def sentence(self, found: Any, on: dt.date) -> str:
        return (
            f"{_promised(found)} It was due {when(source_date(found, 'due'))}. "
            "Has it been kept, and if not, when will it be?"
        )


class PromiseWithoutDate(_OfPromises):
    """Open, without a day, and more than 60 days old."""

    slug = "promise-without-date"
    name = "Promises without a date"
    reason = "No day was named, so nobody can be late: after 60 days it is time to ask for one."
    DAYS = 60

    def query(self, user: Any, on: dt.date) -> Any:
        rows = self.rows_of(user).filter(due_on__isnull=True)
        rows = rows.annotate(made_by_then=at_the_latest("made_on"))
        return rows.filter(made_by_then__lt=on - dt.timedelta(days=self.DAYS)).order_by(
            "made_by_then", "pk"
        )

    def sentence(self, found: Any, on: dt.date) -> str:
        only = f", only “{found.due_words}”" if found.due_words else ""
        return (
            f"{_promised(found)} No day was named{only}. "
            "Has it been kept, and if not, by which day will it be?"
        )


def _promised(row: Promise) -> str:
    return f"{row.made_by} promised {when(row.made)}: “{row.words.strip()}”."
