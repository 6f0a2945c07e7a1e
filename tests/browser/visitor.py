"""Somebody at a browser, and everything that their browser complains of."""

import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response

from accounts import sessions
from accounts.models import User
from tests.actors import factor_given

#: Milliseconds that a page may take on a busy machine before a test gives up on it.
PATIENCE = 15_000
#: A page that answers 404 is meant to in these tests; Chromium puts each in its console.
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


class Visitor:
    """One browser window of one person; `page` is Playwright's own."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.context = context
        self.site = site
        self.problems: list[str] = []
        context.set_default_timeout(PATIENCE)
        self.page = context.new_page()
        self._listen(self.page)

    def _listen(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._complain(f"a script failed: {error}"))
        page.on("request", self._asked)
        page.on("requestfailed", self._unanswered)
        page.on("response", self._answered)

    def _complain(self, what: str) -> None:
        self.problems.append(f"{self.page.url}: {what}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not REFUSED.match(message.text):
            self._complain(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:")):
            self._complain(f"it asked another host: {request.url}")

    def _unanswered(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # Somebody went on to another page meanwhile.
            self._complain(f"no answer from {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self._complain(f"{response.status} from {response.url}")

    # Going about --------------------------------------------------------------------------

    def at(self, name: str, *args: Any, query: str = "") -> Page:
        """Open a page by the name of its address."""
        return self.open(reverse(name, args=args) + query)

    def open(self, address: str) -> Page:
        """Open an address of the site."""
        self.page.goto(self.site + address)
        return self.page

    def sign_in(self, person: User) -> None:
        """As the sign-in form does, without the form."""
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.update(factor_given(person))
        sessions.look_again(SimpleNamespace(session=session))  # Listed from its first page on.
        session.create()
        self._cookie(settings.SESSION_COOKIE_NAME, session.session_key)

    def lose_session(self) -> None:
        """As if it had been left alone for half an hour."""
        key = next(
            cookie["value"]
            for cookie in self.context.cookies()
            if cookie["name"] == settings.SESSION_COOKIE_NAME
        )
        SessionStore(key).delete()

    def _cookie(self, name: str, value: str) -> None:
        self.context.add_cookies([{"name": name, "value": value, "url": self.site}])

    @property
    def path(self) -> str:
        """Where they are."""
        return urlsplit(self.page.url).path

    def follows(self, name: str) -> Page:
        """Go where the first link of that name leads, dressed as a link or as a button."""
        return self.leaves_by(self.page.locator("main a", has_text=name).first)

    def presses(self, name: str) -> Page:
        """Press a button of the page's own that sends its form."""
        main = self.page.get_by_role("main")
        return self.leaves_by(main.get_by_role("button", name=name, exact=True))

    def leaves_by(self, what: Locator) -> Page:
        """Click on what leads somewhere, and wait until all of the page there has arrived.

        A click alone ends when the answer begins: what is counted then may not be there yet.
        """
        what.click()
        self.page.wait_for_load_state("domcontentloaded")
        return self.page

    # What is seen -------------------------------------------------------------------------

    def sees(self, *texts: str) -> None:
        """Every one of these stands on the page, to be read."""
        for text in texts:
            self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def heading(self) -> str:
        """The page's one first heading."""
        return self.page.locator("h1").inner_text()

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate(
            "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
        )
