"""Allocate a published payment to the cost it paid for, and release it again.

A payment posts its entry through the ledger, the only writer: paid, or credited where it is
negative. What a file that counts no longer posted is reversed with it.
"""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from barnetwatch.lib.money import in_sentence
from contracts import register
from contracts.models import Contract, Source
from costs import ledger
from costs.models import (
    AllocationReleased,
    AttributionRule,
    CostLine,
    Payment,
    PaymentAllocation,
    PaymentFile,
)
from costs.payments import attributing
from costs.stages import Stage

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def allocate(
    payment: Payment,
    line: CostLine,
    *,
    by: "User",
    note: str = "",
    at: dt.datetime | None = None,
) -> PaymentAllocation:
    """Say that a payment paid for a cost, and post its entry: paid, or credited where negative.

    The line is of the contract that the payment is attributed to, or of the supplier and in no
    contract. Raises ValidationError where it is not, where the payment is allocated already, has
    no day, comes to nothing, or stands in a file that does not count.
    """
    _hold(payment.file_id)
    _check(payment)
    rule = rule_of(payment)
    if rule is None:
        raise ValidationError(
            _("No rule says which contract this payment is of. Attribute it first.")
        )
    if not lines_for(rule, CostLine.all_rows.filter(pk=line.pk)).exists():
        raise ValidationError(
            {
                "line": _("This cost is not of %(whose)s.")
                % {"whose": rule.contract or rule.supplier}
            }
        )
    entry = ledger.post(
        line,
        stage=Stage.PAID,
        amount=payment.amount,
        effective_on=payment.paid_on,  # type: ignore[arg-type]
        precision=payment.precision,
        source=_source_of(payment.file, by),
        stated_by=payment.file.publisher.name,
        note=_where(payment, note),
        by=by,
        at=at,
    )
    row = PaymentAllocation(
        payment=payment,
        entry=entry,
        attempt=PaymentAllocation.all_rows.filter(payment=payment).count() + 1,
        note=note.strip(),
        recorded_by=by,
        recorded_at=at or timezone.now(),
    )
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def allocate_all(
    payments: Iterable[Payment],
    line: CostLine,
    *,
    by: "User",
    note: str = "",
    at: dt.datetime | None = None,
) -> list[PaymentAllocation]:
    """Allocate several payments to one cost, all or none; raises what `allocate` raises."""
    return [allocate(payment, line, by=by, note=note, at=at) for payment in payments]


@transaction.atomic
def release(
    allocation: PaymentAllocation, *, reason: str, by: "User", at: dt.datetime | None = None
) -> AllocationReleased:
    """Undo an allocation: its entry is reversed, and the payment may be allocated anew.

    Raises ValidationError without a reason, and where the allocation stands no longer.
    """
    _hold(allocation.payment.file_id)
    if not PaymentAllocation.all_rows.standing().filter(pk=allocation.pk).exists():
        raise ValidationError(_("This allocation was undone already."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the allocation is released.")})
    ledger.reverse(allocation.entry, reason=reason, by=by, at=at)
    row = AllocationReleased(
        allocation=allocation,
        reason=reason.strip(),
        recorded_by=by,
        recorded_at=at or timezone.now(),
    )
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def release_file(
    file: PaymentFile, *, reason: str, by: "User", at: dt.datetime | None = None
) -> list[str]:
    """Release every allocation of the payments of a file that counts no longer.

    Gives a sentence for its report on what was undone; none where nothing was allocated.
    """
    _hold(file.pk)
    standing = (
        PaymentAllocation.all_rows.standing()
        .filter(payment__file=file)
        .select_related("payment", "entry__line")
        .order_by("entry__line", "payment__line")
    )
    undone = [(each.payment, release(each, reason=reason, by=by, at=at)) for each in standing]
    if not undone:
        return []
    rows = ", ".join(
        _("line %(line)s (%(sum)s)") % {"line": payment.line, "sum": in_sentence(payment.amount)}
        for payment, _released in undone[:20]
    )
    more = _(" and %(count)d more") % {"count": len(undone) - 20} if len(undone) > 20 else ""
    return [
        _(
            "Payments of %(file)s were allocated to costs. This was undone; allocate them anew "
            "where they still stand: %(rows)s%(more)s."
        )
        % {"file": file, "rows": rows, "more": more}
    ]


def release_replaced(replaced: PaymentFile | None, by: PaymentFile) -> list[str]:
    """The same for the earlier publication that a corrected one takes the place of."""
    if replaced is None:
        return []
    reason = _("%(file)s was published anew, as %(by)s.") % {"file": replaced, "by": by}
    return release_file(replaced, reason=reason, by=by.recorded_by, at=by.recorded_at)


def allocated_under(
    contract: Contract, *, until: dt.date | None = None, known_on: dt.date | None = None
) -> list[PaymentAllocation]:
    """The standing allocations of payments that are, by the rules, of a contract that the caller
    was let through to; each with its payment and its entry.
    """
    own = AttributionRule.all_rows.standing(known_on).filter(contract=contract)
    rules = attributing.standing(set(own.values_list("key", flat=True)), known_on)
    payments = Payment.all_rows.counted(known_on).filter(
        payee__key__in={rule.key for rule in rules}
    )
    found = PaymentAllocation.all_rows.standing(known_on).filter(payment__in=payments)
    if until is not None:
        found = found.filter(payment__paid_on__lte=until)
    rows = list(found.select_related("payment__payee", "entry"))
    decided = attributing.decided([row.payment for row in rows], rules)
    return [row for row in rows if decided[row.payment_id] == contract.pk]


def rule_of(payment: Payment) -> AttributionRule | None:
    """The rule that decides which supplier and contract a payment is of, whoever may see it."""
    every = AttributionRule.all_rows.all()
    return attributing.deciding([payment], every).get(payment.pk)


def lines_for(rule: AttributionRule, lines: Any) -> Any:
    """Of some cost lines, those that a payment may be allocated to for which a rule decides."""
    of_the_supplier = Q(contract__isnull=True, supplier=rule.supplier_id)
    if rule.contract_id is None:
        return lines.filter(of_the_supplier)
    return lines.filter(of_the_supplier | Q(contract=rule.contract_id))


def _hold(file: int) -> None:
    """Nobody allocates a payment of the file, or undoes that, until this transaction ends."""
    PaymentFile.all_rows.select_for_update(no_key=True).get(pk=file)


def _check(payment: Payment) -> None:
    if not Payment.all_rows.counted().filter(pk=payment.pk).exists():
        raise ValidationError(
            _("This payment’s file was withdrawn or replaced, so it counts no longer.")
        )
    if PaymentAllocation.all_rows.standing().filter(payment=payment).exists():
        raise ValidationError(_("This payment is allocated already. Release it first."))
    if payment.paid_on is None:
        raise ValidationError(_("The file gives no day for this payment, so it cannot be posted."))
    if payment.amount == 0:
        raise ValidationError(_("This payment comes to nothing, so there is nothing to post."))


def _source_of(file: PaymentFile, by: "User") -> Source:
    """The file as a source of the record, made with the first payment of it that is allocated."""
    title = f"Payments file {file.pk}: {file.name}"[:250]
    found = Source.all_rows.filter(publisher=file.publisher.name, title=title, page="").first()
    return found or register.cite(
        kind=Source.Kind.DATA, title=title, publisher=file.publisher.name, by=by
    )


def _where(payment: Payment, note: str) -> str:
    where = _("Line %(line)s of %(file)s.") % {"line": payment.line, "file": payment.file}
    return f"{where} {note.strip()}".strip()
