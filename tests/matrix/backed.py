"""The calls of the door whose absence the matrix does not notice, with the reason: by file and
words, and by which of them it is where a file says the same more than once.

They are kept, since the rule is that whatever shows a record asks the door. None of them was shown
to be needless, and none of them is shown here to hide anything: that is what this list says.
"""

#: The rows are asked for of a row that another call has let through already, and they cannot be
#: restricted but with it.
OF_A_SEEN_ROW = "rows of a row that was let through before, restricted only with it"
#: A second row stands beside a seen one, and may be hidden where that is not: an answer, a mark, a
#: decision. The record of the matrix has no such pair where the page looks.
NO_SUCH_PAIR = "the record has no seen row whose row beside it, of this sort, is hidden"
#: The page lists what is of this week, names no date, lacks an award and the like.
NONE_OF_THE_SORT = "the record has no row of the sort that is listed there"
#: The page begins with what somebody answered on the page before.
NOT_THAT_FAR = "the walk has not chosen a contract on the page before"
#: What is listed there is of one person alone.
OTHERS_PAGES = "rows that one person has leave for, or that name one person: none that is hidden"

_PAGES = "barnetwatch/pages"
_BY_REASON: dict[str, tuple[str, ...]] = {
    OF_A_SEEN_ROW: (
        f"{_PAGES}/contract/held.py: Award.objects.visible_to(user)",
        f"{_PAGES}/commitments/page.py: Measurement.objects.visible_to(user)",
        f"{_PAGES}/commitments/register.py: Service.objects.visible_to(request.user)",
        f"{_PAGES}/failures/questions.py: Service.objects.visible_to(self.user)",
        f"{_PAGES}/failures/report.py: self.contract.services.visible_to(self.user)",
        f"{_PAGES}/promises/register.py: PromiseChange.objects.visible_to(user)",
        f"{_PAGES}/timeline/told.py: Capability.objects.visible_to(user)",
        f"{_PAGES}/suppliers/register.py: SupplierName.objects.visible_to(self.request.user)",
        f"{_PAGES}/questions/evidence/said.py: Discrepancy.objects.visible_to(user)",
        f"{_PAGES}/questions/rules/conflicts.py: AwardPreference.objects.visible_to(user)",
        "contracts/attention.py: Award.objects.visible_to(user)",
        "contracts/attention.py: Variation.objects.visible_to(user)",
        "contracts/admin/contract.py: Contract.objects.visible_to(request.user)",
    ),
    NO_SUCH_PAIR: (
        f"{_PAGES}/alerts/page.py: OverrunAlert.objects.visible_to(user) (2)",
        f"{_PAGES}/claims/register.py: Statement.objects.visible_to(request.user) (2)",
        f"{_PAGES}/contract/held.py: OverrunAlert.objects.visible_to(user)",
        f"{_PAGES}/contract/held.py: Incident.objects.visible_to(user) (2)",
        f"{_PAGES}/contract/paidside.py: AttributionRule.objects.visible_to(user)",
        f"{_PAGES}/crediting.py: CostEntry.objects.visible_to(user) (2)",
        f"{_PAGES}/failures/evidence.py: Incident.objects.visible_to(user)",
        f"{_PAGES}/payments/extras.py: DecisionCost.objects.visible_to(user)",
        f"{_PAGES}/payments/extras.py: PaymentAllocation.objects.visible_to(user)",
        f"{_PAGES}/payments/register.py: AttributionRule.objects.visible_to(self.request.user)",
        f"{_PAGES}/payments/standing.py: AttributionRule.objects.visible_to(user)",
        f"{_PAGES}/payments/unallocated.py: CostLine.objects.visible_to(request.user)",
        f"{_PAGES}/payments/unallocated.py: AttributionRule.objects.visible_to(user)",
        f"{_PAGES}/questions/answers.py: apps.get_model(label).objects.visible_to(user)",
        f"{_PAGES}/questions/evidence/figures.py: OverrunAlert.objects.visible_to(user)",
        f"{_PAGES}/questions/evidence/said.py: ReadingPreference.objects.visible_to(user)",
        f"{_PAGES}/questions/rules/claims.py: ClaimState.objects.visible_to(user)",
        f"{_PAGES}/questions/rules/claims.py: ClaimParty.objects.visible_to(user)",
        f"{_PAGES}/questions/rules/conflicts.py: ReadingPreference.objects.visible_to(user)",
        f"{_PAGES}/questions/rules/money.py: DecisionCost.objects.visible_to(user)",
        f"{_PAGES}/scrutiny.py: ClaimState.objects.visible_to(user)",
        f"{_PAGES}/suppliers/page.py: Supplier.objects.visible_to(user)",
    ),
    NONE_OF_THE_SORT: (
        f"{_PAGES}/meetings/page.py: Decision.objects.visible_to(user)",
        f"{_PAGES}/overview/week.py: OverrunAlert.objects.visible_to(week.user)",
        f"{_PAGES}/overview/week.py: OverrunAlert.objects.visible_to(week.user) (2)",
        f"{_PAGES}/overview/week.py: CostEntry.objects.visible_to(week.user) (2)",
        f"{_PAGES}/overview/worklist.py: AttributionRule.objects.visible_to(user)",
        f"{_PAGES}/overview/worklist.py: Supplier.objects.visible_to(user)",
        f"{_PAGES}/overview/worklist.py: SupplierName.objects.visible_to(user)",
        f"{_PAGES}/payments/matching.py: Supplier.objects.visible_to(user)",
        f"{_PAGES}/payments/matching.py: SupplierName.objects.visible_to(user)",
        f"{_PAGES}/payments/matching.py: Contract.objects.visible_to(user)",
        f"{_PAGES}/questions/rules/claims.py: Statement.objects.visible_to(user)",
        f"{_PAGES}/questions/rules/conflicts.py: Discrepancy.objects.visible_to(user)",
        f"{_PAGES}/questions/rules/conflicts.py: Award.objects.visible_to(user)",
        f"{_PAGES}/questions/rules/payments.py: AttributionRule.objects.visible_to(user)",
        f"{_PAGES}/questions/rules/payments.py: Contract.objects.visible_to(user)",
        f"{_PAGES}/scrutiny.py: Statement.objects.visible_to(user)",
    ),
    NOT_THAT_FAR: (
        f"{_PAGES}/failures/evidence.py: Commitment.objects.visible_to(self.user)",
        f"{_PAGES}/failures/report.py: Contract.objects.visible_to(self.user)",
    ),
    OTHERS_PAGES: (
        f"{_PAGES}/access/mine.py: model.objects.visible_to(user)",
        "barnetwatch/personaldata/named.py: model.objects.visible_to(reader)",
    ),
}
#: By call.
BACKED = {name: reason for reason, names in _BY_REASON.items() for name in names}

