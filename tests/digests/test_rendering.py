"""A digest as a mail, and the public record's digest word for word.

After a change that is meant, REGENERATE_GOLDEN=1 makes the files in golden/ anew; read what has
changed in them as a councillor would.
"""

import datetime as dt
import json
import os
import re
import struct
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.utils import timezone

from barnetwatch.lib.dates import in_words
from barnetwatch.record.loader import load
from costs import rechecks
from costs.models import OverrunAlert
from costs.seals import grouped, head
from costs.stages import Stage
from digests import drawing, figures, preparing
from digests.compiling import Digest, Following, Section, gather, overrun_items
from digests.drawing import picture
from digests.figures import Figure, alt_sentence, figures_of
from digests.items import Item
from digests.models import Content
from digests.rendering import BRACKETS, SIGN_IN, key_of, render_alerts, render_digest
from digests.weeks import Week
from tests.digests.readers import BEFORE, CUT, WEDNESDAY, WEEK, a_failure, a_reader, an_overrun
from tests.factories import a_contract, a_line, day, exempt, moment, post

GOLDEN = Path(__file__).parent / "golden"
COUNTS = (
    "overruns raised",
    "overruns cleared",
    "new failures",
    "failures with news",
    "sums recorded",
    "decisions",
    "new promises",
)


def a_digest(*sections: Section, week: Week | None = WEEK, **fields) -> Digest:
    """A digest made by hand, without a database."""
    given = {"since_at": BEFORE, "until_at": CUT, "sections": sections, "week": week, **fields}
    return Digest(Following(), **given)


def a_section(*words: str, title: str = "New failures", **fields) -> Section:
    return Section(title, tuple(Item(each, "/page/") for each in words), **fields)


@pytest.fixture
def csg(db):
    return a_contract("CSG", award=320_000_000)


# Subject, title, foot --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "headline"),
    [
        ((1, 1, 0, 0, 0, 0, 0), "1 overrun raised, 1 overrun cleared"),
        ((2, 0, 1, 1, 0, 0, 0), "2 overruns raised, 1 new failure, 1 failure with news"),
        ((0, 0, 0, 2, 1, 1, 1), "2 failures with news, 1 sum recorded, 1 decision"),
        ((0, 0, 0, 0, 0, 2, 1), "2 decisions, 1 new promise"),
        ((0, 0, 0, 0, 0, 0, 0), "nothing new"),
    ],
)
def test_the_subject_names_the_week_and_counts_the_news(counts, headline):
    digest = a_digest(counts=dict(zip(COUNTS, counts, strict=True)))
    rendered = render_digest(digest)
    assert rendered.subject == f"BarnetWatch, 1 to 7 October 2018: {headline}"
    assert rendered.items["title"] == "Your digest for 1 to 7 October 2018"
    assert rendered.items["headline"] == headline
    assert headline in rendered.text


def test_a_digest_of_no_week_is_of_the_week_so_far():
    rendered = render_digest(a_digest(week=None), is_preview=True)
    assert rendered.subject == "BarnetWatch, the week so far: nothing new"
    for words in (rendered.text, rendered.html):
        assert "Nothing has been sent." in words
    assert "Nothing has been sent." not in render_digest(a_digest()).text


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2018-10-08 07:00", "8 October 2018 at 7am"),
        ("2018-10-08 12:30", "8 October 2018 at 12:30pm"),
        ("2018-10-08 00:05", "8 October 2018 at 12:05am"),
        ("2018-10-08 23:00", "8 October 2018 at 11pm"),
    ],
)
def test_the_foot_says_what_window_was_told(at, words):
    text = render_digest(a_digest(until_at=moment(at).astimezone(dt.UTC))).text
    window = f"This covers what was recorded from 1 October 2018 at 7am to {words}."
    assert window in " ".join(text.split())


def test_a_digest_ends_with_the_seal_of_the_ledger_and_what_it_is_for(csg):
    post(a_line(csg), "paid", 5, "2018-01-01")
    rendered = render_digest(gather(Following(), BEFORE, now := timezone.now(), WEEK))
    seal = grouped(head(now))
    assert len(seal) == 71
    for words in (rendered.text, unescape(rendered.html)):
        foot = words[words.index("This covers what was recorded") :]
        assert f"The ledger's seal on {in_words(timezone.localdate(now))} at " in foot
        assert seal in foot
        assert "if one of them is changed later" in " ".join(foot.split())
    assert "seal" not in render_alerts([Item("Over.", "/", overrun="CSG")]).text


@pytest.mark.parametrize("words", ["In July [2018].", "On 20 September [2018].", "In [2018]."])
def test_years_that_were_inferred_are_explained(words):
    for rendered in (
        render_digest(a_digest(a_section(words))),
        render_alerts([Item(words, "/", overrun="CSG")]),
    ):
        assert BRACKETS in " ".join(rendered.text.split())
        assert BRACKETS in rendered.html


def test_square_brackets_are_not_explained_where_there_are_none():
    text = render_digest(a_digest(a_section("In July 2018, [sic] and [Medium]."))).text
    assert "square brackets" not in text


