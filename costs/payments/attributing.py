"""Which contract a published payment belongs to, and why: by the rules that officers confirmed.

A rule speaks of a name's key, so that it holds for every way a name was and will be written. Of
several that fit a payment the one that asks more decides; where two ask as much and say different
things, nothing is decided, and the payment stays “not yet attributed”.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Count, F, Q, Sum, TextField, Value, When
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib.dates import in_words, month_of
from contracts import register
from contracts.models import Contract, Supplier
from costs.models import AttributionRule, FileTotal, Payment, RuleTakenBack
from costs.payments.names import key_of

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Group:
    """Payments that no rule can tell apart: of one name, and alike in what rules ask."""

    key: str
    directorate: str
    expenditure_type: str
    reference: str
    #: The first day of their month; None where the file gives no day.
    month: dt.date | None
    amount: Decimal
    payments: int


@transaction.atomic
def confirm(
    name: str,
    *,
    supplier: Supplier,
    reason: str,
    by: "User",
    contract: Contract | None = None,
    directorate: str = "",
    expenditure_type: str = "",
    reference: str = "",
    at: dt.datetime | None = None,
) -> AttributionRule:
    """Confirm that payments to a published name, past and future, are of a supplier or contract.

    Raises ValidationError for a contract of another supplier, and where the same is confirmed.
    """
    asks = {
        "directorate": directorate.strip(),
        "expenditure_type": expenditure_type.strip(),
        "reference": reference.strip(),
    }
    if contract is not None and contract.supplier_id != supplier.pk:
        raise ValidationError({"contract": _("This contract is with another supplier.")})
    if contract is None and any(asks.values()):
        raise ValidationError({"contract": _("Name the contract that these payments are of.")})
    row = AttributionRule(
        key=key_of(name),
        supplier=supplier,
        contract=contract,
        reason=reason.strip(),
        recorded_by=by,
        recorded_at=at or timezone.now(),
        **asks,
    )
    row.full_clean()
    alike = AttributionRule.all_rows.standing().filter(key=row.key, supplier=supplier, **asks)
    if alike.filter(contract=contract).exists():
        raise ValidationError(_("This is confirmed already."))
    row.save()
    audit.record(Act.ADDED, by=by, subject=row, reason=row.reason)
    _ask_rechecks(row)
    return row


@transaction.atomic
def take_back(
    rule: AttributionRule, *, reason: str, by: "User", at: dt.datetime | None = None
) -> RuleTakenBack:
    """Take a rule back: what it decided is undecided again, unless another rule decides it."""
    row = RuleTakenBack(
        rule=rule, reason=reason.strip(), recorded_by=by, recorded_at=at or timezone.now()
    )
    row.full_clean()
    row.save()
    audit.record(Act.WITHDRAWN, by=by, subject=rule, reason=row.reason)
    _ask_rechecks(rule)
    return row


def decide(group: Any, rules: Iterable[AttributionRule]) -> AttributionRule | None:
    """The rule that decides for a payment, or for a group of them; None where none does."""
    fitting = [rule for rule in rules if _fits(group, rule)]
    if not fitting:
        return None
    most = max(map(_rank, fitting))
    best = [rule for rule in fitting if _rank(rule) == most]
    said = {(rule.supplier_id, rule.contract_id) for rule in best}
    return best[0] if len(said) == 1 else None


def deciding(payments: Iterable[Payment], seen: Any) -> dict[int, AttributionRule]:
    """The rule that decides for each payment, where the reader may see it, by the payment's id.

    Every rule decides; `seen` are those a reader may see (`AttributionRule.objects.visible_to`).
    What another decided is to that reader as if nothing had.
    """
    payments = list(payments)
    rules = standing({payment.payee.key for payment in payments})
    shown = set(seen.filter(pk__in=[rule.pk for rule in rules]).values_list("pk", flat=True))
    found = {payment.pk: decide(_of(payment), rules) for payment in payments}
    return {pk: rule for pk, rule in found.items() if rule is not None and rule.pk in shown}


def decided(payments: Iterable[Payment], rules: Iterable[AttributionRule]) -> dict[int, int | None]:
    """The contract of each payment by some rules, by the payment's id; None where none is said."""
    rules = list(rules)
    found = {payment.pk: decide(_of(payment), rules) for payment in payments}
    return {pk: None if rule is None else rule.contract_id for pk, rule in found.items()}


def explain(rule: AttributionRule | None) -> str:
    """Why a payment belongs where the rule that decides puts it, in a sentence."""
    if rule is None:
        return str(_("Not yet attributed: no rule decides."))
    asked = [
        f"{label} “{value}”"
        for label, value in (
            (_("directorate"), rule.directorate),
            (_("type"), rule.expenditure_type),
            (_("reference"), rule.reference),
        )
        if value
    ]
    day = in_words(timezone.localtime(rule.recorded_at).date())
    where = f"{rule.contract} ({rule.supplier})" if rule.contract else f"{rule.supplier}"
    how = f" {_('with')} {', '.join(asked)}" if asked else ""
    return (
        f"Payments to “{rule.key}”{how} belong to {where}: "
        f"confirmed by {rule.recorded_by} on {day}. {rule.reason}"
    )


