"""Log lines: one JSON object each where the site is served, readable ones on one's own machine.

A line says where something happened and never to whom or about what: no message of an exception
(it may quote a row), no address typed or shown (it may hold a search or a secret), no person.
"""

import copy
import logging
import secrets
import time
from collections.abc import Callable, Mapping, MutableMapping
from http.client import responses
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars

from barnetwatch.env import BASE_DIR
from barnetwatch.lib import origin

log = logging.getLogger("barnetwatch.requests")
#: The name of a request's number: on each line, on the error page, and as a header.
HEADER = "X-Request-ID"
#: Steps shown of the way to a fault, the innermost first.
STEPS = 12

Event = MutableMapping[str, Any]


class NumberedRequests:
    """Gives each request a number of its own, which is on every line that is logged for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}"
        request.number = number  # type: ignore[attr-defined]
        clear_contextvars()
        bind_contextvars(request=number)
        began = time.monotonic()
        try:
            with origin.of_request(address_of(request), number):
                answer = self.get_response(request)
            answer.headers[HEADER] = number
            took = int((time.monotonic() - began) * 1000)
            told = {**_asked(request), "status": answer.status_code, "milliseconds": took}
            log.info("answered", extra={"fields": told})
        finally:
            clear_contextvars()
        return answer


def address_of(request: HttpRequest) -> str:
    """The address a request came from, which no line of the log has."""
    return origin.address_of(request.META, settings.PROXIES)


class Lines(structlog.stdlib.ProcessorFormatter):
    """Writes a record as a line, without what it may not say."""

    def __init__(self, *, as_json: bool) -> None:
        last: Any = structlog.processors.JSONRenderer() if as_json else _readable
        super().__init__(
            foreign_pre_chain=[
                merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _with_fields,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )

    def format(self, record: logging.LogRecord) -> str:
        """The record's line; the record itself is left as it is for others."""
        return super().format(_without_particulars(copy.copy(record)))


def _without_particulars(record: logging.LogRecord) -> logging.LogRecord:
    fields = dict(getattr(record, "fields", {}))
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest):
        # Django's own words are the address that was asked for and why it was refused.
        record.msg, record.args = responses.get(getattr(record, "status_code", 0), "warning"), ()
        fields = {**_asked(request), **fields}
    fault = record.exc_info[1] if record.exc_info else None
    if isinstance(record.args, Mapping) and "exc" in record.args:
        # Celery's lines quote the exception.
        kind = type(fault).__name__ if fault else "a fault"
        record.args = {**record.args, "exc": kind, "traceback": ""}
    if fault:
        fields["exception"] = way_to(fault)
    record.exc_info = record.exc_text = record.stack_info = None
    record.fields = fields
    return record


def way_to(fault: BaseException) -> str:
    """What sort of fault it was and by which steps it was reached, without its own words."""
    told = f"{type(fault).__name__} at {' < '.join(_steps(fault.__traceback__))}"
    cause = fault.__cause__ or fault.__context__
    return f"{told}; after {type(cause).__name__}" if cause else told


def _steps(trace: TracebackType | None) -> list[str]:
    steps = []
    while trace:
        code = trace.tb_frame.f_code
        path = Path(code.co_filename)
        is_ours = path.is_relative_to(BASE_DIR) and "site-packages" not in path.parts
        name = path.relative_to(BASE_DIR) if is_ours else path.name
        steps.append(f"{name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return steps[::-1][:STEPS]


def _asked(request: HttpRequest) -> Event:
    """What was asked for, by the pattern of its address: the address itself may hold secrets."""
    match = request.resolver_match
    return {"method": request.method, "page": f"/{match.route}" if match else "no page of ours"}


def _with_fields(logger: Any, method: str, event: Event) -> Event:
    return {**event, **getattr(event["_record"], "fields", {})}


def _readable(logger: Any, method: str, event: Event) -> str:
    told = f"{event.pop('level').upper()} {event.pop('logger')}: {event.pop('event')}"
    event.pop("timestamp", None)
    return " ".join([told, *(f"{name}={value}" for name, value in event.items())])
