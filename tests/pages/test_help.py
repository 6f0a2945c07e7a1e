"""What each word means: every word that pages link to is there, with an example."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.urls import reverse

from accounts.models import Role
from barnetwatch.pages.words import by_anchor, groups
from tests.actors import as_role

#: What other pages may link to.
ANCHORS = re.findall(
    r"[a-z-]+",
    """firm at-risk paid over-plan alleged estimated pledged approved committed invoiced credited
    recovered written-off supplementary award variation commitment breach overrun threshold exempt
    restricted failure promise claim source as-known-on""",
)

#: A link to an entry, as templates and Python write it.
LINKS = (
    re.compile(r"""admin:help['"]\s*(?:%\}|\)\s*\})#([\w-]+)"""),
    re.compile(r"""\{%\s*word\s+["']([^"']+)["']"""),
    re.compile(r"""/help/#([\w-]+)"""),
)


def links_to_words() -> list[tuple[str, str]]:
    """File and anchor of every link to an entry, in templates, Python and the words themselves."""
    apps = {path.parent for path in settings.BASE_DIR.glob("*/__init__.py")} - {
        settings.BASE_DIR / "tests"
    }
    files = [
        path for app in apps for kind in ("*.html", "*.py", "*.toml") for path in app.rglob(kind)
    ]
    return [
        (path.relative_to(settings.BASE_DIR).as_posix(), anchor)
        for path in files
        for link in LINKS
        for anchor in link.findall(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_everybody_reads_what_the_words_mean(role):
    answer = as_role(role).get(reverse("admin:help"))
    assert answer.status_code == 200
    html = answer.content.decode()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(ANCHORS) <= set(ids)
    assert {word.anchor for group in groups() for word in group.words} <= set(ids)


@pytest.mark.django_db
def test_every_link_on_the_page_leads_to_something_on_it():
    html = as_role(Role.COUNCILLOR).get(reverse("admin:help")).content.decode()
    ids = set(re.findall(r'\sid="([^"]+)"', html))
    leads = set(re.findall(r'href="#([^"]+)"', html))
    assert len(leads) > len(ANCHORS)
    assert leads <= ids


def test_no_page_links_to_a_word_that_is_not_there():
    found = links_to_words()
    assert [link for link in found if link[1] not in by_anchor()] == []


def test_the_search_for_such_links_finds_them():
    templates = Path(settings.BASE_DIR, "barnetwatch/templates")
    shown = [anchor for file, anchor in links_to_words() if "templatetags/words.py" in file]
    assert templates.is_dir()
    assert "at-risk" in shown


def test_a_word_links_to_its_meaning_and_a_mistyped_one_fails_the_page():
    shown = Template('{% load words %}{% word "at-risk" %}').render(Context())
    assert shown == '<a class="govuk-link" href="/help/#at-risk">at risk</a>'
    other = Template('{% load words %}{% word "threshold" "1% mark" %}').render(Context())
    assert other == '<a class="govuk-link" href="/help/#threshold">1% mark</a>'
    with pytest.raises(KeyError):
        Template('{% load words %}{% word "at-rsik" %}').render(Context())


def test_every_word_is_explained_in_few_sentences_with_an_example():
    anchors = [word.anchor for group in groups() for word in group.words]
    assert len(anchors) == len(set(anchors)) == len(by_anchor())
    for word in by_anchor().values():
        assert 1 <= word.means.count(". ") + 1 <= 4, word.anchor
        assert word.means.endswith(".")
        assert word.example[-1] in ".”", word.anchor
