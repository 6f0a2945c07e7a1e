"""Whether what was kept of imported files still agrees: rows, sums by name and month, readings.

The sentences name files and no sums.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Sum
from django.db.models.functions import TruncMonth

from costs.models import FileReading, FileTotal, Payee, Payment, PaymentFile

#: What the sums of a file tell apart, and what they say.
_KEYS = ("payee", "directorate", "expenditure_type")


def faults() -> Iterator[str]:
    """Each file whose rows and sums disagree, as a sentence; none where all is as imported."""
    for reading in FileReading.objects.order_by("pk").select_related("file").iterator():
        rows, totals = _from_rows(reading.file), _from_totals(reading.file)
        if rows != totals:
            yield f"File {reading.pk}: the stored sums are not what its payments come to."
        amount = sum(each[0] for each in rows.values())
        if (reading.rows, reading.amount) != (sum(each[1] for each in rows.values()), amount):
            yield f"File {reading.pk}: it was read otherwise than its payments are kept."
    # The database itself does not watch over these keys.
    for table, model, name in (
        (Payment, PaymentFile, "file"),
        (Payment, Payee, "payee"),
        (FileTotal, PaymentFile, "file"),
        (FileTotal, Payee, "payee"),
    ):
        there = model.objects.filter(pk=OuterRef(f"{name}_id"))
        for lost in table.objects.filter(~Exists(there)).order_by("pk").values_list("pk")[:1]:
            what = str(table._meta.verbose_name).capitalize()
            yield f"{what} {lost[0]}: its {name} is not on the record."


def _from_rows(file: PaymentFile) -> dict[Any, Any]:
    rows = Payment.objects.filter(file=file).order_by().annotate(month=TruncMonth("paid_on"))
    sums = rows.values_list(*_KEYS, "month").annotate(Sum("amount"), Count("pk"), Max("paid_on"))
    return {tuple(row[:4]): tuple(row[4:]) for row in sums.iterator()}


def _from_totals(file: PaymentFile) -> dict[Any, Any]:
    rows = FileTotal.objects.filter(file=file).order_by().values_list(*_KEYS, "month")
    sums = rows.annotate(Sum("amount"), Sum("payments"), Max("last_on"))
    return {tuple(row[:4]): tuple(row[4:]) for row in sums.iterator()}
