"""The only writers of the ledger: open a line, post, revise, reverse.

Entries are never changed. A sum that grew is posted again as the difference, one that is no
longer needed is released by a negative entry, a wrong one is reversed by its mirror image and
posted anew. The stored totals, the seal and the request for a recheck share the entry's
transaction.
"""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from barnetwatch.lib.dates import Precision, counts_from, in_words, month_of
from barnetwatch.lib.money import NOTHING, PoundsField, in_sentence
from contracts import register
from contracts.models import Source
from costs import seals
from costs.models import CostEntry, CostLine, LedgerSeal, RunningTotal, StageTotal
from costs.stages import MOVED, Stage, fall_of

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def open_line(*, title: str, kind: str, source: Source, by: "User", **fields: Any) -> CostLine:
    """Open a cost line; `fields` are any others of CostLine, contract or supplier among them."""
    line = CostLine(title=title, kind=kind, source=source, **fields)
    line.full_clean()
    line.save()
    audit.record(Act.ADDED, by=by, subject=line)
    return line


@transaction.atomic
def post(
    line: CostLine,
    *,
    stage: str,
    amount: Decimal,
    effective_on: dt.date,
    source: Source,
    stated_by: str,
    by: "User",
    precision: str = Precision.DAY,
    year_inferred: bool = False,
    note: str = "",
    at: dt.datetime | None = None,
) -> CostEntry:
    """Add a sum, in pounds, to a line at a stage, from a day on.

    A negative payment is posted as credited. A negative sum at another stage releases what is no
    longer needed, never more than stands there. Raises ValidationError, naming the field, for
    a day before the contract began, a sum of nothing or of fractions of a penny.
    """
    if stage == Stage.PAID and amount < 0:
        stage, amount = Stage.CREDITED, -amount
    entry = CostEntry(
        line=line,
        stage=stage,
        amount=amount,
        effective_on=counts_from(effective_on, precision),
        precision=precision,
        year_inferred=year_inferred,
        source=source,
        stated_by=stated_by,
        note=note,
    )
    _not_before_contract(line, entry.effective_on)
    if amount < 0:
        _hold(line)
        _never_below_nothing(line, stage, amount)
    return _add(entry, by, at)


@transaction.atomic
def revise(line: CostLine, *, stage: str, to: Decimal, by: "User", **fields: Any) -> CostEntry:
    """Bring a line's sum at a stage to `to` pounds by posting the difference.

    `fields` are those of `post`. Raises ValidationError where the sum is that already, and for a
    smaller sum paid, credited, recovered or written off: those are reversed, not shrunk.
    """
    _hold(line)
    now = net(line, stage)
    if to == now:
        raise ValidationError(
            {"to": _("It stands at %(sum)s already.") % {"sum": in_sentence(now)}}
        )
    if to < now and stage in MOVED:
        raise ValidationError(
            {
                "to": _(
                    "What was %(stage)s stands at %(sum)s and cannot be made smaller. Reverse the "
                    "wrong entry, or post what came back as credited or recovered."
                )
                % {"stage": Stage(stage).label, "sum": in_sentence(now)}
            }
        )
    return post(line, stage=stage, amount=to - now, by=by, **fields)


@transaction.atomic
def reverse(
    entry: CostEntry, *, reason: str, by: "User", at: dt.datetime | None = None
) -> CostEntry:
    """Cancel a wrong entry by its mirror image, which counts from the same day.

    Raises ValidationError for a reversal of a reversal, a second one, one without a reason, and
    one that would take the sum at its stage below nothing.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say what was wrong with the entry.")})
    if entry.reverses_id is not None:
        raise ValidationError(
            _("This entry is itself a reversal. Post the right sum instead of reversing it.")
        )
    _hold(entry.line)
    if CostEntry.all_rows.filter(reverses=entry).exists():
        raise ValidationError(_("This entry was reversed already; it can be reversed only once."))
    _never_below_nothing(entry.line, entry.stage, -entry.amount)
    mirror = CostEntry(
        line=entry.line,
        stage=entry.stage,
        amount=-entry.amount,
        effective_on=entry.effective_on,
        precision=entry.precision,
        year_inferred=entry.year_inferred,
        source=entry.source,
        stated_by=entry.stated_by,
        note=reason.strip(),
        reverses=entry,
    )
    return _add(mirror, by, at)


def net(line: CostLine, stage: str) -> Decimal:
    """What a line's entries at one stage come to, in pounds, whatever their dates."""
    total = RunningTotal.objects.filter(line=line).values_list(stage, flat=True)
    return total.first() or NOTHING


