"""Say anew what a file is or who may see it, and withdraw it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from accounts import filing, restricting
from barnetwatch.pages.files.forms import DescribeForm, WithdrawForm
from barnetwatch.pages.files.places import the_file, the_place
from barnetwatch.pages.writing.flow import Writing, answer
from barnetwatch.pages.writing.versions import Edited


def change_page(request: HttpRequest, slug: str, key: UUID) -> HttpResponse:
    """What is said of a file; its bytes and its name stay as they are."""
    place = the_place(slug, request.user, "change")
    row = the_file(place, request.user, key)

    def anew() -> DescribeForm:
        return DescribeForm(user=request.user, row=the_file(place, request.user, key))

    def write(form: Any, by: Any) -> Any:
        filing.describe(row, by=by, **form.said)
        restricting.settle(row, by=by)
        return row.owner

    writing = _writing(
        row,
        title="Change what is said of a file",
        button="Save the changes",
        write=write,
        done="What is said of the file is changed.",
        note="What is said of a file was changed.",
    )
    return answer(
        request,
        writing,
        lambda sent: DescribeForm(sent, user=request.user, row=row),
        Edited(row, anew, writing.cancel, writing.crumbs),
    )


def withdraw_page(request: HttpRequest, slug: str, key: UUID) -> HttpResponse:
    """Take a file back; its line and the reason stay on the page."""
    row = the_file(the_place(slug, request.user, "change"), request.user, key)

    def write(form: Any, by: Any) -> Any:
        filing.withdraw(row, by=by, **form.said)
        return row.owner

    writing = _writing(
        row,
        title="Withdraw a file",
        button="Withdraw the file",
        lead="Nobody is sent it any more. That it was here stays on the page, with your reason.",
        write=write,
        done="The file is withdrawn.",
        note="A file was withdrawn.",
    )
    return answer(request, writing, lambda sent: WithdrawForm(sent, user=request.user))


def _writing(row: Any, **fields: Any) -> Writing:
    page = row.owner.get_absolute_url()
    back = f"{page}#files"
    crumbs = [(str(row.owner), page)]
    return Writing(caption=row.name, cancel=back, register=back, crumbs=crumbs, tells=row, **fields)


PAGES = [
    ("files/<slug:slug>/<uuid:key>/change/", "file_change", change_page),
    ("files/<slug:slug>/<uuid:key>/withdraw/", "file_withdraw", withdraw_page),
]
