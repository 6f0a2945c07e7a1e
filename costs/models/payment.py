"""The council's own payments, as published: each file whole, each row with its line and its text.

Nothing here is ever changed. A file that should not count is withdrawn, as one act; a corrected
one names the file it replaces, and both are kept.
"""

import datetime as dt

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Visible, VisibleQuerySet, every_row, open_rows
from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import SourceDate, end_of_day, precision_field
from barnetwatch.lib.money import LARGEST, PoundsField


class Publisher(Visible):
    """A council or another body that publishes its payments."""

    name = models.CharField(max_length=150, help_text=_("London Borough of Barnet."))
    profile = models.JSONField(
        default=dict,
        blank=True,
        help_text=_("What an officer has corrected in how its files are read."),
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="costs_publisher_name",
                violation_error_message=_("That name is not available."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PaymentFileQuerySet(VisibleQuerySet):
    """Questions about imported files."""

    def standing(self, known_on: dt.date | None = None) -> "PaymentFileQuerySet":
        """Files not withdrawn; with a day given, as things were known at that day's end."""
        if known_on is None:
            return self.filter(withdrawal__isnull=True)
        known = end_of_day(known_on)
        return self.filter(recorded_at__lt=known).exclude(withdrawal__recorded_at__lt=known)

    def current(self, known_on: dt.date | None = None) -> "PaymentFileQuerySet":
        """Files that count: of all publications of the same, the newest that stands."""
        later = PaymentFile.objects.standing(known_on).filter(
            reading__first=OuterRef("reading__first"), pk__gt=OuterRef("pk")
        )
        return self.standing(known_on).exclude(Exists(later))

    def past(self) -> "PaymentFileQuerySet":
        """Those that count no longer: the others."""
        return self.exclude(pk__in=PaymentFile.objects.current().values("pk"))


class PaymentFile(AppendOnly, Recorded, Visible):
    """A file that was imported: its name, its bytes' fingerprint, who brought it and when."""

    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=255, help_text=_("As the publisher called it."))
    sha256 = models.CharField(max_length=64, help_text=_("Of its bytes."))
    size = models.BigIntegerField(help_text=_("In bytes."))
    attempt = models.PositiveSmallIntegerField(
        default=1, help_text=_("2 where the same bytes were imported and withdrawn once before.")
    )

    objects = open_rows(PaymentFileQuerySet)
    all_rows = every_row(PaymentFileQuerySet)

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            # Of several who import the same bytes at once, one gets through.
            models.UniqueConstraint(fields=["sha256", "attempt"], name="costs_paymentfile_once"),
        ]

    def __str__(self) -> str:
        return self.name


