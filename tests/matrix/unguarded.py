"""Calls of the door that the control cannot show by its requests, with the reason.

Each is named by its file and its words, so that a new call is not among them by chance.
"""

_WRITES = "runs only when a form is sent whole; the tests of that form send it"
_OVER_PLAN = "runs only where payments lie over plan; tests/costs/payments and tests/pages/payments"

UNGUARDED: dict[str, str] = {
    "contracts/admin/supplier.py: Contract.objects.visible_to(request.user)": _WRITES,
    "costs/previews.py: CostLine.objects.visible_to(self.user)": _WRITES,
    "costs/previews.py: OverrunAlert.objects.visible_to(self.user)": _WRITES,
    "digests/subscribing.py: Contract.objects.visible_to(user)": _WRITES,
    "digests/subscribing.py: Incident.objects.visible_to(user)": _WRITES,
    "barnetwatch/pages/decisions/recording.py: Decision.objects.visible_to(by)": _WRITES,
    "barnetwatch/pages/failures/evidence.py: Source.objects.visible_to(self.user)": _WRITES,
    "barnetwatch/pages/meetings/recording.py: Meeting.objects.visible_to(by)": _WRITES,
    "barnetwatch/pages/promises/changing.py: Promise.objects.visible_to(by)": _WRITES,
    "barnetwatch/pages/writing/flow.py: type(row).objects.visible_to(request.user)": _WRITES,
    "costs/totals.py: CostLine.objects.seen_by(sight)": "one of two runs only where entries are"
    " dated ahead: tests/costs/test_totals.py",
    "barnetwatch/pages/costs/checking.py: OverrunAlert.objects.visible_to(user)": "runs only once"
    " the worker has checked: tests/pages/test_costs.py",
    "barnetwatch/pages/contract/held.py: CostEntry.objects.visible_to(user)": "runs only where a"
    " cost is alleged: tests/pages/test_contract_page.py",
    "barnetwatch/pages/alerts/plansum.py: AttributionRule.objects.visible_to(user)": _OVER_PLAN,
    "barnetwatch/pages/payments/unexplained.py: DecisionCost.objects.visible_to(user)": _OVER_PLAN,
    "barnetwatch/pages/payments/unexplained.py: PaymentAllocation.objects.visible_to(user)": (
        _OVER_PLAN
    ),
}
