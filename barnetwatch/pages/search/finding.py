"""Looking for words: one question of the database for each kind of row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, Value, When, Window
from django.utils.safestring import SafeString

from accounts.backoffice.rows import rows_seen
from barnetwatch.pages.search.excerpts import excerpt, marked
from barnetwatch.pages.search.kinds import KINDS, Kind

#: Characters and words of a question that are heeded.
LONGEST, MOST = 200, 10
#: Rows shown of each kind beside the others, and of one kind alone.
SHOWN, PER_PAGE = 10, 50

_REFERENCE, _TITLE, _ANYWHERE = range(3)


@dataclass(frozen=True)
class Hit:
    """A row that was found."""

    title: SafeString
    url: str
    about: str
    words: SafeString
    row: Any


@dataclass(frozen=True)
class Found:
    """What was found of one kind: the first rows, and how many there are."""

    kind: Kind
    hits: Sequence[Hit]
    count: int
    by_reference: bool = False

    @property
    def name(self) -> str:
        """“1 failure”, “12 failures”."""
        return f"{self.count:,} {self.kind.one if self.count == 1 else self.kind.several}"

    @property
    def heading(self) -> str:
        """What stands over them."""
        return self.kind.several[0].upper() + self.kind.several[1:]

    @property
    def has_more(self) -> bool:
        """Whether some are not shown."""
        return self.count > len(self.hits)


def words_of(question: str) -> list[str]:
    """The words that somebody typed, each once; a phrase is as good as its words."""
    plain = re.sub(r"[\x00-\x1f\x7f]", " ", question[:LONGEST])
    words = [word.strip("“”\"'‘’,;()") for word in plain.split()]
    return list({word.lower(): word for word in words if word}.values())[:MOST]


def kinds_for(user: Any) -> list[Kind]:
    """The kinds that a person may read at all."""
    return [kind for kind in KINDS if user.has_perm(kind.permission)]


def search(user: Any, words: Sequence[str]) -> list[Found]:
    """The first of each kind that has all the words; what was named by its reference first."""
    found = [look(kind, user, words, shown=SHOWN) for kind in kinds_for(user)]
    return sorted((each for each in found if each.count), key=lambda each: not each.by_reference)


def look(kind: Kind, user: Any, words: Sequence[str], *, shown: int, start: int = 0) -> Found:
    """Rows of a kind that a person may see and that have all the words, from a place on."""
    seen = rows_seen(kind.model, user)
    rows = (
        (seen.select_related(*kind.fetched) if kind.fetched else seen)
        .filter(_has_all(kind, words))
        .annotate(rank=_rank(kind, words), of_all=Window(Count("*")))
        .order_by("rank", "-pk")[start : start + shown]
    )
    rows = list(rows)
    return Found(
        kind,
        [_hit(kind, row, words) for row in rows],
        rows[0].of_all if rows else 0,
        by_reference=any(row.rank == _REFERENCE for row in rows),
    )


def _has_all(kind: Kind, words: Sequence[str]) -> Q:
    """Every word stands in the row or in what it belongs to, and one at least in the row."""
    own = [_somewhere(kind.fields, word) for word in words]
    all_of_them = [_somewhere((*kind.fields, *kind.beside), word) for word in words]
    return reduce(and_, all_of_them) & reduce(or_, own)


def _somewhere(fields: Sequence[str], word: str) -> Q:
    return reduce(or_, (Q(**{f"{field}__icontains": word}) for field in fields))


def _rank(kind: Kind, words: Sequence[str]) -> Case:
    whens = [When(reduce(and_, (_somewhere(kind.fields[:2], word) for word in words)), then=_TITLE)]
    if kind.reference:
        named = reduce(or_, (Q(**{f"{kind.reference}__iexact": word}) for word in words))
        whens.insert(0, When(named, then=_REFERENCE))
    return Case(*whens, default=Value(_ANYWHERE), output_field=IntegerField())


def _hit(kind: Kind, row: Any, words: Sequence[str]) -> Hit:
    title = kind.called(row)
    texts = [getattr(row, field) for field in kind.fields]
    # What the title says need not be said again.
    said = excerpt((text for text in texts if text and str(text) not in title), words)
    return Hit(marked(title, words), kind.url(row), kind.about(row), said, row)
