"""Whether the payments of a file were imported before, under another name or in another cut.

Told by the rows themselves, never by the names of files.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Sum

from barnetwatch.lib.dates import Precision, counts_from
from costs.models import FileTotal, Payment, PaymentFile

#: A month belongs to a file that has at least this part of its fullest month's rows in it: one
#: in ten. Of all its rows it would be none of a year's twelve.
_PART_OF_ROWS = 10
#: Rows of the smaller file that are looked for in the larger one, and how many at a time.
_SAMPLE, _AT_ONCE = 500, 100

Month = dt.date | None
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Overlap:
    """An earlier file that counts, of which some publication holds half of the same payments."""

    file: PaymentFile
    months: frozenset[Month]


def months_of(file: PaymentFile) -> frozenset[Month]:
    """The months a file is of; a few stray payments of others do not count."""
    return _months_of_each([file])[file.pk]


def covered(months: frozenset[Month]) -> tuple[Month, Month]:
    """The first day of the first month and the last day of the last; None where none has a day."""
    days = sorted(month for month in months if month is not None)
    if not days:
        return None, None
    return days[0], counts_from(days[-1], Precision.MONTH)


def overlaps_of(file: PaymentFile, months: frozenset[Month]) -> list[Overlap]:
    """The publisher's earlier files of the same months that hold the same payments.

    A file that another replaced is asked too: it may count again one day.
    """
    first, last = covered(months)
    same_time = Q(reading__covers_from__isnull=True) if None in months else Q(pk__in=[])
    if first and last:
        same_time |= Q(reading__covers_from__lte=last, reading__covers_to__gte=first)
    earlier = list(
        PaymentFile.objects.standing()
        .filter(same_time, publisher=file.publisher_id)
        .exclude(pk=file.pk)
        .select_related("reading__first", "recorded_by")
        .order_by("reading__first_on", "pk")
    )
    counting = {other.reading.first_id: other for other in sorted(earlier, key=_newest_last)}
    theirs = _months_of_each(earlier)
    found = {
        other.reading.first_id
        for other in earlier
        if theirs[other.pk] & months and _share_rows(file, other)
    }
    return [
        Overlap(counting[each], theirs[counting[each].pk]) for each in counting if each in found
    ]


def _newest_last(file: PaymentFile) -> int:
    return file.pk


def _months_of_each(files: Iterable[PaymentFile]) -> dict[int, frozenset[Month]]:
    counts: dict[int, dict[Month, int]] = defaultdict(dict)
    rows = FileTotal.objects.filter(file__in=[file.pk for file in files]).order_by()
    for file, month, payments in rows.values_list("file", "month").annotate(Sum("payments")):
        counts[file][month] = payments
    found: dict[int, frozenset[Month]] = defaultdict(frozenset)
    for file, months in counts.items():
        most = max(months.values())
        found[file] = frozenset(m for m, rows in months.items() if rows * _PART_OF_ROWS >= most)
    return found


def _share_rows(one: PaymentFile, other: PaymentFile) -> bool:
    """Whether half of the smaller file's payments stand in the larger one."""
    sizes = {file: _ends(file) for file in (one, other)}
    small, large = sorted((one, other), key=lambda file: sizes[file][1] - sizes[file][0])
    sample = _sample(small, *sizes[small])
    wanted = there = 0
    for start in range(0, len(sample), _AT_ONCE):
        some = Counter(sample[start : start + _AT_ONCE])
        wanted += some.total()
        there += (some & _found(large, some)).total()
    return wanted > 0 and there * 2 >= wanted


def _ends(file: PaymentFile) -> tuple[int, int]:
    """The ids of a file's first and last payment: all of one import lie between them."""
    rows = Payment.objects.filter(file=file).values_list("pk", flat=True)
    first, last = rows.order_by("line").first(), rows.order_by("-line").first()
    return first or 0, last or 0


def _sample(file: PaymentFile, first: int, last: int) -> list[Row]:
    """Payments of a file, evenly spread."""
    step = max(1, (last - first) // _SAMPLE)
    ids = range(first, last + 1, step)
    return list(_identities(Payment.objects.filter(file=file, pk__in=ids)))


def _found(file: PaymentFile, rows: Iterable[Row]) -> Counter[Row]:
    """Payments of a file that are these, how often each stands there."""
    days, payees, amounts, _ = (set(column) for column in zip(*rows, strict=True))
    on_days = Q(paid_on__in=days - {None})
    if None in days:
        on_days |= Q(paid_on__isnull=True)
    alike = Payment.objects.filter(on_days, file=file, payee__in=payees, amount__in=amounts)
    return Counter(_identities(alike))


def _identities(payments: Any) -> Iterator[Row]:
    """What makes two rows the same payment, whichever file they stand in."""
    columns = ("paid_on", "payee", "amount", "reference")
    rows: Iterator[Row] = payments.order_by().values_list(*columns).iterator(chunk_size=2_000)
    return rows
