"""Whether the payments of a file were imported before, under another name or in another cut.

Told by the rows themselves, never by the names of files.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from barnetwatch.lib.dates import Precision, counts_from
from costs.models import Payment, PaymentFile

#: A month belongs to a file that has at least this part of its rows in it: one in ten.
_PART_OF_ROWS = 10
#: Rows of the smaller file that are looked for in the larger one.
_SAMPLE = 2_000

Month = dt.date | None
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Overlap:
    """An earlier file that holds at least half of the same payments."""

    file: PaymentFile
    months: frozenset[Month]


def months_of(file: PaymentFile) -> frozenset[Month]:
    """The months a file is of; a few stray payments of others do not count."""
    found = (
        _rows(file)
        .order_by()
        .annotate(month=TruncMonth("paid_on"))
        .values_list("month")
        .annotate(rows=Count("pk"))
    )
    counts = dict(found)
    every = sum(counts.values())
    return frozenset(month for month, rows in counts.items() if rows * _PART_OF_ROWS >= every)


def covered(months: frozenset[Month]) -> tuple[Month, Month]:
    """The first day of the first month and the last day of the last; None where none has a day."""
    days = sorted(month for month in months if month is not None)
    if not days:
        return None, None
    return days[0], counts_from(days[-1], Precision.MONTH)


def overlaps_of(file: PaymentFile, months: frozenset[Month]) -> list[Overlap]:
    """The publisher's earlier files of the same months that hold the same payments."""
    first, last = covered(months)
    same_time = Q(reading__covers_from__isnull=True)
    if first and last:
        same_time = Q(reading__covers_from__lte=last, reading__covers_to__gte=first)
    earlier = (
        PaymentFile.objects.current()
        .filter(same_time, publisher=file.publisher_id)
        .exclude(pk=file.pk)
        .select_related("reading", "recorded_by")
        .order_by("reading__first_on", "pk")
    )
    found = [Overlap(other, theirs) for other in earlier if (theirs := months_of(other)) & months]
    return [overlap for overlap in found if _share_rows(file, overlap.file)]


def _share_rows(one: PaymentFile, other: PaymentFile) -> bool:
    """Whether half of the smaller file's payments stand in the larger one."""
    small, large = sorted((one, other), key=lambda file: _rows(file).count())
    size = _rows(small).count()
    step = max(1, size // _SAMPLE)
    looked_for = Counter(row for number, row in enumerate(_identities(small)) if number % step == 0)
    wanted = sum(looked_for.values())
    for row in _identities(large):
        if looked_for[row] > 0:
            looked_for[row] -= 1
    missed = sum(looked_for.values())
    return wanted > 0 and (wanted - missed) * 2 >= wanted


def _identities(file: PaymentFile) -> Any:
    """What makes two rows the same payment, whichever file they stand in."""
    columns = ("paid_on", "payee", "amount", "reference")
    return _rows(file).order_by("pk").values_list(*columns).iterator(chunk_size=2_000)


def _rows(file: PaymentFile) -> Any:
    return Payment.objects.filter(file=file)
