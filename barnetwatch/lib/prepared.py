"""Questions that are asked again and again, each time of other rows.

Django puts the SQL of a queryset together anew each time it is asked. Of one with a few subqueries
that takes longer than the database needs to answer it for the fifty rows of a page.
"""

import json
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, QuerySet, Value

#: Stands in the parameters of a question where the ids go.
_IDS = object()


class _Among(Func):
    """Whether a column is one of the ids that come with each asking, however many they are."""

    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(", **extra
        )

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        within = " IN (SELECT value FROM json_each("
        return self.as_sql(
            compiler, connection, template="%(expressions)s))", arg_joiner=within, **extra
        )


class Prepared:
    """A queryset of `values_list`, put together once and asked of some ids at a time.

    `path` leads to the column that is held against the ids. Nothing is kept but the SQL: each
    asking reads the rows anew.
    """

    def __init__(self, rows: "QuerySet[Any, Any]", path: str = "pk") -> None:
        self.query = rows.filter(_Among(F(path), Value(_IDS))).query
        self._compiled: WeakKeyDictionary[BaseDatabaseWrapper, Any] = WeakKeyDictionary()

    def of(self, ids: Iterable[int]) -> list[Any]:
        """The rows of values for these ids, in no order; one query."""
        compiler, sql, params = self._on(connection)
        wanted = list(ids)
        given = wanted if connection.vendor == "postgresql" else json.dumps(wanted)
        with connection.cursor() as cursor:
            cursor.execute(sql, [given if each is _IDS else each for each in params])
            return list(compiler.results_iter(results=[cursor.fetchall()], tuple_expected=True))

    def _on(self, proxy: Any) -> Any:
        """The SQL for a connection, of which each thread has its own."""
        own = proxy._connections[proxy._alias]
        if own not in self._compiled:
            compiler = self.query.get_compiler(connection=own)
            self._compiled[own] = (compiler, *compiler.as_sql())
        return self._compiled[own]
