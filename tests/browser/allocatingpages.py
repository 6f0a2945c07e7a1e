"""Payments allocated and not, an overrun of payments, and the visits to their pages."""

from django.utils import timezone

from contracts.models import Contract
from costs import overruns
from costs.models import CostLine, OverrunAlert, Payment
from costs.payments import allocating, attributing
from tests import factories
from tests.browser.visits import Rows, Visit, nothing_typed, of, unfolded
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring

PAYEE = "Allocated Services Ltd"


def allocating_rows() -> Rows:
    """Two payments under CSG, one of them allocated, and what they take over the plan."""
    csg, by = Contract.objects.get(reference="CSG"), factories.the_officer()
    attributing.confirm(PAYEE, supplier=csg.supplier, contract=csg, reason="Its invoices.", by=by)
    sums = ("250000000.00", "30000.00", "-4500.00")
    rows = [f"Resources,IT,Support,9{n},{PAYEE},{sum_},12/02/2019" for n, sum_ in enumerate(sums)]
    file = bring(table(*rows), name="february-2019.csv").file
    _most, paid, back = Payment.objects.filter(file=file).order_by("line")
    line = CostLine.objects.filter(contract=csg).order_by("pk").first()
    now = timezone.now()
    overruns.check(csg, on=timezone.localdate(now), at=now)
    return {
        "to allocate": paid,
        "allocated": back,
        "an allocation": allocating.allocate(back, line, note="For the partner.", by=by),
        "over plan": OverrunAlert.objects.filter(threshold__measure="over_plan").first(),
    }


VISITS = [
    Visit("admin:payment_allocate", args=of("to allocate")),
    Visit("admin:payment_allocate", "a mistake", of("to allocate"), act=nothing_typed),
    Visit("admin:payment_allocate", "allocated already", of("allocated")),
    Visit("admin:payment_release", args=of("an allocation")),
    Visit("admin:payment_release", "a mistake", of("an allocation"), act=nothing_typed),
    Visit("admin:payments_allocate", args=of("CSG")),
    Visit("admin:payments_allocate", "a mistake", of("CSG"), act=nothing_typed),
    Visit("admin:payments_allocate", "no payments", of(Contract)),
    Visit("admin:payments_transparency", act=unfolded),
    Visit("admin:payments_transparency", "a mistake", query="?publisher=&month="),
    Visit("admin:alert", "of payments over plan", of("over plan")),
    Visit("admin:alert_sum", "of payments over plan", of("over plan")),
]
