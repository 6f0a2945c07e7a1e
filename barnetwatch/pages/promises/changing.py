"""What becomes of a promise: a date, another date, other words, its end, and open again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst

from barnetwatch.lib.dates import in_words
from barnetwatch.pages.page import needs
from barnetwatch.pages.promises.forms import (
    ChangeForm,
    CloseForm,
    GiveDateForm,
    MoveForm,
    ReopenForm,
    RewordForm,
)
from barnetwatch.pages.promises.page import CHANGE, crumbs, the_promise
from barnetwatch.pages.writing.flow import Checked, Writing, answer
from barnetwatch.pages.writing.overtaken import overtaken
from barnetwatch.pages.writing.versions import Edited
from scrutiny import promises
from scrutiny.models import Promise


@dataclass(frozen=True)
class Way:
    """One way to change a promise: `do` is the verb."""

    title: str
    lead: str
    button: str
    done: str
    form: type[ChangeForm]
    do: Callable[..., Any]
    check: Callable[[Any], Checked] | None = None


def _due(columns: dict[str, Any]) -> dict[str, Any]:
    """The new date by the names of the verbs."""
    found = dict(columns)
    found["precision"] = found.pop("due_precision", None) or "day"
    found["year_inferred"] = found.pop("due_year_inferred")
    return found


def what_closes_it(form: CloseForm) -> Checked:
    """What is about to be recorded of a promise's end."""
    said = form.cleaned_data
    source = said["source"] or f"New: {said['new_publisher']}: {said['new_title']}"
    rows = [
        ("The promise", str(form.promise)),
        ("What became of it", Promise.Status(said["status"]).label),
        ("What shows it", said["reason"]),
        ("Read in", str(source)),
        ("The day", capfirst(in_words(said["closed_on"]))),
    ]
    if said["superseded_by"]:
        rows.insert(2, ("Its place was taken by", str(said["superseded_by"])))
    return rows


GIVE = Way(
    "Give it a date",
    "It has no date. Its page will say who gave it one, and keeps what stood before.",
    "Record the date",
    "The promise has a date.",
    GiveDateForm,
    lambda row, by, **said: promises.give_date(row, by=by, **_due(said)),
)
MOVE = Way(
    "Move its date",
    "The old date stays on the page, with the reason for the new one.",
    "Record the new date",
    "The date is moved.",
    MoveForm,
    lambda row, by, **said: promises.reschedule(row, by=by, **_due(said)),
)
REWORD = Way(
    "Put its words right",
    "Only where they were not exactly those that were said. Another promise is recorded anew.",
    "Record the words",
    "The words are put right; those that stood before are kept.",
    RewordForm,
    lambda row, by, **said: promises.reword(row, by=by, **said),
)
CLOSE = Way(
    "Say what became of it",
    "A promise is closed with what shows that it was kept or broken.",
    "Record it",
    "The promise is closed.",
    CloseForm,
    lambda row, by, **said: promises.close(row, by=by, **said),
    check=what_closes_it,
)
REOPEN = Way(
    "Open it again",
    "It was not over after all. What was recorded of its end stays on the page.",
    "Open it again",
    "The promise is open again.",
    ReopenForm,
    lambda row, by, **said: promises.reopen(row, by=by, **said),
)


@needs(CHANGE)
def reschedule_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a date, or move it."""
    promise = the_promise(request.user, pk)
    if promise.due_kind == Promise.Due.DATE:
        return _answer(request, promise, MOVE, is_open=True)
    return _answer(request, promise, GIVE, is_open=True)


@needs(CHANGE)
def reword_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the words right."""
    return _answer(request, the_promise(request.user, pk), REWORD)


@needs(CHANGE)
def close_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what became of it."""
    return _answer(request, the_promise(request.user, pk), CLOSE, is_open=True)


@needs(CHANGE)
def reopen_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Open it again."""
    return _answer(request, the_promise(request.user, pk), REOPEN, is_open=False)


def _answer(
    request: HttpRequest, promise: Promise, way: Way, *, is_open: bool | None = None
) -> HttpResponse:
    """Ask and write, where the promise stands so that it can be done."""
    address = promise.get_absolute_url()
    if is_open is not None and is_open != (promise.status == Promise.Status.OPEN):
        empty = way.form(user=request.user, promise=promise)
        return overtaken(request, empty, address, crumbs(promise))

    def write(form: Any, by: Any) -> Promise:
        # Read anew: what its reader may not see is blank in the row of the page.
        row: Promise = Promise.objects.visible_to(by).get(pk=promise.pk)
        way.do(row, by, source=form.the_source(), **form.columns)
        return row

    writing = Writing(
        title=way.title,
        caption=str(promise),
        lead=way.lead,
        button=way.button,
        write=write,
        done=way.done,
        check=way.check,
        cancel=address,
        register=reverse("admin:promises"),
        crumbs=crumbs(promise),
        tells=promise,
    )

    def anew() -> ChangeForm:
        return way.form(user=request.user, promise=the_promise(request.user, promise.pk))

    return answer(
        request,
        writing,
        lambda sent: way.form(sent, user=request.user, promise=promise),
        Edited(promise, anew, address, writing.crumbs),
    )


PAGES = [
    ("promises/<int:pk>/date/", "promise_reschedule", reschedule_page),
    ("promises/<int:pk>/words/", "promise_reword", reword_page),
    ("promises/<int:pk>/close/", "promise_close", close_page),
    ("promises/<int:pk>/open/", "promise_reopen", reopen_page),
]
