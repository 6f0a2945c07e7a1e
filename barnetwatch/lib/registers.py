"""Registers: a list page is a queryset, a filter, a table and a template.

The database filters, sorts and cuts the page; the address holds all that was chosen, so that it
can be kept and sent on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import django_filters
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.views.generic import View

from barnetwatch.lib.exports import FORMATS, Column, export
from barnetwatch.lib.forms import DayField, SiteForm
from barnetwatch.lib.keyset import Page, in_order, page_of
from barnetwatch.lib.tables import PoundsColumn, SiteTable

#: Rows a page shows, and rows counted: beyond, "more than" is enough for a reader.
PER_PAGE, COUNTED = 50, 1000
#: Rows of a file that are made ready at a time.
BATCH = 500


class FilterForm(SiteForm):
    """Every filter may be left empty, so none says so."""

    says_optional = False
    asks_back = False  # What is looked for is kept nowhere.


class SiteFilterSet(django_filters.FilterSet):
    """Filters in the site's clothes. Choices go through the door."""

    def get_form_class(self) -> type[FilterForm]:
        fields = {name: each.field for name, each in self.filters.items()}
        return type(f"{type(self).__name__}Form", (FilterForm,), fields)


class DayFilter(django_filters.Filter):
    """A day in three boxes."""

    field_class = DayField


class TickField(forms.BooleanField):
    """Not ticked says nothing, so that nothing is filtered."""

    def clean(self, value: Any) -> bool | None:
        return super().clean(value) or None


class TickFilter(django_filters.Filter):
    """A box: ticked, only the rows that its method leaves; else all of them."""

    field_class = TickField


class Register(View):
    """A list page. `get_rows` is the queryset, through the door; `finish` what the table prints."""

    http_method_names = ["get", "head", "options"]
    title = ""
    #: What one row is called, and several.
    noun, nouns = "row", "rows"
    permission = ""
    filterset_class: type[SiteFilterSet]
    table_class: type[SiteTable]
    template_name = "site/register.html"
    #: Names of columns of the table, and what tells two rows apart.
    default_sort: Sequence[str] = ()
    last_sort = "pk"

    def get_rows(self, request: HttpRequest) -> Any:
        """The rows a person may see, with what the table sorts by."""
        raise NotImplementedError

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        """What the table prints for the rows of one page; its queries do not grow with them."""
        return rows

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        """What a register's own template shows besides."""
        return {}

    def with_figure(self, rows: Any, name: str, request: HttpRequest) -> Any:
        """The rows with the column that is sorted by, where it costs too much to give it always."""
        return rows

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if self.permission and not request.user.has_perm(self.permission):
            raise PermissionDenied
        chosen = self.filterset_class(request.GET, self.get_rows(request), request=request)
        sort = self.sort_of(request)
        rows = chosen.qs
        for name in sort:
            rows = self.with_figure(rows, name.lstrip("-"), request)
        order = [*self.columns_of(sort), self.last_sort]
        if (kind := request.GET.get("export", "")) in FORMATS:
            return self.export(kind, in_order(rows, order), request)
        page = self.page(rows, order, request)
        table = self.table_class(page.rows, order_by=sort, request=request)
        counted = self.count_of(chosen.qs)
        return TemplateResponse(
            request,
            self.template_name,
            {
                **admin.site.each_context(request),
                "title": self.title,
                "filter": chosen,
                "is_filtered": bool(chosen.form.changed_data),
                "table": table,
                "page": page,
                "count": self.count_in_words(counted),
                "counts_one": counted == 1,
                "formats": [(kind, kind.upper()) for kind in FORMATS],
                **self.get_context(request),
            },
        )

    def page(self, rows: Any, order: Sequence[str], request: HttpRequest) -> Page:
        """One page of the rows, as the table prints them."""
        found = page_of(
            rows,
            order,
            PER_PAGE,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
        )
        return replace(found, rows=self.finish(found.rows, request))

    def export(self, kind: str, rows: Any, request: HttpRequest) -> HttpResponseBase:
        """All the rows as a file, made ready some hundreds at a time."""
        columns = [
            each
            for each in self.table_class([]).columns.iterall()
            if not each.column.exclude_from_export
        ]
        names = [each.name for each in columns]
        heads = [Column(each.header, isinstance(each.column, PoundsColumn)) for each in columns]
        cells = (
            [row.get_cell_value(name) for name in names]
            for batch in _batches(rows.iterator(chunk_size=BATCH))
            for row in self.table_class(self.finish(batch, request)).rows
        )
        return export(kind, heads, cells, self.nouns.replace(" ", "-"))

    def count_of(self, rows: Any) -> int:
        """How many rows there are; one more than are counted stands for any number more."""
        return rows.order_by()[: COUNTED + 1].count()

    def count_in_words(self, counted: int) -> str:
        """How many rows there are, as far as they were counted."""
        if counted > COUNTED:
            return f"More than {COUNTED:,} {self.nouns}"
        return f"1 {self.noun}" if counted == 1 else f"{counted:,} {self.nouns}"

    def sort_of(self, request: HttpRequest) -> list[str]:
        """The columns the address asks to sort by; the usual ones where it names none of them."""
        columns = self.table_class.base_columns
        wanted = [
            name
            for name in request.GET.get("sort", "").split(",")
            if (column := columns.get(name.lstrip("-"))) and column.orderable is not False
        ]
        return wanted[:1] or list(self.default_sort)

    def columns_of(self, sort: Sequence[str]) -> list[str]:
        """The same as names in the database."""
        found = []
        for name in sort:
            column = self.table_class.base_columns[name.lstrip("-")]
            bare = column.order_by or (column.accessor or name.lstrip("-"),)
            turn = name.startswith("-")
            for each in bare:
                text = str(each).replace(".", "__")
                down = text.startswith("-") != turn
                found.append(("-" if down else "") + text.lstrip("-"))
        return found


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(rows, BATCH)):
        yield batch
