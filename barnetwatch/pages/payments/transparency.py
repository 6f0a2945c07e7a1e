"""The council's own Transparency Code file of a month, to download."""

import datetime as dt

from django import forms
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from barnetwatch.lib.dates import Precision, counts_from, in_words, month_of
from barnetwatch.lib.forms import SiteForm
from barnetwatch.pages.page import needs, site_page
from costs.models import FileReading, PaymentFile, Publisher
from costs.payments import transparency

WRITING = "costs.add_paymentfile"


class MonthForm(SiteForm):
    """Whose payments, and of which month."""

    publisher = forms.ModelChoiceField(
        label="Publisher", queryset=Publisher.objects.none(), empty_label="Choose a publisher"
    )
    month = forms.ChoiceField(label="Month", help_text="Months of which a file is imported.")

    def __init__(self, *args: object, months: list[dt.date], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["publisher"].queryset = Publisher.objects.all()  # type: ignore[attr-defined]
        self.fields["month"].choices = [  # type: ignore[attr-defined]
            ("", "Choose a month"),
            *((f"{month:%Y-%m}", in_words(month, Precision.MONTH)) for month in months),
        ]


@needs(WRITING)
def transparency_page(request: HttpRequest) -> HttpResponseBase:
    """Ask for the month, and write its file as it is downloaded."""
    form = MonthForm(request.GET if "month" in request.GET else None, months=_months())
    if form.is_bound and form.is_valid():
        return _file(form.cleaned_data["publisher"], form.cleaned_data["month"])
    return site_page(
        request,
        "site/payments/transparency.html",
        "Write the Transparency Code file",
        crumbs=[("Payments", reverse("admin:payments"))],
        form=form,
        headings=transparency.HEADINGS,
    )


def _file(publisher: Publisher, month: str) -> StreamingHttpResponse:
    first = dt.date.fromisoformat(f"{month}-01")
    rows = transparency.payments_of(publisher, first, counts_from(first, Precision.MONTH))
    answer = StreamingHttpResponse(
        transparency.lines(rows.iterator(chunk_size=2_000)), content_type="text/csv; charset=utf-8"
    )
    name = f"payments-{month}.csv"
    answer["Content-Disposition"] = content_disposition_header(True, name) or ""
    return answer


def _months() -> list[dt.date]:
    """Every month of which a file that counts holds payments, the latest first."""
    current = PaymentFile.objects.current().values("pk")
    found: set[dt.date] = set()
    readings = FileReading.objects.filter(file__in=current)
    for first, last in readings.values_list("covers_from", "covers_to"):
        month = first and month_of(first)
        while month and last and month <= last:
            found.add(month)
            month = month_of(counts_from(month, Precision.MONTH) + dt.timedelta(days=1))
    return sorted(found, reverse=True)


PAGES = [("payments/transparency/", "payments_transparency", transparency_page)]