#: Calls that no answer of the walk crosses, with what they need.
_SAVED = "a form that is saved, and only rows of whoever sends it"
_POSTED = "a sum that is about to be posted"
_PLAN = "a contract with a plan that payments have passed"
UNCROSSED: dict[str, str] = {
    "accounts/granting.py: model.objects.seen_by(sight)": "leave that is given",
    f"{_PAGES}/alerts/plansum.py: AttributionRule.objects.visible_to(user)": _PLAN,
    f"{_PAGES}/contract/held.py: CostEntry.objects.visible_to(user)": "a sum that is only alleged",
    f"{_PAGES}/costs/checking.py: OverrunAlert.objects.visible_to(user)": "a check that is done",
    f"{_PAGES}/decisions/recording.py: Decision.objects.visible_to(by)": _SAVED,
    f"{_PAGES}/failures/evidence.py: Source.objects.visible_to(self.user) (2)": _SAVED,
    f"{_PAGES}/meetings/recording.py: Meeting.objects.visible_to(by)": _SAVED,
    f"{_PAGES}/payments/unexplained.py: PaymentAllocation.objects.visible_to(user)": _PLAN,
    f"{_PAGES}/payments/unexplained.py: DecisionCost.objects.visible_to(user)": _PLAN,
    f"{_PAGES}/promises/changing.py: Promise.objects.visible_to(by)": _SAVED,
    f"{_PAGES}/writing/flow.py: type(row).objects.visible_to(request.user)": _SAVED,
    "contracts/admin/supplier.py: Contract.objects.visible_to(request.user)": _SAVED,
    "costs/previews.py: OverrunAlert.objects.visible_to(self.user)": _POSTED,
    "costs/previews.py: CostLine.objects.visible_to(self.user)": _POSTED,
    "costs/totals.py: CostLine.objects.seen_by(sight)": "an entry that counts from a later day",
    "digests/subscribing.py: Contract.objects.visible_to(user)": _SAVED,
    "digests/subscribing.py: Incident.objects.visible_to(user)": _SAVED,
}
