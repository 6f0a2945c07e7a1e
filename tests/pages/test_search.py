"""Search: all words, what a person may see, the word in its sentence."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from barnetwatch.pages.search.excerpts import excerpt, marked
from barnetwatch.pages.search.finding import MOST, PER_PAGE, SHOWN, search, words_of
from barnetwatch.pages.search.kinds import KINDS
from contracts.models import Commitment, Service
from incidents import casework
from scrutiny import record
from scrutiny.models import Body
from tests import everything, factories
from tests.actors import as_role, signed_in, the_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def councillor():
    return factories.a_councillor("Ann Member")


def found(person, question: str) -> dict[str, list[str]]:
    """The titles that were found, by kind."""
    results = search(person, words_of(question))
    return {each.kind.slug: [plain(hit.title) for hit in each.hits] for each in results}


def plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", str(text)))


def page(person, **query):
    return signed_in(person).get(reverse("admin:search"), query)


def main_of(answer) -> str:
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]


def test_a_councillor_finds_a_word_in_rows_of_every_kind(councillor):
    everything.a_contract_with_everything("Zebra")

    assert found(councillor, "zebra").keys() == {kind.slug for kind in KINDS}
    assert page(councillor, q="zebra").status_code == 200


def test_every_hit_leads_to_a_page_that_answers(councillor):
    everything.a_contract_with_everything("Zebra")
    browser = signed_in(councillor)

    for each in search(councillor, ["zebra"]):
        for hit in each.hits:
            assert browser.get(hit.url.partition("#")[0]).status_code == 200, each.kind


def test_a_word_that_stands_only_in_hidden_rows_finds_nothing(councillor):
    everything.a_contract_with_everything("Zebra", **factories.exempt(1))

    for person in (councillor, the_superuser()):
        assert found(person, "zebra") == {}
        assert "Nothing found for “zebra”" in main_of(page(person, q="zebra"))
    cleared = factories.a_person("Cleared", Role.AUDITOR, cleared=(1,))
    assert found(cleared, "zebra").keys() == {kind.slug for kind in KINDS}


def test_an_open_row_is_not_found_by_the_words_of_a_hidden_neighbour(councillor):
    hidden = factories.a_source("Zebra report", **factories.exempt(1))
    contract = factories.a_contract("CSG", source=hidden)
    line = factories.a_line(contract, "Elephant", source=hidden)
    factories.post(line, "approved", 5, "2018-01-01", note="Elephant note")
    failure = factories.an_incident(contract, title="Elephant failure", sources=[hidden])
    secret = factories.an_incident(contract, title="Zebra failure", **factories.exempt(1))
    casework.update(secret, text="Elephant and zebra", by=factories.the_officer())
    record.decide(
        kind="motion",
        title="Elephant motion",
        text="Move it.",
        outcome="agreed",
        taken_by="Officer",
        incidents=[failure, secret],
        source=hidden,
        contract=contract,
        by=factories.the_officer(),
    )

    assert found(councillor, "zebra") == {}
    assert found(councillor, "elephant zebra") == {}
    assert found(councillor, "elephant").keys() == {
        "costline",
        "costentry",
        "incident",
        "decision",
    }
    assert "ebra" not in main_of(page(councillor, q="elephant"))


def test_only_those_who_may_read_a_kind_search_it():
    everything.a_contract_with_everything("Zebra")

    browser = as_role(Role.ADMINISTRATOR)

    answer = browser.get(reverse("admin:search"), {"q": "zebra"})
    assert answer.status_code == 200
    assert "Nothing found" in main_of(answer)
    refused = browser.get(reverse("admin:search"), {"q": "zebra", "kind": "contract"})
    assert refused.status_code == 404


def test_all_words_must_be_there_in_any_case_and_order(councillor):
    contract = factories.a_contract("CSG", title="Customer and Support Group")
    factories.an_incident(contract, title="Mosaic cannot bill", description="Clients wait.")
    factories.an_incident(contract, title="Mosaic is slow", description="Staff wait.")

    assert len(found(councillor, "MOSAIC")["incident"]) == 2
    (only,) = found(councillor, "clients mosaic")["incident"]
    assert only.endswith("Mosaic cannot bill")
    assert found(councillor, "mosaic zebra") == {}


def test_the_contract_narrows_a_search_and_is_no_hit_of_its_failures(councillor):
    factories.an_incident(factories.a_contract("CSG"), title="Billing")
    factories.an_incident(factories.a_contract("DRS"), title="Billing")

    assert len(found(councillor, "billing")["incident"]) == 2
    assert len(found(councillor, "billing csg")["incident"]) == 1
    assert found(councillor, "csg").keys() == {"contract"}


def test_what_is_named_by_its_reference_comes_first(councillor):
    csg = factories.a_contract("CSG", title="Customer and Support Group")
    for number in range(12):
        factories.a_contract(f"N{number}", title=f"Like CSG {number}")
    failure = factories.an_incident(csg, title="Down")
    later = factories.an_incident(csg, title=f"As after {failure.reference}")

    assert found(councillor, "csg")["contract"][0] == "CSG: Customer and Support Group"
    assert found(councillor, failure.reference.lower())["incident"] == [str(failure), str(later)]
    factories.a_line(csg, f"Cost of {failure.reference}")
    assert next(iter(found(councillor, failure.reference))) == "incident"


def test_percent_signs_and_underscores_mean_themselves(councillor):
    contract = factories.a_contract("CSG")
    factories.a_line(contract, "Half of it: 50% done")
    factories.a_line(contract, "Half of it: 500 done")

    assert found(councillor, "50%")["costline"] == ["Half of it: 50% done"]
    assert found(councillor, "%") == {"costline": ["Half of it: 50% done"]}
    assert found(councillor, "5_0") == {}


@pytest.mark.parametrize(
    "question", ["\x00", "a\x00b", "'; --", "\\", "((((", "“", "%00", "é" * 300, "a " * 300, "\n"]
)
def test_no_question_breaks_the_page(councillor, question):
    assert page(councillor, q=question).status_code == 200
    assert page(councillor, q=question, kind="contract").status_code == 200


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "²", ""])
def test_a_page_that_is_none_is_not_found(councillor, number):
    assert page(councillor, q="a", kind="contract", page=number).status_code == 404


def test_a_long_question_is_cut_and_says_so(councillor):
    words = [f"w{number}" for number in range(MOST + 5)]

    text = main_of(page(councillor, q=" ".join(words)))

    assert f"Only the first {MOST} words are looked for" in text
    assert words_of(" ".join(words)) == words[:MOST]


def test_an_empty_question_explains_and_a_vain_one_helps(councillor):
    empty = main_of(page(councillor))
    assert "This looks through everything on the record that you may see" in empty
    assert "Nothing found" not in empty
    vain = main_of(page(councillor, q="xyzzy"))
    assert "Check the spelling, or try fewer words." in vain


def test_what_was_typed_and_what_is_found_stand_there_as_text(councillor):
    factories.a_line(factories.a_contract("CSG"), "<b>Zebra</b> & co")

    text = main_of(page(councillor, q="zebra <script>"))
    assert "<script>" not in text
    text = main_of(page(councillor, q="zebra"))
    assert "&lt;b&gt;<mark>Zebra</mark>&lt;/b&gt; &amp; co" in text


def test_ten_of_a_kind_are_shown_and_all_of_them_page_by_page(councillor):
    contract = factories.a_contract("CSG")
    for number in range(PER_PAGE + 2):
        factories.a_line(contract, f"Zebra {number}")

    text = main_of(page(councillor, q="zebra"))
    assert text.count('class="bw-hits__hit"') == SHOWN
    assert f"All {PER_PAGE + 2} cost lines" in text

    first = main_of(page(councillor, q="zebra", kind="costline"))
    assert first.count('class="bw-hits__hit"') == PER_PAGE
    assert "page 1 of 2" in first
    second = main_of(page(councillor, q="zebra", kind="costline", page=2))
    assert second.count('class="bw-hits__hit"') == 2
    assert page(councillor, q="zebra", kind="costline", page=3).status_code == 404
    assert page(councillor, q="zebra", kind="nonsense").status_code == 404


def test_the_word_stands_in_its_sentence():
    text = f"{'Before it. ' * 40}The system cannot bill clients. {'After it. ' * 40}"

    said = str(excerpt([text], ["BILL"]))

    assert said.startswith("The system")
    assert "The system cannot <mark>bill</mark> clients." in said
    assert said.endswith("…")
    assert len(plain(said)) <= 242
    assert str(excerpt(["word " * 40 + "found"], ["found"])).startswith("…word")


def test_the_text_with_most_of_the_words_is_shown_and_none_without_any():
    assert excerpt(["one two", "two three and one"], ["two", "three"]).startswith(
        "<mark>two</mark>"
    )
    assert "<mark>three</mark>" in excerpt(["one two", "two three"], ["two", "three"])
    assert excerpt(["one two"], ["zebra"]) == ""


def test_words_are_marked_and_everything_else_is_escaped():
    assert marked("<a> & b", ["a", "&"]) == "&lt;<mark>a</mark>&gt; <mark>&amp;</mark> b"
    assert marked("recovery", ["re", "recover"]) == "<mark>recover</mark>y"


def test_the_page_asks_as_many_questions_of_fifty_rows_as_of_one(councillor):
    browser = signed_in(councillor)
    everything.a_contract_with_everything("Zebra 0")
    few = questions(browser)
    for number in range(1, 13):
        everything.a_contract_with_everything(f"Zebra {number}")
    assert questions(browser) == few
    assert few <= len(KINDS) + 12


def questions(browser) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(reverse("admin:search"), {"q": "zebra"}).status_code == 200
    return len(asked)


def test_each_kind_is_named_once_and_its_texts_are_its_own():
    assert len({kind.slug for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert not [field for field in kind.fields if "__" in field], kind.slug
        for path in kind.beside:
            assert is_seen_with(kind.model, path.split("__")), (kind.slug, path)


def is_seen_with(model, path: list[str]) -> bool:
    """Whether every row on the way to a text is seen wherever a row of the model is."""
    name, *rest = path
    if not rest:
        return True
    related = model._meta.get_field(name).related_model
    always_seen = name in getattr(model, "visible_through", ()) or related is Body
    return always_seen and is_seen_with(related, rest)


def test_a_service_and_a_commitment_lead_to_their_place_on_the_contract(councillor):
    contract = factories.a_contract("CSG")
    Service.objects.create(contract=contract, name="Payroll")
    Commitment.objects.create(
        contract=contract,
        title="Payroll recovered",
        measure="rto",
        target=48,
        unit="hours",
        source=factories.a_source(),
    )

    urls = {each.kind.slug: each.hits[0].url for each in search(councillor, ["payroll"])}

    page_of = contract.get_absolute_url()
    assert urls == {"service": f"{page_of}#services", "commitment": f"{page_of}#commitments"}
