"""What one wants first of payments: how far they reach, what waits, and where the files are."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Sum
from django.urls import reverse

from barnetwatch.lib.dates import Precision, in_words
from barnetwatch.lib.money import NOTHING, in_table
from costs.models import AttributionRule, FileReading, PaymentFile
from costs.payments.decided import waiting

IMPORTING = "costs.add_paymentfile"
MATCHING = "costs.add_attributionrule"


@dataclass(frozen=True)
class Standing:
    """Where the import of payments stands; sums in pounds."""

    files: int
    rows: int
    covers_to: dt.date | None
    waiting: Decimal
    waiting_count: int
    #: Addresses; empty where the reader has no such page.
    files_page: str
    importing: str
    matching: str

    @property
    def newest(self) -> str:
        """April 2018."""
        return in_words(self.covers_to, Precision.MONTH) if self.covers_to else ""

    @property
    def waits(self) -> str:
        """£3,000.00."""
        return in_table(self.waiting)


def standing_of(user: Any) -> Standing:
    """The same for a person: what waits is by the rules they may see."""
    current = FileReading.objects.filter(file__in=PaymentFile.objects.current().values("pk"))
    found = current.aggregate(files=Count("pk"), rows=Sum("rows"), last=Max("covers_to"))
    amount, count = (
        waiting(AttributionRule.objects.visible_to(user)) if found["files"] else (NOTHING, 0)
    )
    may_read_files = user.has_perm("costs.view_paymentfile")
    return Standing(
        files=found["files"],
        rows=found["rows"] or 0,
        covers_to=found["last"],
        waiting=amount,
        waiting_count=count,
        files_page=reverse("admin:payment_files") if may_read_files else "",
        importing=reverse("admin:payment_import") if user.has_perm(IMPORTING) else "",
        matching=reverse("admin:payments_matching") if user.has_perm(MATCHING) else "",
    )