class FileReading(AppendOnly, Visible):
    """How an imported file was read, and what came of it; written in the import's transaction."""

    visible_through = ("file",)

    file = models.OneToOneField(
        PaymentFile, on_delete=models.PROTECT, primary_key=True, related_name="reading"
    )
    replaces = models.ForeignKey(
        PaymentFile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replacements",
        help_text=_("The earlier publication of the same month, which counts no longer."),
    )
    first = models.ForeignKey(
        PaymentFile,
        on_delete=models.PROTECT,
        related_name="publications",
        help_text=_("The first publication of the same, which may be this one."),
    )
    detected = models.JSONField(help_text=_("Encoding, delimiter, header line, columns, forms."))
    rows = models.PositiveIntegerField(help_text=_("Payments."))
    unreadable = models.PositiveIntegerField(help_text=_("Rows that could not be read."))
    amount = PoundsField(help_text=_("What the payments come to."))
    first_on = models.DateField(null=True, blank=True, help_text=_("First day of a payment."))
    last_on = models.DateField(null=True, blank=True, help_text=_("Last day of a payment."))
    covers_from = models.DateField(
        null=True, blank=True, help_text=_("First day of the months it is of; strays left aside.")
    )
    covers_to = models.DateField(null=True, blank=True, help_text=_("Last day of those months."))
    left_out = models.JSONField(
        default=list, help_text=_("Totals, blank rows and repeated headers.")
    )
    notes = models.JSONField(default=list, help_text=_("What an officer should know."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="costs_filereading_replaces_another",
                condition=Q(replaces__isnull=True) | ~Q(replaces=F("file")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.file)


class FileWithdrawal(AppendOnly, Recorded, Visible):
    """An import undone, as one act; the file stays to be seen in what was known then."""

    visible_through = ("file",)

    file = models.OneToOneField(PaymentFile, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.TextField(help_text=_("What was wrong with it."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="costs_filewithdrawal_has_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Say why the file is withdrawn."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file}, withdrawn"


class Payee(AppendOnly, Visible):
    """A supplier's name as a publisher writes it, with the key by which names are compared."""

    publisher = models.ForeignKey(
        Publisher, on_delete=models.PROTECT, related_name="payees", db_index=False
    )
    name = models.CharField(max_length=500, help_text=_("Exactly as published."))
    key = models.CharField(
        max_length=500, help_text=_("The name without case, punctuation and legal form.")
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["publisher", "name"], name="costs_payee_name"),
        ]
        indexes = [
            # Read by the rules of attribution: every payee a rule speaks of.
            models.Index(fields=["key"], name="costs_payee_key"),
        ]

    def __str__(self) -> str:
        return self.name


class PaymentQuerySet(VisibleQuerySet):
    """Questions about payments."""

    def counted(self, known_on: dt.date | None = None) -> "PaymentQuerySet":
        """Payments of the files that count."""
        return self.filter(file__in=PaymentFile.objects.current(known_on).values("pk"))

    def counted_in_a_list(self) -> "PaymentQuerySet":
        """The same, where a page of a list by file and line is asked for: a database begins at the
        page instead of going through every file that counts.
        """
        return self.exclude(file__in=PaymentFile.objects.past().values("pk"))


class Payment(AppendOnly, Visible):
    """One row of a published file. Rows that are alike are payments of their own."""

    visible_through = ("file",)

    # A foreign key that the database checks costs 7.5 s for each million rows, for each of the
    # two. It would say nothing new: one transaction writes them, and no file and no payee is
    # ever deleted or given another id.
    file = models.ForeignKey(
        PaymentFile,
        on_delete=models.PROTECT,
        related_name="payments",
        db_index=False,
        db_constraint=False,
    )
    line = models.PositiveIntegerField(help_text=_("Where it stands in the file."))
    raw = models.TextField(help_text=_("The row as it stands in the file."))
    paid_on = models.DateField(null=True, blank=True)
    precision = precision_field()
    payee = models.ForeignKey(
        Payee,
        on_delete=models.PROTECT,
        related_name="payments",
        db_index=False,
        db_constraint=False,
    )
    amount = PoundsField(help_text=_("Net of VAT where the file gives it."))
    reference = models.TextField(blank=True)
    directorate = models.TextField(blank=True)
    department = models.TextField(blank=True)
    expenditure_type = models.TextField(blank=True)
    purpose = models.TextField(blank=True)
    contract_reference = models.TextField(blank=True)
    redacted = models.BooleanField(
        default=False, help_text=_("The publisher keeps back who was paid.")
    )

    objects = open_rows(PaymentQuerySet)
    all_rows = every_row(PaymentQuerySet)

    class Meta:
        ordering = ["-paid_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["file", "line"], name="costs_payment_line"),
            models.CheckConstraint(
                name="costs_payment_within_bounds",
                condition=Q(amount__gte=-LARGEST, amount__lte=LARGEST),
            ),
        ]
        indexes = [
            # What was paid to a name, in the order in which lists show it.
            models.Index(fields=["payee", "file", "line"], name="costs_payment_payee"),
        ]

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"

    @property
    def paid(self) -> SourceDate:
        """The day it was paid, as precisely as the file gives it."""
        return SourceDate(self.paid_on, self.precision)


class UnreadableRow(AppendOnly, Visible):
    """A row of a file that is not a payment one can read: kept, with the reason."""

    visible_through = ("file",)

    file = models.ForeignKey(PaymentFile, on_delete=models.PROTECT, related_name="unreadable_rows")
    line = models.PositiveIntegerField()
    column = models.TextField(blank=True, help_text=_("The header of the cell at fault."))
    value = models.TextField(blank=True, help_text=_("What stands in it."))
    reason = models.TextField()
    raw = models.TextField(blank=True)

    class Meta:
        ordering = ["file", "line"]

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"
