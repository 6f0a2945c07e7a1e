"""While an officer saves, nothing speaks to the broker: one that is down costs nobody a page or
a row."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path, reverse

from accounts.models import Role
from barnetwatch import urls
from contracts.models import Award, Contract, Recheck
from costs import ledger
from costs.models import CostEntry, CostLine, Threshold
from costs.tasks import sweep
from tests import factories
from tests.actors import as_role, signed_in, the_superuser
from tests.workers.brokers import SpokeToTheBroker, the_broker_is_down

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> Client:
    """Somebody of the finance office, signed in."""
    return as_role(Role.FINANCE_OFFICER)


@pytest.fixture
def administrator() -> Client:
    """Somebody who may save every page of the back office."""
    return signed_in(the_superuser())


@pytest.fixture
def line() -> CostLine:
    """£90,000 approved, under a mark of £100,000."""
    factories.a_threshold("firm", 100_000)
    line = factories.a_line(factories.a_contract())
    factories.post(line, "approved", 90_000, "2018-07-25")
    Recheck.objects.all().delete()
    return line


class TestOnTheLedgersPages:
    def an_entry(self, line: CostLine, **fields: Any) -> dict[str, Any]:
        return {
            "stage": "approved",
            "effective_on_day": "30",
            "effective_on_month": "7",
            "effective_on_year": "2018",
            "source": line.source_id,
            "stated_by": "Policy and Resources Committee",
            **fields,
        }

    def post_and_confirm(self, officer: Client, page: str, fields: dict[str, Any]) -> None:
        """The form, the page that shows what it would do, and the posting."""
        assert officer.get(page).status_code == 200
        shown = officer.post(page, fields)
        assert "token" in shown.context, shown.context["form"].errors
        sent = fields | {"confirmed": "1", "token": shown.context["token"]}
        assert officer.post(page, sent).status_code == 302
        assert officer.post(page, sent).status_code == 302  # Sent twice, posted once.

    def page(self, posting: str, line: CostLine, *args: Any) -> str:
        return reverse(f"admin:cost_{posting}", args=[line.pk, *args])

    def test_a_sum_is_posted(self, officer, line):
        with the_broker_is_down():
            entry = self.an_entry(line, amount="20,000")
            self.post_and_confirm(officer, self.page("post", line), entry)

        assert CostEntry.objects.filter(line=line).count() == 2
        assert Recheck.objects.get().contract == line.contract

    def test_a_sum_is_revised_and_the_entry_reversed(self, officer, line):
        with the_broker_is_down():
            entry = self.an_entry(line, to="110,000")
            self.post_and_confirm(officer, self.page("revise", line), entry)
            wrong = CostEntry.objects.filter(line=line).latest("pk")
            reason = {"reason": "Posted twice."}
            self.post_and_confirm(officer, self.page("reverse", line, wrong.pk), reason)

        assert wrong.reversal.amount == -20_000
        assert Recheck.objects.count() == 2


class TestOnTheBackOfficesPages:
    def save(self, browser: Client, page: str, **fields: Any) -> None:
        shown = browser.get(page)
        forms = [shown.context["adminform"].form]
        for inline in shown.context["inline_admin_formsets"]:
            forms += [inline.formset.management_form, *inline.formset.forms]
        values = {bound.html_name: bound.value() for form in forms for bound in form}
        filled = {name: value for name, value in values.items() if value not in (None, "")}
        carried = {name: shown.context.get(name) for name in ("token", "version")}
        filled |= {name: value for name, value in carried.items() if value}
        saved = browser.post(page, filled | fields)
        assert saved.status_code == 302, saved.context["errors"]

    def test_a_contract_is_changed(self, administrator, line):
        page = reverse("admin:contracts_contract_change", args=[line.contract_id])
        with the_broker_is_down():
            self.save(administrator, page, title="Another title")

        assert Contract.objects.get().title == "Another title"
        assert Recheck.objects.exists()

    def test_a_line_is_opened(self, administrator, line):
        page = reverse("admin:costs_costline_add")
        fields = {"kind": "advice", "contract": line.contract_id, "source": line.source_id}
        with the_broker_is_down():
            self.save(administrator, page, title="Advice on Mosaic", **fields)

        assert CostLine.objects.filter(title="Advice on Mosaic").exists()
        assert Recheck.objects.exists()

    def test_an_award_is_recorded(self, administrator, line):
        page = reverse("admin:contracts_award_add")
        fields = {"contract": line.contract_id, "source": line.source_id}
        with the_broker_is_down():
            self.save(administrator, page, amount="320,000,000", **fields)

        assert Award.objects.get().amount == 320_000_000
        assert Recheck.objects.exists()

    def test_a_threshold_is_set(self, administrator, line):
        page = reverse("admin:costs_threshold_add")
        with the_broker_is_down():
            self.save(administrator, page, measure="firm", amount="50,000", severity="high")

        assert Threshold.objects.count() == 2
        assert Recheck.objects.exists()


def hasty(request: HttpRequest, pk: int) -> HttpResponse:
    """What no view of this project does: it saves and then tells the worker."""
    line = CostLine.objects.get(pk=pk)
    ledger.post(
        line,
        stage="approved",
        amount=Decimal(20_000),
        effective_on=dt.date(2018, 7, 30),
        source=line.source,
        stated_by="The council",
        by=request.user,
    )
    sweep.delay()
    return HttpResponse("Saved.")


urlpatterns = [path("hasty/<int:pk>", hasty), *urls.urlpatterns]


@override_settings(ROOT_URLCONF=__name__)
def test_the_control_a_view_that_calls_delay_turns_it_red(officer, line):
    officer.raise_request_exception = False

    with pytest.raises(SpokeToTheBroker), the_broker_is_down():
        answer = officer.post(f"/hasty/{line.pk}")

    # What its officer would see: the row is saved and the page says that it is not.
    assert CostEntry.objects.filter(line=line).count() == 2
    assert answer.status_code == 500