@pytest.mark.django_db
def test_every_mail_says_the_same_of_signing_in(csg):
    line = post(a_line(csg, **exempt(3)), "paid", 1, "2018-10-02", at=WEDNESDAY).line
    a_failure(csg)
    hidden = render_digest(gather(Following(), BEFORE, CUT, WEEK))
    type(line).all_rows.update(restriction="open", exempt_paragraph=None)
    nothing_hidden = render_digest(gather(Following(), BEFORE, CUT, WEEK))
    an_overrun(csg)
    alerts = render_alerts(overrun_items(OverrunAlert.objects.all()))
    assert SIGN_IN == "Sign in to see what you are cleared for."
    for rendered in (hidden, nothing_hidden, alerts, render_digest(a_digest())):
        assert rendered.text.count(SIGN_IN) == rendered.html.count(SIGN_IN) == 1
        assert rendered.text.count(Content.UNSUBSCRIBE) == 1
        assert rendered.html.count(Content.UNSUBSCRIBE) == 1


# The body -------------------------------------------------------------------------------------


def test_what_is_left_out_is_counted_and_linked():
    rendered = render_digest(a_digest(a_section("One", more=4, url="/all/")))
    assert "and 4 more: http://localhost:8000/all/" in rendered.text
    assert '<a href="http://localhost:8000/all/">and 4 more</a>' in rendered.html


def test_words_are_escaped_in_html_and_stand_as_they_are_in_text():
    item = Item("<b>A & B</b> said “so”", "/page/", label="<i>", note='"quoted"')
    rendered = render_digest(a_digest(Section("New failures", (item,))))
    assert "<b>" not in rendered.html
    assert "&lt;b&gt;A &amp; B&lt;/b&gt; said “so”" in rendered.html
    assert "[<i>] <b>A & B</b> said “so”" in rendered.text
    assert '"quoted"' in rendered.text


def test_a_subject_is_one_line_whatever_a_contract_is_called():
    item = Item("Over.", "/", overrun="C1\r\nBcc: somebody@example.org")
    rendered = render_alerts([item])
    assert (
        rendered.subject
        == "BarnetWatch, high alert: 1 overrun raised, C1 Bcc: somebody@example.org"
    )
    assert len(render_alerts([Item("", "/", overrun="C" * 300)]).subject) == 200


