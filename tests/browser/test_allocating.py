"""A finance officer allocates a payment to a cost, sees what that moves first, and releases it."""

import pytest
from django.urls import reverse

from accounts.models import Role
from contracts.models import Contract
from costs.models import PaymentAllocation
from tests.browser.allocatingpages import allocating_rows


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_list_of_a_contract_to_the_cost_and_back(record, as_role, scripts):
    rows = allocating_rows()
    csg = Contract.objects.get(reference="CSG")
    visitor = as_role(Role.FINANCE_OFFICER, scripts=scripts)
    page = visitor.at("admin:payments_allocate", csg.pk)
    visitor.sees("£30,000.00 to Allocated Services Ltd")
    visitor.presses("Continue")
    visitor.sees("There is a problem", "Tick at least one payment.")

    page.get_by_label("£30,000.00 to Allocated Services Ltd").check()
    page.get_by_label("Cost", exact=True).select_option(index=1)
    visitor.presses("Continue")
    visitor.sees("Check what this would do", "£30,000.00 paid, counting from 12 February 2019")
    assert PaymentAllocation.objects.count() == 1
    visitor.presses("Post it")
    visitor.sees("Posted: £30,000.00 paid")

    visitor.at("admin:payment_allocate", rows["to allocate"].pk)
    visitor.follows("Release it")
    page.get_by_label("Why it does not belong to this cost").fill("It was for another.")
    visitor.presses("Continue")
    visitor.sees("Check what this would do")
    visitor.presses("Post it")
    visitor.sees("Posted:")
    assert page.url.endswith(reverse("admin:cost_line", args=[rows["an allocation"].entry.line_id]))
    assert not PaymentAllocation.objects.standing().filter(payment=rows["to allocate"]).exists()
