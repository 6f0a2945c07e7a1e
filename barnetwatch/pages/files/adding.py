"""Add a file to a failure, a source or a decision."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts import filing, restricting
from barnetwatch.lib.bounded import had_too_much
from barnetwatch.pages.files.forms import AddForm
from barnetwatch.pages.files.places import the_place, the_record
from barnetwatch.pages.writing.flow import Writing, answer


def add_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Choose a file and say what it is."""
    place = the_place(slug, request.user, "add")
    record = the_record(place, request.user, pk)
    back = f"{record.get_absolute_url()}#files"

    def write(form: Any, by: Any) -> Any:
        file = filing.add(record, form.kept, by=by, **form.about)
        restricting.settle(file, by=by)
        return record

    writing = Writing(
        title="Add a file",
        caption=str(record),
        button="Add the file",
        lead=f"It is kept with the {place.word} as it is, and with your name.",
        write=write,
        around=_kept,
        done="The file is kept.",
        note="A file was added.",
        cancel=back,
        register=back,
        crumbs=[(str(record), record.get_absolute_url())],
        tells=record,
    )
    return answer(
        request,
        writing,
        lambda sent: AddForm(
            sent, request.FILES or None, user=request.user, had_too_much=had_too_much(request)
        ),
    )


@contextmanager
def _kept(form: Any) -> Iterator[None]:
    """The bytes are stored before the transaction begins, and gone again where it fails."""
    file = form.cleaned_data["file"]
    with filing.kept(file, name=file.name) as form.kept:
        yield


PAGES = [("files/<slug:slug>/<int:pk>/add/", "file_add", add_page)]
