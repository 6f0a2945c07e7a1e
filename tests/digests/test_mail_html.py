"""The mail itself: whole HTML, light, without anything from elsewhere, and its picture drawn."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings

from digests import drawing, sending
from digests.models import Content
from digests.preparing import prepare_digests
from tests.digests.readers import CUT, WEEK, a_failure, a_reader, an_overrun
from tests.factories import a_contract

pytestmark = pytest.mark.django_db

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Nesting(HTMLParser):
    """Notes every tag that is closed out of turn or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture
def content() -> Content:
    contract = a_contract("CSG", award=320_000_000)
    a_reader()
    an_overrun(contract)
    a_failure(contract, title="It does not <b>bill</b> & pay")
    prepare_digests(CUT, WEEK)
    return Content.objects.get()


def test_the_html_is_well_formed_and_what_people_wrote_stays_text(content: Content) -> None:
    page = Nesting()
    page.feed(content.html)
    assert (page.open, page.wrong) == ([], [])
    assert content.html.startswith("<!DOCTYPE html>")
    assert "It does not &lt;b&gt;bill&lt;/b&gt; &amp; pay" in content.html


def test_nothing_comes_from_elsewhere_and_no_script_runs(content: Content) -> None:
    page = Nesting()
    page.feed(content.html)
    names = [tag for tag, _ in page.tags]
    assert not {"script", "link", "iframe", "object", "form"} & set(names)
    assert [given["src"] for tag, given in page.tags if tag == "img"] == ["cid:figures@barnetwatch"]
    assert not any(name.startswith("on") or name == "style" for _, tag in page.tags for name in tag)
    links = {given["href"] or "" for tag, given in page.tags if tag == "a"}
    assert all(link.startswith((settings.SITE_URL, Content.UNSUBSCRIBE)) for link in links)
    assert "url(" not in content.html


def test_it_has_a_language_headings_in_order_and_a_table_with_caption_and_scope(
    content: Content,
) -> None:
    page = Nesting()
    page.feed(content.html)
    headings = [tag for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1"
    assert set(headings[1:]) == {"h2"}
    assert ("html", {"lang": "en-GB"}) in page.tags
    assert all("scope" in given for tag, given in page.tags if tag == "th")
    assert "caption" in [tag for tag, _ in page.tags]
    assert next(given for tag, given in page.tags if tag == "img")["alt"]


def test_the_whole_mail_is_under_100_kilobytes(content: Content) -> None:
    edition = content.editions.get()
    assert len(sending.message_of(edition).message().as_bytes()) < 100_000


def test_the_words_of_the_picture_are_drawn_because_its_font_is_shipped() -> None:
    words = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40">{}</svg>'
    text = '<text x="5" y="30" font-family="Liberation Sans" font-size="20">Pounds</text>'
    assert drawing.FONT.is_file()
    assert drawing.png(words.format(text)) != drawing.png(words.format(""))
