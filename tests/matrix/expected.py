"""Which answers the matrix expects to a GET of a pattern's open row, by role."""

from tests.matrix.addresses import Pattern, model_and_page
from tests.matrix.people import KEYS, OUTSIDE
from tests.matrix.table import BACK_OFFICE, PAGES, Page
from tests.matrix.world import World

#: Kinds of row without a form that adds them.
WITHOUT_ADD_PAGE = frozenset(
    {
        *("recheck", "withdrawal", "costentry", "overrunalert", "promisechange"),
        *("clearance", "grant", "group", "subscription", "content", "edition"),
    }
)


def expected(pattern: Pattern, world: World, who: str) -> set[int]:
    """The statuses that are right for somebody: one, unless the row's own state decides."""
    model, sort = model_and_page(pattern.name)
    page = PAGES.get(pattern.name) or BACK_OFFICE.get(pattern.name)
    if page is not None:
        return _of_a_page(page, pattern.word, who)
    if who in OUTSIDE:
        return {302}
    if sort == "old":
        return {302}  # To the address it has now, which is asked for by itself.
    user, meta = world.people[who].user, model._meta
    views = user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
    if sort == "add":
        adds = user.has_perm(f"{meta.app_label}.add_{meta.model_name}")
        return {200 if adds and meta.model_name not in WITHOUT_ADD_PAGE else 403}
    if sort == "history":
        return {302 if views else 403}  # To the record's page of the audit trail.
    if sort == "delete":
        deletes = user.has_perm(f"{meta.app_label}.delete_{meta.model_name}")
        return {200, 403} if deletes else {403}  # What is only added nobody deletes.
    if sort == "act":
        # An act that the row's state does not allow leads back to the row.
        return {200, 302, 403} if views else {403}
    return {200 if views else 403}


def _of_a_page(page: Page, word: str, who: str) -> set[int]:
    answers = {page.answers, *page.also}
    allowed = page.who_of.get(word, page.who)
    may = who in allowed or (who == KEYS and allowed != frozenset())
    if may:
        return answers
    return {page.refused_outside} if who in OUTSIDE else {page.refused, *page.refused_also}
