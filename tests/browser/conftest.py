"""The browser, the record that it shows, and who sits before it."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from accounts.models import Role, User
from barnetwatch.record.loader import load
from costs import rechecks
from tests import factories
from tests.browser import chromium
from tests.browser.visitor import Visitor
from tests.workers.conftest import a_beat, a_worker, start  # noqa: F401 (fixtures)

WIDE, TABLET, PHONE, NARROW = 1280, 768, 390, 320


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all of these tests; without one they are left out, in CI they fail."""
    if chromium.where() is None:
        leave_out(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread, and Django takes any query made beside
        # one for a mistake. Here it is none: nothing of Django's runs in that loop. The fixture
        # ends with this folder's tests, and with it the loop and this permission.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with chromium.started() as browser:
            yield browser


def leave_out(environ: Mapping[str, str]) -> NoReturn:
    """Left out, with what to do about it; where nobody reads along, a failure."""
    if environ.get("CI") == "true":
        pytest.fail(chromium.MISSING, pytrace=False)
    pytest.skip(chromium.MISSING)


@pytest.fixture
def record(browser, live_server) -> None:
    """The public record with its alerts. Emptied after each test, since the site writes to it."""
    now = timezone.now()
    load(at=now)
    rechecks.sweep(now)


@pytest.fixture
def a_visitor(browser, live_server) -> Iterator[Callable[..., Visitor]]:
    """Sits somebody before a browser; whatever it complains of fails the test at its end."""
    visitors: list[Visitor] = []

    def sit(person: User | None = None, *, width: int = WIDE, scripts: bool = True) -> Visitor:
        size = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, locale="en-GB", java_script_enabled=scripts)
        visitors.append(visitor := Visitor(context, live_server.url))
        if person:
            visitor.sign_in(person)
        return visitor

    yield sit
    for visitor in visitors:
        visitor.context.close()
    assert not (problems := [said for visitor in visitors for said in visitor.problems]), problems


@pytest.fixture
def as_role(a_visitor) -> Callable[..., Visitor]:
    """Sits somebody with a role before a browser, signed in."""

    def sit(role: Role, **options) -> Visitor:
        return a_visitor(factories.a_person(f"Pat {role.label}", role), **options)

    return sit


@pytest.fixture(params=["with scripts", "without scripts"])
def scripts(request) -> bool:
    """Once with JavaScript and once without."""
    return request.param == "with scripts"
