"""A finance officer says whose name it is, sees what that moves, and takes it back."""

import re

import pytest
from django.urls import reverse

from accounts.models import Role
from contracts.models import Contract
from costs.models import AttributionRule, Payee, RuleTakenBack
from costs.payments.paid import paid_under
from tests import factories
from tests.actors import as_role
from tests.pages.payments.paid import a_contract, a_row, april, confirmed, words_of

pytestmark = pytest.mark.django_db

PROPOSED = "Names of suppliers on this record"


@pytest.fixture
def officer(db):
    return as_role(Role.FINANCE_OFFICER)


def worklist(browser, **query) -> str:
    answer = browser.get(reverse("admin:payments_matching"), query)
    assert answer.status_code == 200
    return words_of(answer.content)


def form_of(name: str) -> str:
    return reverse("admin:payments_match", args=[Payee.objects.get(name=name).pk])


NAME = "CAPITA BUSINESS SERVICES LIMITED"


def hidden(html: bytes) -> dict[str, str]:
    """What a page carries along."""
    return dict(
        re.findall(r'<input type="hidden" name="(shown|token)" value="([^"]*)"', html.decode())
    )


def test_a_name_of_a_known_supplier_is_proposed_with_its_only_contract(officer):
    a_contract()
    april(a_row("132.00"))
    text = worklist(officer)
    assert f"{NAME} Capita Business Services Ltd, CSG £132.00 1 Confirm" in text


def test_a_proposal_is_confirmed_in_one_step_once_its_move_is_seen(officer):
    csg = a_contract()
    april(a_row("132.00"))
    page = re.search(r'href="(/payments/matching/[^"]+)"', _html(officer))[1].replace("&amp;", "&")
    answer = officer.get(page)
    text = words_of(answer.content)
    assert "£132.00 in 1 payment would move." in text
    assert "CSG: Customer and Support Group £0.00 £132.00 £132.00" in text
    assert "is the name under which the council publishes its payments to" in text
    assert not AttributionRule.objects.exists()

    sent = {"supplier": csg.supplier.pk, "contract": csg.pk, "reason": "It is."}
    answer = officer.post(page.partition("?")[0], {**sent, **hidden(answer.content)}, follow=True)
    assert "Confirmed: payments to CAPITA BUSINESS SERVICES LIMITED belong to CSG." in words_of(
        answer.content
    )
    assert paid_under(csg).total == 132
    rule = AttributionRule.objects.get()
    assert (rule.reason, rule.recorded_by.name) == ("It is.", "The finance officer")


def _html(officer) -> str:
    return officer.get(reverse("admin:payments_matching")).content.decode()


def test_what_was_changed_is_shown_again_before_it_is_done(officer):
    csg = a_contract()
    drs = a_contract("DRS", supplier=csg.supplier)
    april(a_row("132.00"), a_row("8.00", directorate="Adults"))
    sent = {"supplier": csg.supplier.pk, "contract": csg.pk, "reason": "It is."}
    first = officer.post(form_of(NAME), sent)
    carried = hidden(first.content)
    changed = {**sent, "contract": drs.pk, "directorate": "Adults", **carried}
    second = officer.post(form_of(NAME), changed)
    assert not AttributionRule.objects.exists()
    assert "£8.00 in 1 payment would move." in words_of(second.content)
    officer.post(form_of(NAME), {**changed, **hidden(second.content)})
    assert paid_under(drs).total == 8


