"""What each imported file comes to, by name and month: what totals of payments are made of."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.visibility import Visible, every_row, open_rows
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.money import PoundsField
from costs.models.payment import Payee, PaymentFile, PaymentQuerySet


class FileTotal(AppendOnly, Visible):
    """What a file paid one name in a month, as far as most rules can tell its payments apart.

    Written with the file and never changed, so a total of the files that count is a sum of these
    whichever of them count, now or as known on a day. Several rows may speak of the same.
    """

    visible_through = ("file",)

    # Written with its file, in one transaction, as payments are: see there.
    file = models.ForeignKey(
        PaymentFile,
        on_delete=models.PROTECT,
        related_name="totals",
        db_index=False,
        db_constraint=False,
    )
    payee = models.ForeignKey(
        Payee, on_delete=models.PROTECT, related_name="totals", db_index=False, db_constraint=False
    )
    directorate = models.TextField(blank=True)
    expenditure_type = models.TextField(blank=True)
    month = models.DateField(
        null=True, blank=True, help_text=_("Its first day; empty where the file gives no day.")
    )
    amount = PoundsField(help_text=_("What these payments come to."))
    payments = models.PositiveIntegerField(help_text=_("How many there are."))
    last_on = models.DateField(null=True, blank=True, help_text=_("Day of the last of them."))

    objects = open_rows(PaymentQuerySet)
    all_rows = every_row(PaymentQuerySet)

    class Meta:
        ordering = ["file", "pk"]
        indexes = [
            # Those of a file lie together, so it is enough to know where: a seventh of the time
            # that an index of each row takes. (SQLite, which has no such index, makes that one.)
            BrinIndex(fields=["file"], name="costs_filetotal_file"),
            # Read by what was paid to a name, month by month.
            models.Index(fields=["payee", "month"], name="costs_filetotal_payee"),
        ]

    def __str__(self) -> str:
        return f"{self.payee} in {self.file}"
