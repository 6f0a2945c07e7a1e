"""The form that records a promise."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from barnetwatch.pages.page import needs
from barnetwatch.pages.promises.forms import PromiseForm
from barnetwatch.pages.promises.page import crumbs
from barnetwatch.pages.writing.flow import Writing, answer
from scrutiny import record
from scrutiny.models import Promise


@needs("scrutiny.add_promise")
def add_page(request: HttpRequest) -> HttpResponse:
    """Record a promise."""
    register = reverse("admin:promises")
    writing = Writing(
        title="Record a promise",
        button="Record the promise",
        lead="Something a body was told would be done, in the exact words.",
        write=_record,
        done="The promise is on the record.",
        adds=True,
        cancel=register,
        register=register,
        crumbs=crumbs(),
    )
    names = ("contract", "incident", "body")
    given = {name: request.GET[name] for name in names if name in request.GET}
    return answer(
        request, writing, lambda sent: PromiseForm(sent, user=request.user, initial=given)
    )


def _record(form: PromiseForm, by: Any) -> Promise:
    return record.promise(**form.columns, source=form.the_source(), by=by)  # type: ignore[arg-type]


PAGES = [("promises/add/", "promise_add", add_page)]
