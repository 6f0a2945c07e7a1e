"""Every page at every width: axe finds nothing, nothing runs over, nothing is complained of."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Role
from tests import factories
from tests.actors import the_superuser
from tests.browser import axe
from tests.browser.conftest import NARROW, PHONE, TABLET, WIDE
from tests.browser.itinerary import NOT_VISITED, VISITS, the_rows
from tests.browser.visitor import Visitor
from tests.browser.visits import ANYBODY, NOBODY, Visit

WIDTHS = (WIDE, TABLET, PHONE, NARROW)
#: The style sheet's one change of layout lies between them; colours are the same on either side.
COLOURS = (WIDE, PHONE)
#: Pages look alike on both databases: the second round looks once, at a telephone's width.
TESTED = (PHONE,) if settings.SERVED else WIDTHS
#: What is left of a wide window at 200%; at 400% it is the narrow one.
ZOOMED = WIDE // 2
BACK_OFFICE = "back-office/"


def addresses(
    resolver: URLResolver, above: str = "", spaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Every address of the site with its name."""
    for pattern in resolver.url_patterns:
        at = above + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield at, ":".join((*spaces, pattern.name or ""))
        else:
            own = (pattern.namespace,) if pattern.namespace else ()
            yield from addresses(pattern, at, spaces + own)


def own_pages() -> set[str]:
    """The names of all addresses but the back office's, which is Django's own."""
    found = addresses(get_resolver())
    signing_in = {"admin:login", "admin:logout", "admin:password_change"}
    return {name for at, name in found if not at.startswith(BACK_OFFICE)} | signing_in


def test_every_page_is_visited_or_is_excused():
    visited = {visit.page for visit in VISITS}
    assert own_pages() - visited - NOT_VISITED.keys() == set()
    assert not visited & NOT_VISITED.keys()
    assert NOT_VISITED.keys() <= own_pages()


@pytest.fixture
def sitting(record, a_visitor) -> Callable[[Role | str], Visitor]:
    """One browser for each kind of person, kept from page to page."""
    visitors: dict[Role | str, Visitor] = {}

    def find(who: Role | str) -> Visitor:
        if who not in visitors:
            person = {NOBODY: lambda: None, ANYBODY: the_superuser}.get(
                who, lambda: factories.a_person(f"Pat {who}", who)
            )()
            visitors[who] = a_visitor(person)
        return visitors[who]

    return find


def test_axe_finds_nothing_on_any_page_at_any_width(sitting, subtests):
    rows = the_rows()
    for visit in VISITS:
        with subtests.test(str(visit)):
            if found := faults(visit, rows, sitting(visit.who)):
                pytest.fail("\n".join(found), pytrace=False)


def faults(visit: Visit, rows: dict, visitor: Visitor) -> list[str]:
    """What is wrong with a page, and at which widths."""
    page = visitor.page
    page.set_viewport_size({"width": WIDE, "height": 900})
    visitor.open(reverse(visit.page, args=visit.args(rows)) + visit.query)
    visit.act(page)
    page.wait_for_load_state()
    widths: dict[str, list[int]] = {}
    if (headings := page.locator("h1").count()) != 1:
        widths[f"{headings} first headings"] = []
    for width in (*WIDTHS, ZOOMED):
        page.set_viewport_size({"width": width, "height": 900})
        found = axe.violations(page, colours=width in COLOURS) if width in TESTED else []
        if over := visitor.overflow():
            found.append(f"{over} px too wide")
        for said in found:
            widths.setdefault(said, []).append(width)
    return [f"at {at}: {said}" for said, at in widths.items()]
