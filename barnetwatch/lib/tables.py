"""Tables of the site: sums right-aligned, dates with no more certainty than their sources give."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.db.models import Model
from django_tables2.data import TableListData
from django_tables2.utils import signature

from barnetwatch.lib.columns import NOT_GIVEN
from barnetwatch.lib.dates import Precision, in_words
from barnetwatch.lib.money import in_table

SUM = {"th": {"class": "bw-sum"}, "td": {"class": "bw-sum"}}


class PageData(TableListData):
    """Rows that the database has already put in order."""

    def order_by(self, aliases: Any) -> None:
        pass


class SiteTable(tables.Table):
    """A table in the site's clothes; `caption` says what it lists."""

    caption = ""

    class Meta:
        template_name = "site/table.html"
        empty_text = "Nothing here yet."

    def __init__(self, data: Any = (), *args: Any, **kwargs: Any) -> None:
        self.caption = kwargs.pop("caption", self.caption)
        super().__init__(data if hasattr(data, "query") else PageData(list(data)), *args, **kwargs)

    def lines(self) -> Iterator[list[tuple[str, Any]]]:
        """Each row as its cells, each with its class.

        Cells are most of what a register costs. What does not change from row to row is worked
        out once here, where django-tables2 does it for every cell.
        """
        columns = [_Cells(column) for column in self.columns]
        for row in self.rows:
            yield [(column.css, column.of(row)) for column in columns]


class PoundsColumn(tables.Column):
    """A sum in pounds; the largest first where it is sorted by."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", SUM)
        kwargs.setdefault("default", NOT_GIVEN)
        kwargs.setdefault("initial_sort_descending", True)
        super().__init__(*args, **kwargs)

    def render(self, value: Decimal) -> str:
        return in_table(value)

    def value(self, value: Decimal) -> Decimal:
        return value


class CountColumn(tables.Column):
    """How many; the most first where it is sorted by."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", SUM)
        kwargs.setdefault("initial_sort_descending", True)
        super().__init__(*args, **kwargs)


class DayColumn(tables.Column):
    """A date with no more certainty than its source gives: 20 September 2018, July [2018].

    Reads `<stem>_precision` and `<stem>_year_inferred` beside `<stem>_on`, where a row has them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", NOT_GIVEN)
        super().__init__(*args, **kwargs)

    def render(self, value: Any, record: Any, bound_column: Any) -> str:
        stem = str(bound_column.accessor).removesuffix("_on")
        precision = getattr(record, f"{stem}_precision", Precision.DAY)
        return in_words(value, precision, getattr(record, f"{stem}_year_inferred", False))

    def value(self, value: Any) -> Any:
        return value


class _Cells:
    """The cells of one column."""

    def __init__(self, bound: Any) -> None:
        self.bound, self.css = bound, bound.attrs["td"].get("class", "")
        self.accessor, self.default = str(bound.accessor), bound.default
        self.empty = bound.column.empty_values
        self.takes, takes_more = signature(bound.render)
        self.is_plain = not takes_more and "." not in self.accessor and "__" not in self.accessor

    def of(self, row: Any) -> Any:
        """A row's cell, as django-tables2 would give it."""
        record = row.record
        if not self.is_plain or isinstance(record, Model | Mapping):
            return row.get_cell(self.bound.name)
        value = getattr(record, self.accessor, None)
        if value in self.empty:
            return self.default
        given = row._optional_cell_arguments(self.bound, value)
        content = self.bound.render(**{name: given[name] for name in self.takes})
        return self.bound.link(content, **given) if self.bound.link else content
