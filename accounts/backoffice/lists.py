"""Lists that answer any address: what makes no sense is left out, never an error page."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError
from django.http import HttpRequest


class RecordList(ChangeList):
    """Django's list, which fails on the year 9999 and on numbers no database holds."""

    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
            self.model_admin.complete(list(self.result_list), request)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error


def holds_nul(request: HttpRequest) -> bool:
    """Whether the address holds a NUL, which PostgreSQL takes in no text."""
    return any("\x00" in text for pair in request.GET.lists() for text in (pair[0], *pair[1]))
