"""Whether the ledger is as it was written: guards, seals, stored totals, reversals and dates.

The sentences name rows and no sums: whoever reads them may not be cleared for the line.
"""

from collections.abc import Iterator

from django.db import connection
from django.db.models import Q

from barnetwatch.lib import appendonly
from barnetwatch.lib.dates import Precision, counts_from
from costs import seals, totals
from costs.models import CostEntry, RunningTotal
from costs.stages import Stage

#: What a reversal takes over from the entry it reverses; its amount is the opposite.
_MIRRORED = ("line_id", "stage", "effective_on", "precision", "year_inferred")


def faults() -> Iterator[str]:
    """Each thing that is wrong, as a sentence; none where the ledger is as it was written."""
    for name in appendonly.missing(connection):
        yield f"The guard {name} is missing, so rows can be changed; migrate puts it back."
    yield from seals.faults()
    yield from totals.drift()
    yield from _reversals()
    yield from _dates()
    yield from _sums_below_nothing()


def _reversals() -> Iterator[str]:
    mirrors = CostEntry.all_rows.filter(reverses__isnull=False).select_related("reverses")
    for mirror in mirrors.order_by("pk").iterator(chunk_size=5000):
        entry = mirror.reverses
        wrong = [name for name in _MIRRORED if getattr(mirror, name) != getattr(entry, name)]
        if mirror.amount != -entry.amount:
            wrong.append("amount")
        if entry.reverses_id is not None:
            wrong.append("reverses")
        if wrong:
            names = ", ".join(name.removesuffix("_id") for name in wrong)
            yield f"Entry {mirror.pk} is no mirror image of entry {entry.pk}: {names}."


def _dates() -> Iterator[str]:
    imprecise = CostEntry.all_rows.exclude(precision=Precision.DAY).order_by("pk")
    for pk, day, precision in imprecise.values_list("pk", "effective_on", "precision"):
        if counts_from(day, precision) != day:
            yield f"Entry {pk} is known to the {precision} but does not count from its last day."


def _sums_below_nothing() -> Iterator[str]:
    below = Q(*((f"{stage}__lt", 0) for stage in Stage.values), _connector=Q.OR)
    for line in RunningTotal.objects.filter(below).order_by("pk").values_list("pk", flat=True):
        yield f"Line {line}: more was released or reversed at a stage than stood there."
