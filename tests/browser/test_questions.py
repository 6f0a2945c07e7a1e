"""A councillor picks, words, orders, prints and asks; an officer confirms what was answered."""

import zipfile

import pytest

from accounts.models import Role
from scrutiny.models import Promise, Question, QuestionList
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.usefixtures("record")

PROMISED = "the findings will be reported to audit committee"


@pytest.fixture
def councillor(as_role, scripts):
    return as_role(Role.COUNCILLOR, scripts=scripts)


def begins_a_list(visitor) -> None:
    visitor.at("admin:questions")
    visitor.follows("Begin a list")
    visitor.page.get_by_label("Or whom else you will ask").fill("Audit panel")
    visitor.presses("Begin the list")
    visitor.sees("Your list is begun.")


def picks(visitor, rule: str) -> None:
    """The first question of a rule that is not on the list yet."""
    button = visitor.page.locator(f"#{rule} button", has_text="Pick").first
    visitor.leaves_by(button)
    visitor.sees("The question is on your list: Audit panel.")


def moves(visitor, number: int, way: str) -> None:
    question = visitor.page.locator(".bw-question").nth(number - 1)
    visitor.leaves_by(question.locator("button", has_text=way))


def order(visitor) -> list[str]:
    return [each.inner_text()[:12] for each in visitor.page.locator(".bw-question h2").all()]


def test_a_councillor_picks_questions_words_them_and_puts_them_in_order(councillor):
    begins_a_list(councillor)
    picks(councillor, "promise-without-date")
    picks(councillor, "figures-conflict")
    councillor.follows("Audit panel")
    assert order(councillor) == ["1. Council s", "2. On which "]

    councillor.follows("Add a question of your own")
    councillor.page.get_by_label("Question").fill("Who pays for the new partner?")
    councillor.presses("Add the question")
    assert order(councillor)[2] == "3. Who pays "
    moves(councillor, 3, "Up")
    moves(councillor, 2, "Up")
    assert order(councillor) == ["1. Who pays ", "2. Council s", "3. On which "]
    moves(councillor, 1, "Down")
    assert order(councillor) == ["1. Council s", "2. Who pays ", "3. On which "]

    councillor.follows("Reword or remove")
    councillor.sees(PROMISED)
    box = councillor.page.get_by_label("Question")
    box.fill("")
    councillor.presses("Save")
    councillor.sees("There is a problem")
    box.fill("When will the findings be reported?")
    councillor.presses("Save")
    assert order(councillor)[0] == "1. When will"
    councillor.leaves_by(councillor.page.locator("a", has_text="Reword or remove").nth(2))
    councillor.presses("Remove this question")
    councillor.sees("The question is off your list.")
    assert len(order(councillor)) == 2
    assert QuestionList.objects.get().items.count() == 2


def test_a_brief_is_printed_and_downloaded(councillor):
    begins_a_list(councillor)
    picks(councillor, "promise-without-date")
    councillor.follows("Audit panel")
    councillor.follows("Brief to print")
    councillor.sees("Questions for Audit panel", PROMISED, "Source: Times Series")
    assert councillor.page.locator(".bw-header").is_visible()
    councillor.page.emulate_media(media="print")
    for screen_only in (".bw-header", ".govuk-footer", ".bw-brief .bw-noprint"):
        assert councillor.page.locator(screen_only).is_hidden(), screen_only
    assert councillor.page.locator(".bw-brief h1").is_visible()
    councillor.page.emulate_media(media="screen")

    with councillor.page.expect_download() as waiting:
        councillor.page.get_by_role("link", name="download it as a Word document").click()
    assert waiting.value.suggested_filename == "questions-audit-panel.docx"
    with zipfile.ZipFile(waiting.value.path()) as parts:
        assert PROMISED in parts.read("word/document.xml").decode()


def test_what_was_answered_is_handed_over_and_confirmed(councillor, as_role, scripts):
    begins_a_list(councillor)
    picks(councillor, "promise-without-date")
    councillor.follows("Audit panel")
    councillor.follows("Mark as asked")
    page = councillor.page
    for part, typed in (("Day", "1"), ("Month", "10"), ("Year", "2022")):
        page.get_by_label(part, exact=True).fill(typed)
    page.get_by_label("What was answered").fill("It will be reported in May.")
    page.get_by_label("Hand this note to the officers").check()
    councillor.presses("Save")
    councillor.sees("With the officers", "Asked on 1 October 2022.")

    officer = as_role(Role.CONTRACT_OFFICER, scripts=scripts)
    officer.at("admin:questions")
    officer.follows("Answers to confirm")
    officer.leaves_by(officer.page.locator("main .bw-items a").first)
    officer.sees("It will be reported in May.")
    officer.page.get_by_label("A promise").check()
    officer.page.get_by_label("Who said so").fill("Director of Resources")
    officer.presses("Confirm the answer")
    officer.sees("The answer stands on the record as a promise.", "No answer waits")
    row = Promise.objects.get(words="It will be reported in May.")
    assert Question.objects.get().became_promise == row

    page.reload()
    councillor.sees("On the record")


def test_picking_goes_by_the_keyboard_alone_on_a_phone(as_role):
    visitor = as_role(Role.COUNCILLOR, width=PHONE)
    begins_a_list(visitor)
    button = visitor.page.locator("#promise-without-date button", has_text="Pick").first
    button.focus()
    visitor.page.keyboard.press("Enter")
    visitor.sees("The question is on your list: Audit panel.")
    summary = visitor.page.locator("#promise-without-date summary").first
    summary.focus()
    visitor.page.keyboard.press("Enter")
    visitor.sees("Council spokesman, London Borough of Barnet")
    assert visitor.overflow() == 0
