"""What the cells of a file say, each reading of one remembered: a file says the same many times."""

import re

from barnetwatch.lib.exports import original_text
from costs.payments.amounts import PLAIN, is_of_comma, is_rounded, read_amount, read_many
from costs.payments.dates import Day, read_date
from costs.payments.names import LONGEST
from costs.payments.shape import Marks

TOTAL = re.compile(
    r"((grand|sub|overall|report|page|file|final|sum|net|gross)[ -]?)?totals?"
    r"( (for|of|amount|spend|value|payments?|net|gross)\b.*)?\s*:?",
    re.IGNORECASE,
)
_REDACTED = re.compile(r"redact|withheld|personal data|commercial confiden", re.IGNORECASE)
_NEVER = re.compile(r"(?!)")
#: Different dates, and different names, that are remembered.
MOST_KEPT = 50_000
#: The day and its precision in a file that has no dates.
NO_DAY = (None, "day")


class Days(dict[str, tuple[str | None, str] | None]):
    """Dates as a file writes them to the day and its precision; None for what is no date."""

    def __init__(self, order: str) -> None:
        self.order = order
        self._before: list[str] = []

    def seen(self) -> list[str]:
        """The dates that were read, each of them once or a few times."""
        return [*self._before, *self]

    def begin(self, *, undated: bool) -> None:
        """Begin anew; in a file without dates, none is as good as one."""
        if len(self._before) < MOST_KEPT:
            self._before += self
        self.clear()
        self[""] = NO_DAY if undated else None

    def __missing__(self, text: str) -> tuple[str | None, str] | None:
        if len(self) > MOST_KEPT:
            self.begin(undated=self[""] == NO_DAY)
        found = read_date(text, self.order)
        day = (found.on.isoformat(), str(found.precision)) if isinstance(found, Day) else None
        self[text] = day
        return day


class Names(dict[str, tuple[str, bool] | None]):
    """Suppliers to their names as kept, and whether they are redacted; None for no supplier."""

    def __init__(self, *, undated: bool) -> None:
        self.undated = undated

    def __missing__(self, text: str) -> tuple[str, bool] | None:
        if len(self) > MOST_KEPT:
            self.clear()
        # Without a day, only a name tells a payment from a total.
        no_payment = self.undated and (not text or TOTAL.fullmatch(text))
        name = original_text(text)
        if no_payment or len(name) > LONGEST:
            return None
        found = self[text] = (name, is_kept_back(name))
        return found


class Sums:
    """Sums that are not written plainly, in pence; None for what is none."""

    def __init__(self, marks: str) -> None:
        self.marks, self.rounded = marks, 0
        #: Whether one speaks against the mark that is held to be the file's.
        self.odd = marks == Marks.COMMA
        self.plain = (PLAIN if marks == Marks.POINT else _NEVER).fullmatch

    def of(self, texts: list[str]) -> list[int | None]:
        """Many sums, however each is written."""
        if self.marks == Marks.POINT and (many := read_many(texts)):
            return list(many)
        plain = self.plain
        return [int(text[:-3] + text[-2:]) if plain(text) else self[text] for text in texts]

    def __getitem__(self, text: str) -> int | None:
        self.odd = self.odd or ("," in text and is_of_comma(text))
        amount = read_amount(text, self.marks)
        if isinstance(amount, str):
            return None
        self.rounded += is_rounded(text, self.marks)
        return int(amount.scaleb(2))


def is_kept_back(name: str) -> bool:
    """Whether what stands in the place of a supplier says that the name is kept back."""
    return bool(_REDACTED.search(name))
