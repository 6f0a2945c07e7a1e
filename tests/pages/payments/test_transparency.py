"""The Transparency Code file of a month, from its page."""

import pytest
from django.urls import reverse

from accounts.models import Role
from costs.models import Publisher
from tests.actors import as_role
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return as_role(Role.FINANCE_OFFICER)


def ask(who, **query):
    return who.get(reverse("admin:payments_transparency"), query)


def test_the_months_on_the_record_are_offered(officer):
    bring(table("R,D,T,1,A Ltd,1.00,10/04/2018"))
    html = ask(officer).content.decode()
    assert '<option value="2018-04">April 2018</option>' in html
    assert "2018-05" not in html


def test_the_file_of_a_month_is_downloaded(officer):
    bring(table("R,D,T,1,A Ltd,1.00,10/04/2018", "R,D,T,2,=B,2.00,11/04/2018"))
    answer = ask(officer, publisher=Publisher.objects.get().pk, month="2018-04")
    assert answer["Content-Disposition"] == 'attachment; filename="payments-2018-04.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    heading, first, second = b"".join(answer.streaming_content).decode().splitlines()
    assert heading.startswith("OrganisationLabel,OrganisationURI,OrganisationalUnit")
    assert ",A Ltd," in first
    assert ",'=B," in second


def test_a_mistake_is_said_and_links_to_its_field(officer):
    bring(table("R,D,T,1,A Ltd,1.00,10/04/2018"))
    html = ask(officer, publisher="", month="1850-01").content.decode()
    assert "Choose an option under “Publisher”." in html
    assert "That is not on the list. Choose an option under “Month”." in html


def test_it_is_for_finance_officers():
    assert ask(as_role(Role.COUNCILLOR)).status_code == 403


def test_the_register_of_payments_leads_there(officer):
    bring(table("R,D,T,1,A Ltd,1.00,10/04/2018"))
    html = officer.get(reverse("admin:payments")).content.decode()
    assert reverse("admin:payments_transparency") in html
