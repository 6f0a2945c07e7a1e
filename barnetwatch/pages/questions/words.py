"""Dates and names within a question."""

import datetime as dt
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce, TruncDate

from barnetwatch.lib.dates import LONDON, Precision, SourceDate
from barnetwatch.pages.failures.words import days


def when(date: SourceDate) -> str:
    """Within a sentence: on 25 July [2016], in July [2018], in 2017, on a day not known."""
    if date.day is None:
        return "on a day not known"
    return f"{'on' if date.precision == Precision.DAY else 'in'} {date}"


def since(day: dt.date, on: dt.date, *, exact: bool = True) -> str:
    """“31 days”, “at least 2,597 days”: day 1 is the day after."""
    return f"{'' if exact else 'at least '}{days((on - day).days)}"


def at_the_latest(column: str) -> Coalesce:
    """A day the source gives, or else the day it was recorded here: it happened by then."""
    return Coalesce(F(column), TruncDate("recorded_at", tzinfo=LONDON))


def the(body: Any) -> str:
    """A body within a sentence: the Audit Committee."""
    name = str(body)
    return name if name.lower().startswith("the ") else f"the {name}"


def beside(line: Any) -> str:
    """A cost by its title, and what it stands beside: “Mosaic: new delivery partner” (CSG)."""
    return f"“{line.title}” ({line.contract or line.supplier})"


def as_said(statement: Any) -> str:
    """Somebody's words with a stop at the end, in quotation marks where exactly theirs."""
    words = statement.words.strip()
    if statement.is_quotation:
        return f"“{words}”."
    return words if words.endswith((".", "?", "!", ".”")) else f"{words}."
