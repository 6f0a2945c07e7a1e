"""The tests of the pages see what is wrong; and they are never left out in silence."""

import pytest

from tests.browser import axe, chromium
from tests.browser.conftest import NARROW, leave_out

FAULTY = """<!DOCTYPE html><html lang="en"><title>A page</title><main><h1>A page</h1>
<p style="color: #eee">Pale</p><img src="data:,"><input name="nameless">
<p class="wide">Wide</p></main></html>"""


def test_axe_and_the_ruler_find_what_is_wrong_with_a_page(a_visitor):
    visitor = a_visitor(width=NARROW)
    visitor.page.set_content(FAULTY)
    visitor.page.add_style_tag(content=".wide { width: 400px }")

    found = "\n".join(axe.violations(visitor.page))

    assert "color-contrast" in found
    assert "color-contrast" not in "\n".join(axe.violations(visitor.page, colours=False))
    assert "image-alt" in found
    assert "label" in found
    assert visitor.overflow() > 0


@pytest.mark.parametrize(
    ("script", "heard"),
    [
        ("console.error('a fault')", "console: a fault"),
        ("setTimeout(() => { throw new Error('a fault') })", "a script failed"),
        ("fetch('http://another.example/').catch(() => {})", "Content Security Policy"),
        ("fetch('/static/none.js')", "/static/none.js"),
        ("document.body.setAttribute('onclick', '1')", "Content Security Policy"),
    ],
)
def test_whatever_the_browser_complains_of_is_heard(a_visitor, script, heard):
    visitor = a_visitor()
    visitor.at("admin:login")
    visitor.page.evaluate(f"() => {{ {script} }}")
    visitor.page.wait_for_timeout(300)

    assert heard in "\n".join(visitor.problems)
    visitor.problems.clear()


def test_without_a_chromium_they_are_left_out_and_say_how_to_get_one():
    with pytest.raises(pytest.skip.Exception, match="sudo apt install chromium"):
        leave_out({})


def test_without_a_chromium_they_fail_in_ci():
    with pytest.raises(pytest.fail.Exception, match="sudo apt install chromium"):
        leave_out({"CI": "true"})


def test_the_chromium_of_whatever_name_is_found(monkeypatch):
    monkeypatch.setattr(chromium.shutil, "which", {"google-chrome": "/opt/chrome"}.get)
    assert chromium.where() == "/opt/chrome"
    monkeypatch.setattr(chromium.shutil, "which", lambda name: None)
    assert chromium.where() is None
