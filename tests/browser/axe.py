"""What axe-core finds on a page: the rules of WCAG 2.2 AA and of good practice.

The script comes with its Python package, so that no test needs a network. It is put in through
the browser's debugger, which the site's Content-Security-Policy does not bind.
"""

from collections.abc import Iterator
from importlib.resources import files

from playwright.sync_api import Page

SCRIPT = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Only what is broken comes back, and no style sheet is fetched a second time.
OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "resultTypes": ["violations"],
    "preload": False,
}
FIND = """options => axe.run(document, options).then(found => found.violations.map(
  ({id, help, nodes}) => ({id, help, nodes: nodes.map(({html, target}) => ({html, target}))})
))"""


def violations(page: Page, *, colours: bool = True) -> list[str]:
    """A sentence for each broken rule, with the first places that break it.

    `colours` weighs each text against what lies behind it, which takes longer than all the rest.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(SCRIPT)
    rules = {"color-contrast": {"enabled": colours}}
    return list(_sentences(page.evaluate(FIND, OPTIONS | {"rules": rules})))


def _sentences(found: list[dict]) -> Iterator[str]:
    for rule in found:
        places = rule["nodes"]
        shown = "".join(f"\n    {place['target']}: {place['html'][:200]}" for place in places[:3])
        yield f"{rule['id']}: {rule['help']} ({len(places)} places){shown}"
