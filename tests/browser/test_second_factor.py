"""Setting up a second factor and signing in with it: by hand, on every screen, without scripts."""

import re

import pytest
from django.conf import settings

from accounts.models import Role
from tests import factories
from tests.authenticator import code_of, with_a_phone
from tests.browser import axe
from tests.browser.conftest import NARROW, PHONE, WIDE

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "three words together"


def is_sound(visitor) -> None:
    """Axe finds nothing on the page as it is, and nothing runs over, at each width."""
    page = visitor.page
    for width in (WIDE, PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe.violations(page, colours=width != NARROW) == []
        assert visitor.overflow() == 0, f"{width}: {page.url}"
    page.set_viewport_size({"width": WIDE, "height": 900})


def types(visitor, text: str) -> None:
    visitor.page.keyboard.type(text)


def tabs_to(visitor, name: str) -> None:
    """Go on with the Tab key until a field or a button of that name has the focus."""
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        if name in (visitor.page.locator(":focus").get_attribute("name") or ""):
            return
        if visitor.page.locator(":focus").inner_text().strip() == name:
            return
    pytest.fail(f"no Tab leads to {name}")


def presses_enter(visitor) -> None:
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")


def signs_in(visitor, person) -> None:
    visitor.page.get_by_label("Email address").fill(person.email)
    visitor.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.presses("Sign in")


def test_an_officer_sets_it_up_and_signs_in_with_it(a_visitor, scripts):
    officer = factories.a_person("Robin Page", Role.FINANCE_OFFICER, password=PASSWORD)
    visitor = a_visitor(scripts=scripts)
    page = visitor.at("admin:costs")
    signs_in(visitor, officer)
    assert visitor.heading() == "Set up a second factor"
    if scripts:
        is_sound(visitor)
    visitor.at("admin:back_office")
    assert visitor.heading() == "Set up a second factor"

    assert page.get_by_role("img", name=re.compile("QR code")).is_visible()
    key = page.locator(".bw-key").inner_text().replace(" ", "")
    page.get_by_label("Code from the app").fill(code_of(key))
    visitor.presses("Continue")
    assert visitor.heading() == "Your recovery codes"
    assert page.locator(".bw-codes li").count() == 10
    first = page.locator(".bw-codes code").first.inner_text()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Save them as a file").click()
    assert waiting.value.suggested_filename == "barnetwatch-recovery-codes.txt"
    assert first in waiting.value.path().read_text()
    if scripts:
        is_sound(visitor)
    visitor.follows("I have kept them")
    assert visitor.path == "/"

    visitor.leaves_by(page.get_by_role("button", name="Sign out"))
    visitor.at("admin:costs")
    signs_in(visitor, officer)
    assert visitor.heading() == "Enter a code"
    if scripts:
        is_sound(visitor)
    page.get_by_label("Code").fill("12345")
    visitor.presses("Continue")
    visitor.sees("That code is not right.")
    if scripts:
        is_sound(visitor)
    page.get_by_label("Code").fill(code_of(key, later=1))
    visitor.presses("Continue")
    assert visitor.heading() == "Costs"


def test_signing_in_needs_no_mouse(a_visitor):
    officer = factories.a_person("Robin Page", Role.FINANCE_OFFICER, password=PASSWORD)
    key = with_a_phone(officer)
    visitor = a_visitor(scripts=False)
    visitor.at("admin:index")
    tabs_to(visitor, "username")
    types(visitor, officer.email)
    tabs_to(visitor, "password")
    types(visitor, PASSWORD)
    presses_enter(visitor)
    tabs_to(visitor, "code")
    types(visitor, code_of(key))
    tabs_to(visitor, "Continue")
    presses_enter(visitor)
    assert visitor.path == "/"


def test_a_councillor_ends_a_session_and_turns_the_factor_off(a_visitor):
    person = factories.a_person("Ann Clark", Role.COUNCILLOR, password=PASSWORD)
    key = with_a_phone(person)
    elsewhere = a_visitor(person)
    elsewhere.at("admin:help")
    visitor = a_visitor()
    visitor.at("admin:index")
    signs_in(visitor, person)
    visitor.page.get_by_label("Code").fill(code_of(key))
    visitor.presses("Continue")
    visitor.leaves_by(visitor.page.get_by_role("link", name="Your account"))
    assert visitor.heading() == "Where you are signed in"
    visitor.sees("Chrome on Linux (here)")
    is_sound(visitor)
    visitor.presses("Sign out everywhere but here")
    visitor.sees("You are signed out everywhere but here.")

    visitor.leaves_by(visitor.page.get_by_role("link", name="Your second factor"))
    visitor.sees("10 recovery codes are left.")
    is_sound(visitor)
    visitor.follows("Turn it off")
    is_sound(visitor)
    visitor.presses("Turn it off")
    visitor.sees("Your password alone signs you in.")
    assert visitor.context.cookies()[0]["name"] in (
        settings.SESSION_COOKIE_NAME,
        settings.CSRF_COOKIE_NAME,
    )
