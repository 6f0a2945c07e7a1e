"""Claims on the site: the register, one claim side by side, and the forms of officers."""

import csv
import datetime as dt
import io
import re

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from contracts.models import Discrepancy, Reading
from scrutiny import claiming
from scrutiny.models import ClaimParty, ClaimState, PartyAnswer, Statement
from tests import factories
from tests.actors import as_role, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_was_sent_before():
    cache.clear()


@pytest.fixture
def csg(db):
    return factories.a_contract("CSG", title="Customer and Support Group")


@pytest.fixture
def officer(db):
    return factories.a_person("Con Tract", Role.CONTRACT_OFFICER)


@pytest.fixture
def browser(officer):
    return signed_in(officer)


@pytest.fixture
def councillor(db):
    return as_role(Role.COUNCILLOR)


def a_claim(contract, **fields) -> Statement:
    given = {
        "speaker": "Labour group",
        "words": "It is not working.",
        "source": factories.a_source(),
        "by": factories.the_officer(),
        "contract": contract,
        **fields,
    }
    return claiming.claim(**given)


def an_answer(claim, **fields) -> Statement:
    given = {
        "speaker": "Capita",
        "words": "It is working.",
        "source": claim.source,
        "by": factories.the_officer(),
        **fields,
    }
    return claiming.respond(claim, **given)


def settled(claim, state: str, **fields) -> ClaimState:
    given = {
        "stated_by": "Council spokesperson",
        "reason": "The figure was wrong.",
        "source": claim.source,
        "by": factories.the_officer(),
        **fields,
    }
    return claiming.settle_state(claim, state=state, **given)


