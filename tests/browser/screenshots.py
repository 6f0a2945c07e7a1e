"""Pictures of the main pages for docs/screenshots: `make screenshots`.

They show the public record as it is on the day they are taken, so ages in days go on. The site
that is pictured is served as in earnest, from a record that is made for it and thrown away.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.servers import free_port
from tests.workers.processes import wait_until

BASE = Path(__file__).resolve().parent.parent.parent
FOLDER = BASE / "docs" / "screenshots"
#: A wide window and a telephone: width and height.
SIZES = {"wide": (1280, 800), "phone": (390, 844)}
MOST = 150 * 1024
#: Name of the picture, who looks, the address or the links that lead there.
PICTURES = (
    ("sign-in", None, "/", ()),
    ("overview", "councillor", "/", ()),
    ("contracts", "councillor", "/contracts/", ()),
    ("contract", "councillor", "/contracts/", ("CSG",)),
    ("failures", "councillor", "/failures/", ()),
    ("failure", "councillor", "/failures/?q=Mosaic", ("Mosaic",)),
    ("overruns", "councillor", "/alerts/", ()),
    ("overrun", "councillor", "/", ("1%",)),
    ("the-sum", "councillor", "/", ("1%", "Show me the sum")),
    ("supplier", "councillor", "/suppliers/", ("Capita",)),
    ("search", "councillor", "/search/?q=mosaic", ()),
    ("report-a-failure", "incident.officer", "/failures/report/", ()),
    ("help", "councillor", "/help/", ()),
)


@contextmanager
def a_site(folder: Path) -> Iterator[tuple[str, str]]:
    """The address of a site of its own with the public record, and everybody's password."""
    kept = ("HOME", "LANG", "PATH", "TMPDIR")
    port = free_port()
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"VAR_DIR": str(folder), "PORT": str(port)}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.browser.served"
    run = {"cwd": BASE, "env": environment}
    for command in ("migrate", "loadrecord", "checkoverruns", "collectstatic --noinput"):
        words = [sys.executable, "manage.py", *command.split()]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, **run)
    sign_in = (folder / "sign-in.txt").read_text(encoding="utf-8")
    options = ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "--no-control-socket"]
    program = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "barnetwatch.wsgi", *options], **run
    )
    site = f"http://localhost:{port}"
    try:
        wait_until(lambda: answers(f"{site}/livez"), "the site answers")
        yield site, re.search(r"^Password: +(\S+)$", sign_in, re.MULTILINE)[1]
    finally:
        program.terminate()
        program.wait(timeout=30)


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2):
            return True
    except URLError:
        return False


def sign_in(page: Page, site: str, who: str, password: str) -> None:
    page.goto(f"{site}/")
    page.get_by_label("Email address").fill(f"{who}@barnetwatch.example")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def take(browser: Browser, site: str, password: str, size: str) -> None:
    """Every picture at one size."""
    width, height = SIZES[size]
    pages: dict[str | None, Page] = {}
    for name, who, address, links in PICTURES:
        if who not in pages:
            viewport = {"width": width, "height": height}
            pages[who] = browser.new_page(
                viewport=viewport, locale="en-GB", reduced_motion="reduce"
            )
            if who:
                sign_in(pages[who], site, who, password)
        page = pages[who]
        page.goto(site + address)
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
        a_site(Path(folder)) as (site, password),
        chromium.started() as browser,
    ):
        for size in SIZES:
            take(browser, site, password, size)


if __name__ == "__main__":
    main()