def test_the_same_page_sent_twice_confirms_once(officer):
    csg = a_contract()
    april(a_row("132.00"))
    sent = {"supplier": csg.supplier.pk, "contract": csg.pk, "reason": "It is."}
    carried = hidden(officer.post(form_of(NAME), sent).content)
    for _time in range(2):
        answer = officer.post(form_of(NAME), {**sent, **carried}, follow=True)
    assert AttributionRule.objects.count() == 1
    assert "This page was sent before" in words_of(answer.content)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"supplier": ""}, "Choose an option under “Supplier”."),
        ({"reason": " "}, "Say why these payments belong there."),
        ({"contract": "", "directorate": "Resources"}, "Choose the contract that these payments"),
        ({"contract": "other"}, "is with Another. Choose a contract of Capita"),
        ({"directorate": "Nowhere"}, "That is not on the list."),
    ],
)
def test_a_mistake_is_said_at_its_field_and_nothing_is_confirmed(officer, changed, said):
    csg = a_contract()
    other = a_contract("OTHER", supplier=factories.a_supplier("Another"))
    april(a_row("132.00"))
    sent = {"supplier": csg.supplier.pk, "contract": csg.pk, "reason": "It is.", **changed}
    if sent["contract"] == "other":
        sent["contract"] = other.pk
    answer = officer.post(form_of(NAME), sent)
    assert said in words_of(answer.content)
    assert "There is a problem" in words_of(answer.content)
    assert not AttributionRule.objects.exists()


def test_what_is_confirmed_already_is_refused_in_words(officer):
    csg = a_contract()
    april(a_row("132.00"))
    confirmed(csg)
    sent = {"supplier": csg.supplier.pk, "contract": csg.pk, "reason": "Again."}
    shown = officer.post(form_of(NAME), sent)
    assert "No payment would move." in words_of(shown.content)
    answer = officer.post(form_of(NAME), {**sent, **hidden(shown.content)})
    assert "This is confirmed already." in words_of(answer.content)


def test_a_name_with_a_rule_but_no_contract_waits_the_largest_sum_first(officer):
    csg = a_contract()
    april(a_row("5.00", name="Small Ltd"), a_row("132.00"))
    for name, supplier in (("Small", factories.a_supplier("Small Ltd")), (NAME, csg.supplier)):
        _confirm_name(name, supplier)
    text = worklist(officer)
    waiting = text.partition("Not yet attributed Whose")[2]
    assert waiting.index(NAME) < waiting.index("Small Ltd ")
    assert "£132.00 1 Attribute" in waiting


def _confirm_name(name, supplier) -> None:
    from costs.payments import attributing

    attributing.confirm(name, supplier=supplier, reason="So.", by=factories.the_officer())


def test_other_names_are_found_by_their_words_and_said_to_be_a_supplier_s(officer):
    csg = a_contract()
    april(a_row("7.00", name="Entrust Support"), a_row("9.00", name="Nobody Else"))
    assert "Nobody Else £9.00 1 Say whose it is" in worklist(officer)
    text = worklist(officer, words="entrust")
    assert "Entrust Support £7.00 1 Say whose it is" in text
    assert "Nobody Else" not in text
    sent = {"supplier": csg.supplier.pk, "contract": csg.pk, "reason": "Of its group."}
    shown = officer.post(form_of("Entrust Support"), sent)
    officer.post(form_of("Entrust Support"), {**sent, **hidden(shown.content)})
    assert paid_under(csg).total == 7


def test_names_that_are_kept_back_are_not_offered(officer):
    april(a_row("7.00", name="REDACTED PERSONAL DATA"))
    assert "PERSONAL" not in worklist(officer)


def test_rules_that_disagree_are_shown_as_such(officer):
    csg = a_contract()
    drs = a_contract("DRS", supplier=csg.supplier)
    april(a_row("132.00"))
    confirmed(csg, reason="Says one.")
    confirmed(drs, reason="Says the other.")
    text = worklist(officer)
    assert "Rules that disagree" in text
    assert "capita business services: £132.00 in 1 payment" in text
    assert "Says one." in text
    assert "Says the other." in text


