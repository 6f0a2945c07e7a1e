"""Pictures of the main pages for docs/screenshots: `make screenshots`.

They show the public record as it is on the day they are taken, so ages in days go on. The site
that is pictured is served as in earnest, from a record that is made for it and thrown away.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from barnetwatch.env import BASE_DIR
from tests.browser import chromium
from tests.browser.gunicorn import manage, serving

FOLDER = BASE_DIR / "docs" / "screenshots"
#: A wide window and a telephone: width and height.
SIZES = {"wide": (1280, 720), "phone": (390, 844)}
MOST = 150 * 1024
#: Name of the picture, who looks, the address or the links that lead there.
PICTURES = (
    ("sign-in", None, "/", ()),
    ("overview", "councillor", "/", ()),
    ("contracts", "councillor", "/contracts/", ()),
    ("contract", "councillor", "/contracts/", ("CSG",)),
    ("chart", "councillor", "/contracts/", ("CSG", "Over time")),
    ("failures", "councillor", "/failures/", ()),
    ("failure", "councillor", "/failures/?q=mosaic", ("INC-",)),
    ("overruns", "councillor", "/alerts/", ()),
    ("overrun", "councillor", "/", ("1%",)),
    ("the-sum", "councillor", "/", ("1%", "Show me the sum")),
    ("supplier", "councillor", "/suppliers/", ("Capita Business",)),
    ("search", "councillor", "/search/?q=mosaic", ()),
    ("scrutiny", "councillor", "/scrutiny/", ()),
    ("questions", "councillor", "/questions/", ()),
    ("promise", "councillor", "/promises/", ("findings",)),
    ("claim", "councillor", "/claims/", ("could cost",)),
    ("commitments", "councillor", "/commitments/", ()),
    ("timeline", "councillor", "/contracts/", ("CSG", "timeline")),
    ("import-payments", "finance.officer", "/payments/import/", ()),
    ("report-a-failure", "incident.officer", "/failures/report/", ()),
    ("history", "auditor", "/contracts/", ("CSG", "History of this record")),
    ("audit-trail", "auditor", "/audit-trail/", ()),
    ("ask-to-see", "councillor", "/access/ask/", ()),
    ("help", "councillor", "/help/", ()),
)


@contextmanager
def a_site(folder: Path) -> Iterator["Site"]:
    """A site of its own with the public record."""
    kept = ("HOME", "LANG", "PATH", "TMPDIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"VAR_DIR": str(folder)}
    for command in ("migrate", "loadrecord", "checkoverruns"):
        manage(environment, command)
    said = (folder / "sign-in.txt").read_text(encoding="utf-8")
    with serving(environment) as site:
        password = re.search(r"^Password: +(\S+)$", said, re.MULTILINE)[1]
        yield Site(site, password, environment)


@dataclass
class Site:
    """Where it is, everybody's password, and the sessions of those who have signed in."""

    address: str
    password: str
    environment: dict[str, str]
    sessions: dict[str | None, Any] = field(default_factory=dict)

    def sign_in(self, page: Page, who: str) -> None:
        """With a code where one is asked for: once for each person, since a code is right once."""
        page.goto(f"{self.address}/")
        page.get_by_label("Email address").fill(f"{who}@barnetwatch.example")
        page.get_by_label("Password", exact=True).fill(self.password)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        if page.get_by_role("heading", name="Enter a code").is_visible():
            page.screenshot(path=FOLDER / "code-wide.png", animations="disabled")
            code = manage(self.environment, "signincode").strip()
            page.get_by_label("Code", exact=True).fill(code)
            page.get_by_role("main").get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Sign out").wait_for()
        self.sessions[who] = page.context.storage_state()


def take(browser: Browser, site: Site, size: str) -> None:
    """Every picture at one size."""
    width, height = SIZES[size]
    pages: dict[str | None, Page] = {}
    for name, who, address, links in PICTURES:
        if who not in pages:
            viewport = {"width": width, "height": height}
            pages[who] = browser.new_page(
                viewport=viewport,
                locale="en-GB",
                reduced_motion="reduce",
                storage_state=site.sessions.get(who),
            )
            if who and who not in site.sessions:
                site.sign_in(pages[who], who)
        page = pages[who]
        page.goto(site.address + address)
        for link in links:
            page.locator("main a", has_text=link).first.click()
            page.wait_for_load_state()
        file = FOLDER / f"{name}-{size}.png"
        page.screenshot(path=file, animations="disabled")
        assert file.stat().st_size < MOST, f"{file} is larger than {MOST} bytes"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="barnetwatch-pictures-") as folder,
        a_site(Path(folder)) as site,
        chromium.started() as browser,
    ):
        for size in SIZES:
            take(browser, site, size)


if __name__ == "__main__":
    main()