def at(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


def text_of(answer) -> str:
    html = answer.content.decode().partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def days_ago(days: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days)


def listed(browser, query: str = "") -> list[str]:
    """The words of the claims that a register lists, in its order."""
    return [row.words for row in browser.get(at("claims") + query).context["table"].data]


class TestTheRegister:
    def test_says_how_long_each_claim_has_had_no_answer(self, csg, councillor):
        a_claim(csg, words="Silent", said_on=days_ago(12))
        answered = a_claim(csg, words="Answered", said_on=days_ago(40))
        an_answer(answered)
        rows = list(csv.DictReader(io.StringIO(_export(councillor))))
        assert {row["Claim"]: (row["State"], row["Days without an answer"]) for row in rows} == {
            "Silent": ("Unanswered", "12"),
            "Answered": ("Answered", ""),
        }

    def test_says_at_least_where_the_day_is_not_known(self, csg, councillor):
        a_claim(csg, said_on=dt.date(2018, 7, 1), said_precision="month")
        days = (timezone.localdate() - dt.date(2018, 7, 31)).days
        assert f"at least {days:,}" in text_of(councillor.get(at("claims")))

    def test_filters_by_more_than_so_many_days_of_silence(self, csg, councillor):
        a_claim(csg, words="Thirty", said_on=days_ago(30))
        a_claim(csg, words="More", said_on=days_ago(31))
        a_claim(csg, words="Undated")
        an_answer(a_claim(csg, words="Answered", said_on=days_ago(99)))
        assert listed(councillor, "?silent_for=30") == ["More"]
        assert listed(councillor, "?silent_for=29&sort=-days") == ["More", "Thirty"]
        shown = councillor.get(at("claims") + "?silent_for=soon")
        assert "Enter a whole number of days, such as 30." in text_of(shown)

    def test_filters_by_words_contract_failure_speaker_and_state(self, csg, councillor):
        failure = factories.an_incident(csg)
        other = factories.a_contract("DRS")
        a_claim(csg, words="Capita monitors itself", political_group="Labour")
        a_claim(None, words="Cannot bill", incident=failure, organisation="UNISON")
        withdrawn = a_claim(other, words="It is late")
        settled(withdrawn, "withdrawn")
        for query, found in (
            ("q=monitors+capita", {"Capita monitors itself"}),
            (f"contract={csg.pk}", {"Capita monitors itself", "Cannot bill"}),
            (f"failure={failure.pk}", {"Cannot bill"}),
            ("organisation=unison", {"Cannot bill"}),
            ("organisation=labour&q=itself", {"Capita monitors itself"}),
            ("state=withdrawn", {"It is late"}),
            ("state=unanswered", {"Capita monitors itself", "Cannot bill"}),
        ):
            assert set(listed(councillor, f"?{query}")) == found, query

    def test_lists_the_longest_silence_first_and_the_answered_last(self, csg, councillor):
        a_claim(csg, words="Short", said_on=days_ago(3))
        an_answer(a_claim(csg, words="Answered", said_on=days_ago(500)))
        a_claim(csg, words="Long", said_on=days_ago(300))
        assert listed(councillor, "?sort=-days") == ["Long", "Short", "Answered"]
        assert listed(councillor, "?sort=days")[:2] == ["Short", "Long"]

    def test_leaves_out_what_a_person_may_not_see_and_its_answers(self, csg, councillor):
        hidden = a_claim(csg, words="Secret", **factories.exempt(5))
        shown = a_claim(csg, words="Open", said_on=days_ago(5))
        an_answer(shown, words="Secret answer", **factories.exempt(5))
        page = councillor.get(at("claims"))
        assert "Secret" not in page.content.decode()
        assert [row.claim_state for row in page.context["table"].data] == ["unanswered"]
        assert councillor.get(at("claim", hidden.pk)).status_code == 404
        cleared = signed_in(factories.a_person("Cleared", Role.AUDITOR, cleared=(5,)))
        assert set(listed(cleared)) == {"Secret", "Open"}
        assert "Secret answer" in text_of(cleared.get(at("claim", shown.pk)))

    @pytest.mark.parametrize("query", ["", "?silent_for=1&sort=-days"])
    def test_asks_as_much_for_fifty_as_for_one(
        self, csg, councillor, query, django_assert_max_num_queries
    ):
        def more() -> None:
            claim = a_claim(csg, said_on=days_ago(9), concerns=[("Capita", "")])
            an_answer(claim, parties=claim.parties.all())
            a_claim(None, incident=factories.an_incident(csg), said_on=days_ago(9))

        more()
        councillor.get(at("claims"))
        with django_assert_max_num_queries(12) as one:
            councillor.get(at("claims") + query)
        for _ in range(50):
            more()
        with django_assert_max_num_queries(12) as fifty:
            councillor.get(at("claims") + query)
        assert len(one) == len(fifty)


def _export(browser) -> str:
    answer = browser.get(at("claims") + "?export=csv")
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8-sig")


class TestOneClaim:
    def test_stands_beside_its_answers_with_whom_it_concerns_and_its_history(self, csg, councillor):
        claim = a_claim(
            csg,
            words="It is not working",
            is_quotation=True,
            said_on=dt.date(2018, 9, 20),
            concerns=[("Leader of the council", ""), ("Capita", "")],
        )
        an_answer(claim, parties=claim.parties.filter(party="Capita"))
        settled(claim, "disputed", stated_on=dt.date(2018, 10, 1))
        said = text_of(councillor.get(at("claim", claim.pk)))
        for words in (
            "“It is not working”",
            "Labour group 20 September 2018",
            "Answered by Capita",
            "Leader of the council No answer on the record",
            "Capita Answered",
            "Disputed, says Council spokesperson, 1 October 2018: The figure was wrong.",
            "The claim was recorded.",
            "BarnetWatch gives no verdict.",
        ):
            assert words in said

    def test_says_for_how_long_nobody_has_answered(self, csg, councillor):
        claim = a_claim(csg, said_on=days_ago(1))
        said = text_of(councillor.get(at("claim", claim.pk)))
        assert "No answer is on the record, 1 day after it was said." in said

    def test_shows_which_facts_of_the_contract_sources_disagree_on(self, csg, councillor):
        from contracts import register

        by, source = factories.the_officer(), factories.a_source("The headline")
        fact = Discrepancy.objects.create(contract=csg, question="Who paid?")
        Reading.objects.create(discrepancy=fact, says="Councillors.", source=source)
        better = Reading.objects.create(discrepancy=fact, says="An officer.", source=source)
        register.prefer_reading(better, reason="It is the decision itself.", by=by)
        said = text_of(councillor.get(at("claim", a_claim(csg).pk)))
        assert "Who paid? Councillors." in said
        assert "An officer. Preferred It is the decision itself." in said

    def test_keeps_the_status_of_a_sum_it_names(self, csg, councillor):
        claim = a_claim(csg, amount=4_200_000, amount_status="alleged")
        said = text_of(councillor.get(at("claim", claim.pk)))
        assert "£4,200,000, alleged (as the speaker says)" in said
        assert "enters no total" in said

    def test_is_where_its_answer_leads(self, csg, councillor):
        claim = a_claim(csg)
        answer = an_answer(claim)
        assert answer.get_absolute_url() == f"{at('claim', claim.pk)}#answer-{answer.pk}"
        assert councillor.get(at("claim", answer.pk)).url == answer.get_absolute_url()

    def test_asks_as_much_for_many_answers_as_for_one(
        self, csg, councillor, django_assert_max_num_queries
    ):
        claim = a_claim(csg, concerns=[("A", "")])

        def more(number: int) -> None:
            party = claiming.concern(claim, party=f"P{number}", by=factories.the_officer())
            an_answer(claim, parties=[party], source=factories.a_source())
            settled(claim, "disputed", source=factories.a_source())

        more(1)
        councillor.get(at("claim", claim.pk))
        with django_assert_max_num_queries(20) as one:
            councillor.get(at("claim", claim.pk))
        for number in range(2, 12):
            more(number)
        with django_assert_max_num_queries(20) as many:
            councillor.get(at("claim", claim.pk))
        assert len(one) == len(many)

    def test_stands_side_by_side_on_the_pages_of_its_failure_and_its_contract(
        self, csg, councillor
    ):
        failure = factories.an_incident(csg)
        claim = a_claim(csg, incident=failure, concerns=[("Capita", "")], said_on=days_ago(3))
        for page in (failure.get_absolute_url(), csg.get_absolute_url()):
            said = text_of(councillor.get(page))
            assert "No answer is on the record, 3 days after it was said." in said
        assert "Not yet answered by: Capita." in text_of(councillor.get(failure.get_absolute_url()))
        settled(claim, "withdrawn")
        for page in (failure.get_absolute_url(), csg.get_absolute_url()):
            said = text_of(councillor.get(page))
            assert "Withdrawn, says Council spokesperson: The figure was wrong." in said
            assert "No answer is on the record" not in said


def typed(claim_source, **changed) -> dict:
    return {
        "speaker": "Labour group",
        "political_group": "Labour",
        "said_day": "20",
        "said_month": "9",
        "said_year": "2018",
        "words": "It is not working",
        "source": claim_source.pk,
        **changed,
    }


class TestRecording:
    def test_a_claim_with_whom_it_concerns(self, csg, browser, officer):
        sent = typed(
            factories.a_source(),
            contract=csg.pk,
            amount="£4,200,000",
            amount_status="alleged",
            concerns="Leader of the council, London Borough of Barnet\n\nCapita\nCapita",
        )
        answer = browser.post(at("claim_add"), sent)
        claim = Statement.objects.get()
        assert answer.url == at("claim", claim.pk)
        assert (claim.kind, claim.recorded_by, str(claim.said)) == (
            "claim",
            officer,
            "20 September 2018",
        )
        assert (claim.amount, claim.amount_status) == (4_200_000, "alleged")
        assert [str(each) for each in claim.parties.all()] == [
            "Leader of the council, London Borough of Barnet",
            "Capita",
        ]

    @pytest.mark.parametrize(
        ("changed", "field", "said"),
        [
            ({"words": ""}, "words", "Write down what was said."),
            ({"speaker": ""}, "speaker", "Say who said it, by name or by role."),
            ({"source": ""}, "source", "Choose the source in which it was read."),
            ({"contract": ""}, "contract", "Choose the contract, the failure or the supplier."),
            ({"amount": "5"}, "amount_status", "Choose what the speaker says of the sum."),
            ({"amount_status": "paid"}, "amount", "Enter the sum of which the speaker says so."),
            ({"said_day": "31"}, "said", "31 9 2018 is not a date in the calendar."),
            ({"concerns": ", LBB"}, "concerns", "Begin each line with the party"),
            ({"concerns": "x" * 151}, "concerns", "in 150 characters or fewer"),
        ],
    )
    def test_a_mistake_is_named_and_nothing_typed_is_lost(self, csg, browser, changed, field, said):
        sent = typed(factories.a_source(), note="Kept", **{"contract": csg.pk, **changed})
        answer = browser.post(at("claim_add"), sent)
        assert answer.status_code == 200
        assert said in " ".join(answer.context["form"].errors[field])
        assert "Kept" in answer.content.decode()
        assert "There is a problem" in text_of(answer)
        assert not Statement.all_rows.exists()

    def test_a_page_sent_twice_records_one(self, csg, browser):
        sent = typed(factories.a_source(), contract=csg.pk, token="one")
        browser.post(at("claim_add"), sent)
        again = browser.post(at("claim_add"), sent, follow=True)
        assert "nothing was recorded again" in again.content.decode()
        assert Statement.objects.count() == 1

    def test_begins_with_the_failure_it_is_about(self, csg, browser):
        failure = factories.an_incident(csg)
        form = browser.get(at("claim_add") + f"?failure={failure.pk}").context["form"]
        assert form.initial == {"incident": failure.pk, "contract": csg.pk}
        for odd in ("x", "9" * 30, "999999", "-1"):
            asked = browser.get(at("claim_add") + f"?failure={odd}&contract={odd}")
            assert asked.context["form"].initial == {}

    def test_offers_nothing_that_a_person_may_not_see(self, browser):
        hidden = factories.a_contract("SECRET", **factories.exempt(5))
        asked = browser.get(at("claim_add") + f"?contract={hidden.pk}")
        assert asked.context["form"].initial == {}
        assert "SECRET" not in asked.content.decode()
        sent = typed(factories.a_source(), contract=hidden.pk)
        refused = browser.post(at("claim_add"), sent)
        assert "contract" in refused.context["form"].errors

    def test_an_answer_and_for_whom_it_is_given(self, csg, browser):
        claim = a_claim(csg, concerns=[("Capita", ""), ("Leader", "")])
        capita = claim.parties.get(party="Capita")
        sent = typed(claim.source, speaker="Capita", parties=[capita.pk])
        answer = browser.post(at("claim_answer", claim.pk), sent)
        assert answer.url == at("claim", claim.pk)
        assert PartyAnswer.objects.get().party == capita
        assert claim.responses.get().contract == csg

    def test_that_a_claim_is_withdrawn_with_the_reason(self, csg, browser):
        claim = a_claim(csg)
        page = at("claim_state", claim.pk)
        refused = browser.post(page, {"state": "withdrawn", "stated_by": "Labour group"})
        assert set(refused.context["form"].errors) == {"reason", "source"}
        sent = {
            "state": "withdrawn",
            "stated_by": "Labour group",
            "stated_month": "10",
            "stated_year": "2018",
            "year_inferred": "on",
            "reason": "The figure was wrong.",
            "source": claim.source_id,
        }
        assert browser.post(page, sent).url == at("claim", claim.pk)
        row = ClaimState.objects.get()
        assert (row.state, str(row.stated)) == ("withdrawn", "October [2018]")

    def test_another_party_and_the_answer_already_given_for_it(self, csg, browser):
        claim = a_claim(csg)
        answer = an_answer(claim)
        page = at("claim_concerns", claim.pk)
        assert browser.post(page, {"party": ""}).context["form"].errors
        browser.post(page, {"party": "Capita", "answered_by": [answer.pk]})
        assert PartyAnswer.objects.get().response == answer
        again = browser.post(page, {"party": "Capita"})
        assert "concerning this party already" in text_of(again)
        assert ClaimParty.objects.count() == 1

    @pytest.mark.parametrize(
        "role", [Role.COUNCILLOR, Role.AUDITOR, Role.INCIDENT_OFFICER, Role.FINANCE_OFFICER]
    )
    def test_is_for_contract_officers(self, csg, role):
        claim, other = a_claim(csg), as_role(role)
        for name, args in (
            ("claim_add", ()),
            ("claim_answer", (claim.pk,)),
            ("claim_state", (claim.pk,)),
            ("claim_concerns", (claim.pk,)),
        ):
            assert other.get(at(name, *args)).status_code == 403
        page = other.get(at("claim", claim.pk))
        assert page.status_code == 200
        assert "Record an answer" not in page.content.decode()

    def test_is_not_asked_of_what_is_no_claim(self, csg, browser):
        answer = an_answer(a_claim(csg))
        for name in ("claim_answer", "claim_state", "claim_concerns"):
            assert browser.get(at(name, answer.pk)).status_code == 404
            assert browser.get(at(name, 999_999)).status_code == 404