def test_a_rule_is_taken_back_once_its_move_is_seen(officer):
    csg = a_contract()
    april(a_row("132.00"))
    rule = confirmed(csg)
    page = reverse("admin:payments_rule_take_back", args=[rule.pk])
    shown = officer.get(page)
    assert "CSG: Customer and Support Group £132.00 £0.00 -£132.00" in words_of(shown.content)
    refused = officer.post(page, {"reason": ""})
    assert "Say why the rule is taken back." in words_of(refused.content)
    answer = officer.post(page, {"reason": "Another.", **hidden(shown.content)}, follow=True)
    text = words_of(answer.content)
    assert "Taken back: the rule on payments to capita business services." in text
    assert "by The finance officer: Another." in text
    assert RuleTakenBack.objects.count() == 1
    assert paid_under(csg).total == 0
    again = officer.get(page, follow=True)
    assert "This rule was taken back before." in words_of(again.content)


def test_the_rules_say_who_confirmed_them_and_how_much_they_decide(officer):
    csg = a_contract()
    april(a_row("132.00"), a_row("8.00", directorate="Adults"))
    confirmed(csg, by=factories.a_person("Ann Officer"), directorate="Adults")
    text = words_of(officer.get(reverse("admin:payments_rules")).content)
    assert "capita business services directorate “Adults” Capita Business Services Ltd CSG" in text
    assert "1 £8.00" in text
    assert "Ann Officer" in text


# Who may, and what a person may not see -------------------------------------------------


@pytest.mark.parametrize("role", [Role.COUNCILLOR, Role.AUDITOR, Role.CONTRACT_OFFICER])
def test_only_finance_officers_match(role):
    april(a_row("132.00"))
    rule = confirmed(a_contract())
    reader = as_role(role)
    for page in (
        reverse("admin:payments_matching"),
        form_of(NAME),
        reverse("admin:payments_rule_take_back", args=[rule.pk]),
    ):
        assert reader.get(page).status_code == 403
    text = words_of(reader.get(reverse("admin:payments_rules")).content)
    assert "Its invoices say so." in text
    assert "Take back" not in text


def test_a_hidden_contract_and_its_rules_are_in_no_list_or_choice(officer):
    csg = a_contract("SECRET", title="Canary")
    april(a_row("132.00"))
    rule = confirmed(csg, reason="Hush.")
    Contract.all_rows.filter(pk=csg.pk).update(**factories.exempt(1))
    pages = [
        _html(officer),
        officer.get(reverse("admin:payments_rules")).content.decode(),
        officer.get(form_of(NAME)).content.decode(),
    ]
    for html in pages:
        for trace in ("SECRET", "Canary", "Hush"):
            assert trace not in html
    taking = reverse("admin:payments_rule_take_back", args=[rule.pk])
    assert officer.get(taking).status_code == 404


def test_the_rules_take_as_few_queries_for_fifty_as_for_one(officer, django_assert_max_num_queries):
    csg = a_contract()

    def queries() -> int:
        page = reverse("admin:payments_rules")
        officer.get(page)
        with django_assert_max_num_queries(12) as made:
            officer.get(page)
        return len(made)

    april(*(a_row("1.00", name=f"Firm {number}") for number in range(60)))
    confirmed(csg, "Firm 0")
    for_one = queries()
    for number in range(1, 60):
        confirmed(csg, f"Firm {number}")
    assert queries() == for_one


def test_the_worklist_takes_as_few_queries_for_fifty_names_as_for_one(
    officer, django_assert_max_num_queries
):
    def queries() -> int:
        _html(officer)
        with django_assert_max_num_queries(20) as made:
            _html(officer)
        return len(made)

    def names(first: int, last: int) -> None:
        april(
            *(
                a_row("1.00", name=f"{kind} {number}")
                for number in range(first, last)
                for kind in ("Known", "Ruled", "Other", "Odd")
            ),
            name=f"{first}.csv",
        )
        for number in range(first, last):
            a_contract(f"K{number}", supplier=factories.a_supplier(f"Known {number}"))
            supplier = factories.a_supplier(f"Supplier {number}")
            _confirm_name(f"Ruled {number}", supplier)
            for letter in "ab":
                odd = a_contract(f"O{letter}{number}", supplier=supplier)
                confirmed(odd, f"Odd {number}")

    names(0, 1)
    for_one = queries()
    names(1, 40)
    assert queries() == for_one
