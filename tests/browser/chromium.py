"""The Chromium of this machine: where it is, and how it is started."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "No Chromium on this machine, so no page was opened in a browser."
    " On Debian and Ubuntu: sudo apt install chromium"
)
OPTIONS = [
    "--no-sandbox",  # Its own processes would need rights that a container does not give.
    "--disable-gpu",
    # It asks nothing of hosts but the one under test.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Text is drawn alike on every screen, so that two pictures of one page are alike.
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
]


def where() -> str | None:
    """The path of the first that is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def started() -> Iterator[Browser]:
    """A Chromium without a window; nothing is downloaded for it."""
    path = where()
    if path is None:
        raise FileNotFoundError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()