def _add(entry: CostEntry, by: "User", at: dt.datetime | None) -> CostEntry:
    entry.recorded_by = by
    if at is not None:
        entry.recorded_at = at
    _check_fields(entry)
    entry.save()
    _keep_totals(entry)
    _seal(entry)
    audit.record(
        Act.ADDED if entry.reverses is None else Act.REVERSED,
        by=by,
        subject=entry,
        after=audit.fields_of(entry),
        reason=entry.note if entry.reverses else "",
    )
    if entry.line.contract is not None:
        register.ask_recheck(
            entry.line.contract,
            moved_on=entry.effective_on,
            only_rose=not fall_of(entry.stage, entry.amount),
            at=at,
        )
    return entry


def _check_fields(entry: CostEntry) -> None:
    """The checks of the columns, without full_clean's ten queries for what the database checks."""
    entry.clean_fields(exclude=["line", "source", "recorded_by", "reverses"])
    if entry.amount == 0:
        raise ValidationError({"amount": _("An entry of nothing says nothing. Give a sum.")})
    if entry.amount < 0 and entry.stage in MOVED and entry.reverses is None:
        raise ValidationError(
            {
                "amount": _(
                    "What was %(stage)s is more than nothing. Reverse a wrong entry instead."
                )
                % {"stage": Stage(entry.stage).label}
            }
        )


def _keep_totals(entry: CostEntry) -> None:
    day, amount = entry.effective_on, entry.amount
    month = {"line": entry.line, "stage": entry.stage, "month": month_of(day)}
    _add_to(StageTotal, month, day, net=amount, falls=fall_of(entry.stage, amount))
    _add_to(RunningTotal, {"line": entry.line}, day, **{entry.stage: amount})


def _add_to(
    total: type[StageTotal] | type[RunningTotal],
    key: dict[str, Any],
    day: dt.date,
    **sums: Decimal,
) -> None:
    """Add sums to a stored total, making its row where there is none.

    Of several first entries at one moment each adds to the row that one of them makes.
    """
    row = total.objects.filter(**key)
    change: dict[str, Any] = {name: F(name) + Value(by, PoundsField()) for name, by in sums.items()}
    change["last_on"] = Greatest("last_on", Value(day))
    if not row.update(**change):
        empty = total(**key, last_on=day, **dict.fromkeys(sums, NOTHING))
        total.objects.bulk_create([empty], ignore_conflicts=True)  # type: ignore[list-item]
        row.update(**change)


def _seal(entry: CostEntry) -> None:
    """Chain the entry to the last one on its line.

    The line's stored total, written just before, is this transaction's until it ends: whoever
    posts on the line at the same moment waits there, and then finds this seal.
    """
    sealed = LedgerSeal.all_rows.filter(line=entry.line).order_by("-number")
    seals.following(sealed.values_list("number", "seal").first(), entry).save()


def _hold(line: CostLine) -> None:
    """Nobody else posts on the line until this transaction ends."""
    CostLine.all_rows.select_for_update().get(pk=line.pk)


def _never_below_nothing(line: CostLine, stage: str, amount: Decimal) -> None:
    stands = net(line, stage)
    if stands + amount < 0:
        raise ValidationError(
            {
                "amount": _(
                    "Only %(sum)s stands as %(stage)s on this line, so %(taken)s cannot be taken "
                    "from it."
                )
                % {
                    "sum": in_sentence(stands),
                    "stage": Stage(stage).label,
                    "taken": in_sentence(-amount),
                }
            }
        )


def _not_before_contract(line: CostLine, day: dt.date) -> None:
    contract = line.contract
    if contract is not None and contract.starts_on and day < contract.starts_on:
        raise ValidationError(
            {
                "effective_on": _(
                    "%(day)s is before %(contract)s began, on %(start)s. Give a later date, or "
                    "open a line that names only the supplier."
                )
                % {
                    "day": in_words(day),
                    "contract": contract,
                    "start": in_words(contract.starts_on),
                }
            }
        )
