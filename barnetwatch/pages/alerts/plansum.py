"""The sum of payments over plan: contracted by month against paid by month, with the files."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models.functions import TruncMonth
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from barnetwatch.lib.dates import Precision, counts_from, in_words, month_of
from barnetwatch.lib.money import NOTHING
from barnetwatch.pages.alerts.words import told
from barnetwatch.pages.page import Crumbs, site_page
from contracts.models import Contract
from costs.models import AttributionRule, OverrunAlert, Payment, PaymentFile
from costs.payments.paid import Paid, paid_under
from costs.payments.plan import Agreed, PlanPosition, agreed_under, plan_position
from costs.sentences import percentage


@dataclass(frozen=True)
class File:
    """A file whose payments stand in a month; `url` is empty where it has no page."""

    name: str
    url: str


@dataclass(frozen=True)
class Month:
    """What was contracted and paid in a month, and by its end."""

    label: str
    contracted: Decimal
    paid: Decimal
    stands: PlanPosition
    files: Sequence[File]

    @property
    def over(self) -> Decimal:
        """What was paid beyond what was contracted by its end; negative where less was."""
        return self.stands.paid - (self.stands.contracted or NOTHING)

    @property
    def percentage(self) -> Decimal | None:
        """The same in per cent of what was contracted; None where that is not said yet."""
        if self.stands.over is None or not self.stands.contracted:
            return None
        return percentage(self.over, self.stands.contracted)


def plan_sum_page(request: HttpRequest, alert: OverrunAlert, crumbs: Crumbs) -> HttpResponse:
    """The sum of an overrun of payments as it stands today."""
    on = timezone.localdate()
    contract, stands = alert.contract, plan_position(alert.contract, on)
    paid = paid_under(contract, until=stands.at) if stands.at else Paid()
    return site_page(
        request,
        "site/alerts/plansum.html",
        "How the sum is made",
        crumbs=crumbs,
        alert=alert,
        told=told(alert),
        on=on,
        stands=stands,
        by=stands.at and in_words(stands.at),
        undated=paid_under(contract).undated,
        months=by_month(contract, request.user, stands, paid),
        moved=alert.cleared_at is None and (stands.over or NOTHING) != alert.total_now,
    )


def by_month(contract: Contract, user: Any, stands: PlanPosition, paid: Paid) -> list[Month]:
    """Each month from the first that was paid or contracted in, the latest first."""
    plan = agreed_under(contract)
    if plan is None or stands.at is None:
        return []
    files = _files(contract, user, stands.at)
    found, total, before = [], NOTHING, NOTHING
    for month in _months(min([*paid.months, *_starts(plan)]), stands.at):
        end = min(stands.at, counts_from(month, Precision.MONTH))
        total += paid.months.get(month, NOTHING)
        then = plan.against(end, total)
        contracted = then.contracted or NOTHING
        found.append(
            Month(
                in_words(month, Precision.MONTH),
                contracted - before,
                paid.months.get(month, NOTHING),
                then,
                files.get(month, ()),
            )
        )
        before = contracted
    return found[::-1]


def _starts(plan: Agreed) -> list[dt.date]:
    return [month_of(spread.starts_on) for spread in plan.laid]


def _months(first: dt.date, last: dt.date) -> list[dt.date]:
    found = []
    while first <= last:
        found.append(first)
        first = month_of(counts_from(first, Precision.MONTH) + dt.timedelta(days=1))
    return found


def _files(contract: Contract, user: Any, until: dt.date) -> dict[dt.date, list[File]]:
    """The files with payments to the names that rules give to a contract, by month."""
    rules = AttributionRule.objects.visible_to(user).standing().filter(contract=contract)
    pairs = (
        Payment.objects.counted()
        .filter(payee__key__in=rules.values("key"), paid_on__lte=until)
        .order_by()
        .annotate(month=TruncMonth("paid_on"))
        .values_list("month", "file")
        .distinct()
    )
    of_month: dict[dt.date, list[int]] = defaultdict(list)
    for month, file in pairs:
        of_month[month].append(file)
    names = PaymentFile.objects.in_bulk({pk for pks in of_month.values() for pk in pks})
    return {
        month: [File(names[pk].name, file_page(pk)) for pk in sorted(pks) if pk in names]
        for month, pks in of_month.items()
    }


def file_page(pk: int) -> str:
    """The page of an imported file; empty where the site has none."""
    try:
        return reverse("admin:payment_file", args=[pk])
    except NoReverseMatch:
        return ""
