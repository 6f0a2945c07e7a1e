"""The brief: on the page and as a Word document, with nothing in it that its owner may not see.

After a change that is meant, REGENERATE_GOLDEN=1 makes the golden text anew; read it as a
councillor would.
"""

import datetime as dt
import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from docx import Document

from barnetwatch.pages.questions.brief import brief_of
from barnetwatch.pages.questions.paper import document
from barnetwatch.pages.questions.rules import proposed
from barnetwatch.record.loader import load
from costs import rechecks
from scrutiny import asking
from scrutiny.models import Body, Statement
from tests import factories
from tests.actors import signed_in
from tests.pages.questions.rows import CANARY, a_claim, a_list, picked

pytestmark = pytest.mark.django_db

GOLDEN = Path(settings.BASE_DIR, "tests", "golden", "brief-for-audit-committee.txt")
#: The record was entered on one day, and the brief is of another.
ENTERED = factories.moment("2019-08-01 12:00")
TODAY = dt.date(2019, 10, 1)


@pytest.fixture
def ann():
    return factories.a_councillor("Ann Member")


def lines_of(file: bytes) -> list[str]:
    """What a Word document says, a line a paragraph; lists with a bullet."""
    return [
        ("* " if line.style.name == "List Bullet" else "") + line.text
        for line in Document(BytesIO(file)).paragraphs
    ]


def everything_in(file: bytes) -> str:
    """Every part of a Word document as text."""
    with zipfile.ZipFile(BytesIO(file)) as parts:
        return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())


@pytest.fixture
def public_record(db):
    load(at=ENTERED)
    rechecks.sweep(ENTERED)


@pytest.fixture
def full_list(public_record, ann):
    """All that the rules propose for the Audit Committee, in their order."""
    audit = Body.objects.get(name="Audit Committee")
    questions = asking.begin(body=audit, by=ann)
    for _, found in proposed(ann, TODAY):
        for each in found:
            if each.body in (None, audit.pk):
                asking.pick(
                    questions, rule=each.rule, words=each.words, rests_on=each.rests_on, by=ann
                )
    return questions


def test_a_full_brief_for_the_audit_committee_reads_as_it_was_reviewed(full_list, ann):
    said = lines_of(document(brief_of(ann, full_list.pk, TODAY)))
    if os.environ.get("REGENERATE_GOLDEN"):
        GOLDEN.write_text("\n".join(said) + "\n", encoding="utf-8")
    assert "\n".join(said) + "\n" == GOLDEN.read_text(encoding="utf-8")


def test_the_page_says_the_same_as_the_document(full_list, ann):
    html = signed_in(ann).get(reverse("admin:brief", args=[full_list.pk])).content.decode()
    page = " ".join(strip_tags(html).replace("&#x27;", "'").split())
    for item in brief_of(ann, full_list.pk, timezone.localdate()).items:
        assert " ".join(item.words.split()) in page
        for piece in item.pieces:
            assert " ".join(piece.in_words.split()) in page


def test_a_brief_is_told_for_a_body_a_day_and_by_whom(ann):
    questions = a_list(ann, meets_on=dt.date(2019, 10, 8))
    brief = brief_of(ann, questions.pk, TODAY)
    assert brief.title == "Questions for the Audit Committee"
    assert brief.lead == "Meeting of 8 October 2019. Prepared by Ann Member on 1 October 2019."
    assert lines_of(document(brief))[2] == "There is no question on the list yet."


def test_a_brief_for_another_occasion_names_it(ann):
    questions = a_list(ann, body=None, occasion="Briefing by Capita")
    assert brief_of(ann, questions.pk, TODAY).title == "Questions for Briefing by Capita"


def test_the_document_is_downloaded_under_a_plain_name(ann):
    questions = a_list(ann, body=None, occasion='Re: "x"\\é/../')
    answer = signed_in(ann).get(reverse("admin:brief_docx", args=[questions.pk]))
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == 'attachment; filename="questions-re-xe.docx"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert lines_of(answer.content)[0] == 'Questions for Re: "x"\\é/../'


def test_words_that_no_document_can_hold_are_left_out(ann):
    questions = a_list(ann)
    asking.add(questions, words="Who\x0b pays \x1b[0m?\ufffe And\nwhen?", by=ann)
    lines = lines_of(document(brief_of(ann, questions.pk, TODAY)))
    assert "1. Who pays [0m? And when?" in lines


def test_a_brief_with_exempt_evidence_says_that_it_is_not_to_be_handed_round(ann):
    questions = a_list(ann)
    picked(questions, a_claim())
    assert brief_of(ann, questions.pk, TODAY).warning == ""
    picked(questions, a_claim(**factories.exempt(3)))
    brief = brief_of(ann, questions.pk, TODAY)
    assert brief.warning.startswith("This brief holds exempt information")
    assert brief.warning in lines_of(document(brief))


@pytest.mark.parametrize("hidden", [factories.exempt(1), factories.CONFIDENTIAL])
def test_what_is_restricted_after_it_was_picked_is_masked_words_and_all(ann, hidden):
    questions = a_list(ann)
    claim = a_claim(words=f"{CANARY} does not work", speaker=f"{CANARY} group")
    picked(questions, claim, f"What of {CANARY}?")
    asking.add(questions, words="Who pays?", by=ann)
    browser = signed_in(ann)
    pages = [
        reverse(f"admin:{name}", args=[questions.pk])
        for name in ("question_list", "brief", "brief_docx")
    ] + [reverse("admin:question_edit", args=[questions.items.first().pk])]

    for there in pages[:2]:
        assert CANARY in browser.get(there).content.decode()
    assert CANARY in everything_in(browser.get(pages[2]).content)
    Statement.all_rows.filter(pk=claim.pk).update(**hidden)
    for there in (*pages[:2], pages[3]):
        text = browser.get(there).content.decode()
        assert CANARY not in text
        assert "has since been restricted" in text
    assert CANARY not in everything_in(browser.get(pages[2]).content)
    assert "2. Who pays?" in lines_of(browser.get(pages[2]).content)


def test_nothing_of_a_restricted_answer_stands_under_an_open_claim(ann):
    questions = a_list(ann)
    claim = a_claim()
    Statement.all_rows.filter(
        pk=a_claim(kind="response", answers=claim, words=f"{CANARY}").pk
    ).update(**factories.exempt(1))
    picked(questions, claim)
    brief = brief_of(ann, questions.pk, TODAY)
    assert CANARY not in everything_in(document(brief))
    assert "No answer is on the record" in brief.items[0].pieces[0].words


def test_a_source_that_its_reader_may_not_see_is_not_named(ann):
    questions = a_list(ann)
    claim = a_claim()
    source = claim.source
    source.title = CANARY
    for name, value in factories.exempt(1).items():
        setattr(source, name, value)
    source.save()
    picked(questions, claim)
    file = document(brief_of(ann, questions.pk, TODAY))
    assert CANARY not in everything_in(file)
    assert "It does not work. Labour group" in everything_in(file)


@pytest.mark.parametrize("name", ["brief", "brief_docx"])
def test_a_brief_asks_as_much_for_many_questions_as_for_few(
    ann, name, django_assert_max_num_queries
):
    questions = a_list(ann)
    browser = signed_in(ann)
    there = reverse(f"admin:{name}", args=[questions.pk])
    picked(questions, a_claim())
    browser.get(there)
    with django_assert_max_num_queries(16) as few:
        browser.get(there)
    for _ in range(10):
        picked(questions, a_claim())
    with django_assert_max_num_queries(len(few)):
        browser.get(there)
