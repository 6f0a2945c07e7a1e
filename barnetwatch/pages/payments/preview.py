"""What an officer checks before a payments file is imported."""

from decimal import Decimal
from typing import Any

from django.urls import reverse

from barnetwatch.lib.dates import Precision, in_words
from barnetwatch.lib.money import in_table
from barnetwatch.pages.payments.words import columns_read, counted, day, how_read, left_out_rows
from costs.models import PaymentUpload

#: Rows shown of what cannot be read, and of what is left out; the download has all of the former.
SHOWN, SHOWN_LEFT_OUT = 20, 100


def preview(upload: PaymentUpload) -> dict[str, Any]:
    """The look at an upload, as its page shows it."""
    report = upload.report
    if "headers" not in report:  # No table was found in it.
        return {"why_not": report["why_not"], "sample": report.get("sample", []), "figures": False}
    left_out = left_out_rows(report["left_out"], report["header_line"])
    return {
        "figures": True,
        "why_not": report["why_not"],
        "lead": _lead(report),
        "replaces": _replaced(report),
        "notes": report["notes"],
        "months": [
            (_month(each["month"]), f"{each['rows']:,}", Decimal(each["total"]))
            for each in report["months"]
        ],
        "total": Decimal(report["total"]),
        "rows": report["rows"],
        "how": how_read(report),
        "columns": columns_read(report["columns"]),
        "first": [_payment(each) for each in report["first"]],
        "has": {name for each in report["first"] for name, value in each.items() if value},
        "rejected": report["rejected"][:SHOWN],
        "unreadable": report["unreadable"],
        "listed": len(report["rejected"]),
        "left_out": left_out[:SHOWN_LEFT_OUT],
        "left_out_count": len(left_out),
    }


def _lead(report: dict[str, Any]) -> str:
    """What it comes to, in a sentence or two."""
    if not report["rows"] and not report["unreadable"]:
        return "The file says that nothing was paid. Importing it puts that on the record."
    words = f"{counted(report['rows'], 'payment')}, {in_table(Decimal(report['total']))} in all"
    first, last = day(report["first_on"]), day(report["last_on"])
    if first and last:
        days = f"on {in_words(first)}" if first == last else ""
        words += f", {days or f'from {in_words(first)} to {in_words(last)}'}"
    if bad := report["unreadable"]:
        cannot = counted(bad, "row cannot be read", "rows cannot be read")
        words += f". {cannot}; the others can be imported" if report["rows"] else f". {cannot}"
    return f"{words}."


def _replaced(report: dict[str, Any]) -> dict[str, str] | None:
    if found := report.get("replaces"):
        return {"name": found["name"], "url": reverse("admin:payment_file", args=[found["pk"]])}
    return None


def _month(text: str | None) -> str:
    month = day(text)
    return in_words(month, Precision.MONTH) if month else "no day given"


def _payment(row: dict[str, Any]) -> dict[str, Any]:
    paid_on = day(row["paid_on"])
    return {
        **row,
        "paid": in_words(paid_on, row["precision"]) if paid_on else "not given",
        "amount": Decimal(row["amount"]),
    }
