"""By keyboard alone: everything is reached, in order, and one sees where one is."""

from playwright.sync_api import Page

from accounts.models import Role
from contracts.models import Contract

#: Where the keyboard is: something to know it by, and whether it shows.
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  at.dataset.visited = "yes";
  const style = getComputedStyle(at);
  // Boxes and buttons of a choice are drawn by the label behind them.
  const drawn = getComputedStyle(at.nextElementSibling || at, "::before");
  const box = at.getBoundingClientRect();
  return {
    what: [at.tagName, at.innerText || at.name || at.getAttribute("aria-label")].join(" ").trim(),
    shows: [style, drawn].some(
      each => each.outlineStyle !== "none" || each.boxShadow !== "none"
    ),
    inside: box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0,
  };
}"""
#: What a keyboard should come to: one of each group of radios is enough.
MISSED = """() => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]):not([type=radio]), select, textarea, summary," +
  " [tabindex='0']"
)].filter(each => each.checkVisibility() && !each.disabled && !each.dataset.visited)
  .map(each => each.outerHTML.slice(0, 120))"""
#: More stops than any page has.
ENOUGH = 400


def walk(page: Page) -> list[dict]:
    """Press Tab until the page is through; every stop."""
    stops = []
    for _ in range(ENOUGH):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            return stops
        stops.append(stop)
    raise AssertionError(f"after {ENOUGH} stops there is still more: {stops[-3:]}")


PAGES = ("index", "contracts", "contract", "failures", "failure_report", "digest", "help")


def test_everything_is_reached_by_keyboard_and_shows_where_one_is(record, as_role, subtests):
    visitor = as_role(Role.INCIDENT_OFFICER)
    csg = Contract.objects.get(reference="CSG")
    for name in PAGES:
        with subtests.test(name):
            page = visitor.at(f"admin:{name}", *([csg.pk] if name == "contract" else []))
            stops = walk(page)
            assert stops[0]["what"] == "A Skip to main content"
            assert [stop["what"] for stop in stops if not stop["shows"]] == []
            assert [stop["what"] for stop in stops if not stop["inside"]] == []
            assert page.evaluate(MISSED) == []


def test_the_skip_link_leads_past_the_navigation(record, as_role):
    visitor = as_role(Role.COUNCILLOR)
    page = visitor.at("admin:contracts")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to main content"
    assert page.locator(":focus").is_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.locator("main :focus").wait_for()


def test_the_menu_of_a_narrow_window_opens_by_keyboard(record, as_role):
    visitor = as_role(Role.COUNCILLOR, width=390)
    page = visitor.at("admin:help")
    menu = page.get_by_role("button", name="Menu")
    failures = page.get_by_role("navigation", name="Main").get_by_role("link", name="Failures")
    assert not failures.is_visible()
    menu.focus()
    page.keyboard.press("Enter")
    failures.wait_for()
    assert menu.get_attribute("aria-expanded") == "true"