class _Checked(HTMLParser):
    """Notes what is opened and not closed, links and pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.pictures.append(dict(attrs))
        elif tag not in {"meta", "br"}:
            self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_html_is_well_formed_and_links_lead_to_the_site():
    checked = _Checked()
    figure = Figure("CSG", Stage.PAID, Decimal(1), None, (1,))
    sections = (a_section("One", "Two"), a_section("Three", more=1))
    checked.feed(render_digest(a_digest(*sections, figures=(figure,))).html)
    assert checked.open == []
    site = "http://localhost:8000/"
    assert set(checked.links) == {f"{site}page/", site, Content.UNSUBSCRIBE}
    [shown] = checked.pictures
    assert shown["src"] == "cid:figures@barnetwatch"
    assert shown["alt"] == alt_sentence((figure,))


def test_a_mail_in_parts_has_the_rows_that_each_rests_on(csg):
    alert = an_overrun(csg)
    failure = a_failure(csg)
    items = render_digest(gather(Following(), BEFORE, CUT, WEEK)).items
    parts = {part["title"]: part for part in items["sections"]}
    [overrun] = parts["Overruns raised"]["items"]
    line = alert.crossing_entry.line
    assert overrun["rests_on"] == [f"costs.overrunalert:{alert.pk}", f"costs.costline:{line.pk}"]
    assert parts["New failures"]["items"][0]["rests_on"] == [f"incidents.incident:{failure.pk}"]
    [figure] = items["figures"]
    assert figure == {
        "contract": "CSG",
        "status": "approved",
        "amount": "£600,000.00",
        "percentage": "0.19%",
        "rests_on": [f"costs.costline:{line.pk}"],
    }
    assert json.loads(json.dumps(items)) == items


def test_alerts_say_how_they_were_calculated(csg):
    for reference in ("CSG", "DRS"):
        an_overrun(csg if reference == "CSG" else a_contract(reference))
    rendered = render_alerts(overrun_items(OverrunAlert.objects.all()))
    assert rendered.subject == "BarnetWatch, high alert: 2 overruns raised, CSG, DRS"
    assert "HOW THIS WAS CALCULATED" in rendered.text
    assert "reaching the mark is not going over it" in " ".join(rendered.text.split())
    assert "How this was calculated" in rendered.html
    assert rendered.picture == b""


def test_a_digest_says_how_overruns_were_calculated_where_it_tells_of_any(csg):
    a_failure(csg)
    assert "CALCULATED" not in render_digest(gather(Following(), BEFORE, CUT, WEEK)).text
    an_overrun(csg)
    assert "CALCULATED" in render_digest(gather(Following(), BEFORE, CUT, WEEK)).text


# Figures and their picture ---------------------------------------------------------------------


@pytest.mark.django_db
def test_every_figure_stands_at_a_status_with_its_share_of_the_award(csg):
    line = a_line(csg)
    for stage, amount in (("paid", 100_000), ("approved", 164_176), ("pledged", 4_200_000)):
        post(line, stage, amount, "2018-07-01")
    post(a_line(a_contract("NEW")), "estimated", 5_000_000, "2018-07-01")
    found = figures_of(None, day("2018-10-08"))
    assert [
        (figure.contract, figure.stage.value, figure.in_table, str(figure.percentage))
        for figure in found
    ] == [
        ("NEW", "estimated", "£5,000,000.00", "None"),
        ("CSG", "paid", "£100,000.00", "0.03"),
        ("CSG", "approved", "£64,176.00", "0.02"),
        ("CSG", "pledged", "£4,035,824.00", "1.26"),
    ]
    assert alt_sentence(found) == (
        "Bars of the costs beside each contract, by status: NEW, £5 million estimated; CSG, "
        "£100,000 paid; CSG, £64,176 approved; CSG, £4,035,824 pledged."
    )


@pytest.mark.django_db
def test_the_figures_are_those_of_the_largest_contracts(csg):
    for n in range(figures.SHOWN + 2):
        post(a_line(a_contract(f"C{n}")), "approved", 1000 + n, "2018-07-01")
    found = figures_of(None, day("2018-10-08"))
    assert [figure.contract for figure in found] == ["C7", "C6", "C5", "C4", "C3", "C2"]


def test_the_picture_is_twice_as_wide_as_it_is_shown():
    drawn = picture([Figure("CSG", Stage.PAID, Decimal(1_000), None, (1,))])
    assert drawn.startswith(b"\x89PNG")
    assert struct.unpack(">II", drawn[16:24])[0] == 2 * drawing.WIDTH


def test_the_picture_has_its_words_in_the_font_that_is_shipped():
    assert "Liberation Sans".encode("utf-16-be") in drawing.FONT.read_bytes()
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="560" height="100">{}</svg>'
    words = '<text x="10" y="50" font-family="Liberation Sans">Pounds</text>'
    blank, written = drawing.png(svg.format("")), drawing.png(svg.format(words))
    assert len(written) > len(blank)


def test_there_is_no_picture_of_no_figures():
    assert picture([]) == b""
    rendered = render_digest(a_digest(a_section("One")))
    assert rendered.picture == b""
    assert "<img" not in rendered.html
    assert "Costs beside" not in rendered.html


# Keys -----------------------------------------------------------------------------------------


def test_the_key_is_the_same_for_the_same_and_another_for_anything_else():
    what = ("2018-W40", BEFORE, CUT, "Subject", {"items": [1]})
    key = key_of("digest", *what)
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert key_of("digest", *what) == key
    others = [("alert", *what)]
    for n in range(len(what)):
        others.append(("digest", *what[:n], "other", *what[n + 1 :]))
    assert len({key, *(key_of(*other) for other in others)}) == 1 + len(others)


# The public record ----------------------------------------------------------------------------


@pytest.fixture
def content(db) -> Content:
    """The digest of the week in which the public record was loaded."""
    a_reader(since=moment("2026-01-28 14:30"))
    load(at=moment("2026-02-04 10:00"))
    rechecks.sweep(moment("2026-02-04 10:01"))
    preparing.prepare_digests(moment("2026-02-09 07:00"))
    return Content.objects.get()


def without_ids(words: str) -> str:
    """Rows have other ids in another database."""
    return re.sub(r"(:8000/[a-z/-]+)/[0-9]+/", r"\1/…/", words)


def test_the_digest_of_the_public_record_word_for_word(content):
    found = {
        "public-record.txt": f"Subject: {content.subject}\n\n{without_ids(content.text)}",
        "public-record.html": without_ids(content.html),
    }
    for name, words in found.items():
        if os.environ.get("REGENERATE_GOLDEN"):
            (GOLDEN / name).write_text(words, encoding="utf-8")
        assert words == (GOLDEN / name).read_text(encoding="utf-8")


def test_the_digest_of_the_public_record_is_about_a_page(content):
    lines = content.text.splitlines()
    assert len(lines) <= 105
    for line in lines:
        assert len(line) <= 74 or "://" in line
    assert len(content.html.encode()) < 20_000
    assert len(content.picture) < 40_000


def test_the_digest_of_the_public_record_draws_what_is_beside_csg(content):
    assert content.items["figures"] == [
        {
            "contract": "CSG",
            "status": status,
            "amount": amount,
            "percentage": share,
            "rests_on": [content.items["figures"][n]["rests_on"][0]],
        }
        for n, (status, amount, share) in enumerate(
            [("approved", "£164,176.00", "0.05%"), ("pledged", "£4,200,000.00", "1.31%")]
        )
    ]
    alt = "CSG, £164,176 approved; CSG, £4.2 million pledged"
    assert alt in content.html
