"""A scrutiny member asks for what they cannot find; an officer lets them see it; they read it."""

from accounts.models import AccessRequest, Role
from contracts.models import Contract
from tests import factories


def test_a_member_asks_an_officer_grants_and_the_member_reads(record, a_visitor, scripts):
    secret = factories.a_contract("REGIONAL-9", **factories.exempt(1))
    member = a_visitor(factories.a_councillor("Ann Member"), scripts=scripts)
    officer = a_visitor(
        factories.a_person("Con Tract", Role.CONTRACT_OFFICER, cleared=(1,)), scripts=scripts
    )
    address = secret.get_absolute_url()
    member.open(address)
    assert "REGIONAL-9" not in member.page.content()

    page = member.at("admin:access")
    member.follows("Ask to see something")
    member.presses("Send the request")
    member.sees("There is a problem")
    page.get_by_label("What do you ask to see?").fill("The regional services contract")
    page.get_by_label("Why do you need to see it?").fill("Our committee reviews it")
    page.get_by_label("I ask as a member of an overview and scrutiny committee").check()
    member.presses("Send the request")
    member.sees("Your request was sent.", "The regional services contract", "an answer is due by")
    asked = AccessRequest.objects.get()

    page = officer.at("admin:index")
    officer.sees("Requests to see a record: 1")
    page.get_by_role("link", name="The regional services contract").click()
    officer.follows("Let them see it")
    page.get_by_label("Contract: REGIONAL-9 (exempt, paragraph 1)").check()
    page.get_by_label("What you say to them").fill("For your review in May.")
    officer.presses("Let them see it")
    officer.sees("They may see it now.", "For your review in May.", "Contract: REGIONAL-9")

    page = member.at("admin:access_request", asked.pk)
    member.sees("Granted", "For your review in May.")
    member.follows("Contract: REGIONAL-9")
    assert member.path == address
    member.sees("REGIONAL-9")
    assert Contract.objects.filter(reference="REGIONAL-9").count() == 0
