"""What becomes of the matrix when one call of the door is taken out alone."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from django.apps import apps

from accounts.visibility import Visible
from tests.matrix.addresses import Pattern, addresses, takes_a_row
from tests.matrix.doors import Site, sites
from tests.matrix.people import CLOSELY, CLOSEST, KEYS
from tests.matrix.queries import OTHERS, queries
from tests.matrix.record import CHILD_OF_EXEMPT, EXEMPT_CHILD, HIDEABLE
from tests.matrix.sweep import Answer, Asked, Sweep
from tests.matrix.test_hidden import MAY_DIFFER

#: What happens: the first two turn a test red. Behind a second door nothing is seen of it, yet with
#: all other calls out this one still hides something. For the last two somebody must say why.
CANARY, DIFFERENCE, SECOND = "by a canary", "by a difference", "behind a second door"
NOTHING, NEVER = "hides nothing here", "never crossed"
#: Rows that nobody can restrict, such as payments: the door lets all of them through.
OPEN = "of rows that are always open"
FATES = (CANARY, DIFFERENCE, SECOND, OPEN, NOTHING, NEVER)
ALWAYS_OPEN = {
    model.__name__
    for model in apps.get_models()
    if issubclass(model, Visible) and model not in HIDEABLE
}
#: Requests that are tried for a call before it counts as not missed.
MOST = 9


@dataclass
class Calls:
    """The requests that cross each call, and what they answer."""

    sweep: Sweep
    words: dict[Site, str] = field(default_factory=sites)
    crossing: dict[Site, list[Asked]] = field(default_factory=lambda: defaultdict(list))
    tight: dict[Asked, Answer] = field(default_factory=dict)
    bare: dict[Asked, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for asked, answer in sorted(self.sweep.answers.items(), key=_rank):
            if asked.who != KEYS:
                for site in answer.crossed:
                    self.crossing[site].append(asked)

    def fate(self, site: Site) -> str:
        """What becomes of the matrix without a call."""
        if self.words[site].partition(".")[0] in ALWAYS_OPEN:
            return OPEN
        found = self.requests(site)
        for asked in found:
            opened = self._without(asked, lambda each: each == site)
            if opened.leaks:
                return CANARY
            if _is_compared(asked) and self._differs(asked, opened):
                return DIFFERENCE
        for asked in found:
            if asked not in self.bare:
                self.bare[asked] = self._without(asked, lambda each: True)
            alone = self._without(asked, lambda each: each != site)
            if _said(alone) != _said(self.bare[asked]):
                return SECOND
        return NOTHING if found else NEVER

    def requests(self, site: Site) -> list[Asked]:
        """Those that are tried: two that crossed it, hidden rows of the same pages, and more."""
        crossed, hidden = self.crossing[site], []
        for pattern in list(dict.fromkeys(asked.pattern for asked in crossed))[:2]:
            if takes_a_row(pattern) is not None:
                for state in (EXEMPT_CHILD, "exempt 1", CHILD_OF_EXEMPT):
                    found = addresses(pattern, self.sweep.world, CLOSEST, state)[:2]
                    hidden += [Asked(pattern, CLOSEST, where, about=state) for where in found]
            if pattern.name in OTHERS:
                where = addresses(pattern, self.sweep.world, CLOSEST)[0]
                about = self._queries(pattern)
                hidden += [Asked(pattern, CLOSEST, where + query) for query in about]
        return list(dict.fromkeys((*crossed[:2], *hidden, *crossed[2:])))[:MOST]

    def _queries(self, pattern: Pattern) -> list[str]:
        """Those that name a hidden row."""
        names = tuple(each.partition("=")[0] for each in OTHERS[pattern.name])
        found = queries(pattern, self.sweep.world, CLOSEST, ("exempt 1",), few=False)
        return [each for each in found if each.startswith(names)][:3]

    def _without(self, asked: Asked, is_out: Callable[[Site], bool]) -> Answer:
        with self.sweep.doors.without(is_out):
            return self.sweep.ask(asked)

    def _differs(self, asked: Asked, opened: Answer) -> bool:
        """Whether the answer is another; what differs from one time to the next does not count."""
        if asked not in self.tight:
            self.tight[asked] = self.sweep.ask(asked)
            assert not self.tight[asked].leaks, asked
        tight = _said(self.tight[asked])
        return _said(opened) != tight and _said(self.sweep.ask(asked)) == tight


def _rank(found: tuple[Asked, Answer]) -> tuple[bool, ...]:
    """Pages that are most likely to show what is hidden come first."""
    asked, answer = found
    return (
        not _is_compared(asked),
        answer.status != 200,
        asked.method != "GET",
        asked.who != CLOSEST,
        "?" in asked.address,
    )


def _is_compared(asked: Asked) -> bool:
    """Whether another test compares the page with what it would be without the hidden rows."""
    return asked.who in CLOSELY and not asked.pattern.name.endswith(tuple(MAY_DIFFER))


def _said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text