def standing(keys: Iterable[str], known_on: dt.date | None = None) -> list[AttributionRule]:
    """Every rule about some names, whoever may see it, with what it speaks of."""
    rules = AttributionRule.all_rows.standing(known_on).filter(key__in=list(keys))
    return list(rules.select_related("supplier", "contract", "recorded_by"))


def groups(
    keys: Iterable[str],
    rules: Iterable[AttributionRule],
    *,
    until: dt.date | None = None,
    known_on: dt.date | None = None,
) -> list[Group]:
    """The payments that count of some names, as far as the rules can tell them apart.

    From the sums that each file brought. Row by row only for a name of which a rule asks the
    reference, and for the month of `until` where its payments go on after that day.
    """
    keys, rules = set(keys), list(rules)
    by_row = {rule.key for rule in rules if rule.reference} & keys
    found = _from_rows(by_row, rules, until, known_on) if by_row else []
    totals = FileTotal.objects.counted(known_on).filter(payee__key__in=keys - by_row).order_by()
    if until is None:
        return found + _from_totals(totals, rules)
    month = month_of(until)
    of_month = totals.filter(month=month)
    late = set(of_month.filter(last_on__gt=until).values_list("payee__key", flat=True))
    if late:
        found += _from_rows(late, rules, until, known_on, since=month)
    whole = Q(month__lt=month) | (Q(month=month) & ~Q(payee__key__in=late))
    return found + _from_totals(totals.filter(whole), rules)


def _from_totals(totals: Any, rules: list[AttributionRule]) -> list[Group]:
    """Sums told apart by what some rule asks; what none asks is left empty."""
    nothing = Value("", output_field=TextField())
    asked = {
        "asked_of": F("directorate") if any(rule.directorate for rule in rules) else nothing,
        "asked_for": F("expenditure_type")
        if any(rule.expenditure_type for rule in rules)
        else nothing,
    }
    columns = ("payee__key", *asked, "month")
    rows = totals.annotate(**asked).values_list(*columns).annotate(Sum("amount"), Sum("payments"))
    return [
        Group(key, directorate, kind, "", month, amount, payments)
        for key, directorate, kind, month, amount, payments in rows.order_by(*columns)
    ]


def _from_rows(
    keys: Iterable[str],
    rules: Iterable[AttributionRule],
    until: dt.date | None,
    known_on: dt.date | None,
    since: dt.date | None = None,
) -> list[Group]:
    asked = sorted({rule.reference for rule in rules if rule.reference})
    rows = Payment.objects.counted(known_on).filter(payee__key__in=list(keys))
    if until is not None:
        rows = rows.filter(paid_on__lte=until)
    if since is not None:
        rows = rows.filter(paid_on__gte=since)
    named = Case(
        When(reference__in=asked, then=F("reference")),
        default=Value(""),
        output_field=TextField(),
    )
    columns = ("payee__key", "directorate", "expenditure_type", "asked_for", "month")
    found = (
        rows.order_by()
        .annotate(asked_for=named, month=TruncMonth("paid_on"))
        .values_list(*columns)
        .annotate(Sum("amount"), Count("pk"))
        .order_by(*columns)
    )
    return [Group(*row) for row in found]


def _fits(group: Any, rule: AttributionRule) -> bool:
    return rule.key == group.key and all(
        not wanted or wanted.casefold() == getattr(group, name).strip().casefold()
        for name, wanted in _asks(rule)
    )


def _asks(rule: AttributionRule) -> tuple[tuple[str, str], ...]:
    return (
        ("reference", rule.reference),
        ("expenditure_type", rule.expenditure_type),
        ("directorate", rule.directorate),
    )


def _rank(rule: AttributionRule) -> tuple[bool, int]:
    """How much a rule asks: a contract goes before the name alone."""
    return rule.contract_id is not None, sum(bool(wanted) for _, wanted in _asks(rule))


def _of(payment: Payment) -> Group:
    return Group(
        payment.payee.key,
        payment.directorate,
        payment.expenditure_type,
        payment.reference,
        payment.paid_on and payment.paid_on.replace(day=1),
        payment.amount,
        1,
    )


def _ask_rechecks(rule: AttributionRule) -> None:
    """A rule moves the totals of its contract, and of those that other rules of the name have."""
    rules = AttributionRule.all_rows.filter(key=rule.key, contract__isnull=False)
    for contract in Contract.all_rows.filter(pk__in=rules.values("contract")):
        register.ask_recheck(contract)
