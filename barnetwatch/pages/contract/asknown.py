"""The day a page speaks of: today, or an earlier one as this record knew things at its end."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.dates import end_of_day, in_words, parse_day
from barnetwatch.lib.forms import DayField, SiteForm


@dataclass(frozen=True)
class When:
    """`on` is the day that sums and days are reckoned to; `known_on` that at whose end rows had to
    be recorded, None for everything known now.
    """

    on: dt.date
    known_on: dt.date | None = None

    @property
    def in_words(self) -> str:
        """The day: 1 October 2018."""
        return in_words(self.on)

    def recorded(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of some rows that were recorded by then."""
        if self.known_on is None:
            return rows
        return rows.filter(recorded_at__lt=end_of_day(self.known_on))


class AsKnownForm(SiteForm):
    """Asks for the day; its boxes are empty on the page as it stands."""

    says_optional = False

    known = DayField(
        label=_("As known on"),
        required=False,
        help_text=_(
            "For example, 1 10 2018. You see what had been entered here by the end of that day, "
            "with its sums and days counted up to that day."
        ),
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_known(self) -> dt.date | None:
        """No record knows what comes."""
        known: dt.date | None = self.cleaned_data["known"]
        if known and known > self.today:
            raise ValidationError(_("Enter today or a day before it."))
        return known


def day_asked_for(query: QueryDict, today: dt.date) -> dt.date | None:
    """The past day in the address (`?known=2018-10-01`); None for one that is no such day."""
    try:
        known = parse_day(query.get("known", ""))
    except ValidationError:
        return None
    return known if known <= today else None
