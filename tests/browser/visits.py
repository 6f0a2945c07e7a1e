"""What a visit is: one page, in one state, as one person comes to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from accounts.models import Role

Rows = dict[Any, Any]
Arguments = Callable[[Rows], tuple[Any, ...]]
#: Who comes: nobody signed in, somebody with a role, or somebody who may do everything.
NOBODY, ANYBODY = "nobody", "the superuser"


@dataclass(frozen=True)
class Visit:
    """One page in one state."""

    #: The name of its address.
    page: str
    #: What is particular about it.
    state: str = ""
    #: What its address is made with.
    args: Arguments = lambda rows: ()
    query: str = ""
    who: Role | str = ANYBODY
    #: What is done there before anybody looks.
    act: Callable[[Page], None] = lambda page: None

    def __str__(self) -> str:
        return f"{self.page} ({self.state})" if self.state else self.page


def of(row: Any, *rest: Any) -> Arguments:
    """The page of a row, or one below it."""
    return lambda rows: (rows[row].pk, *rest)


def just(*args: Any) -> Arguments:
    """The same whatever the rows are."""
    return lambda rows: args


def nothing_typed(page: Page) -> None:
    """Send the page's form empty, as a mistake."""
    unfolded(page)
    form = page.locator("main form[method=post]").first
    for box in form.locator("input:is([type=text], [type=email], [type=password]), textarea").all():
        box.fill("")
    for choice in form.locator("select").all():
        choice.select_option(index=0)
    form.get_by_role("button").last.click()
    page.get_by_role("alert").get_by_text("There is a problem").wait_for()


def wrong_password(page: Page) -> None:
    """Sign in as nobody who is known."""
    page.get_by_label("Email").fill("nobody@barnet.example")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").get_by_text("There is a problem").wait_for()


def unfolded(page: Page) -> None:
    """Open all that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


def a_sum_to_check(page: Page) -> None:
    """Fill in what is posted, up to the page that says what it would do."""
    page.get_by_label("Status").select_option("approved")
    page.get_by_label("Sum", exact=True).fill("£400,000")
    when = page.get_by_role("group", name="Date it counts from")
    when.get_by_label("Month").fill("10")
    when.get_by_label("Year").fill("2018")
    page.get_by_label("Said by").fill("The council")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Check what this would do").wait_for()


def a_promise_to_check(page: Page) -> None:
    """Fill in what closes a promise, up to the page on which it is checked."""
    page.get_by_label("Kept: done as promised").check()
    page.get_by_label("What shows it").fill("It was on the agenda.")
    page.get_by_label("Source", exact=True).select_option(index=1)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Check before you record this").wait_for()


def a_link_made(page: Page) -> None:
    """Make a link to the calendar, which is shown once."""
    page.get_by_role("button", name="Make a link").click()
    page.get_by_text("It is shown this once").wait_for()
