"""The forms that record a meeting and change what is known of it."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.backoffice.forms import relate
from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.forms import SourceDateField
from barnetwatch.pages.meetings.page import CHANGE, crumbs, the_meeting
from barnetwatch.pages.page import needs
from barnetwatch.pages.writing.flow import Writing, answer
from barnetwatch.pages.writing.forms import (
    Restricting,
    WritingForm,
    long,
    many,
    one,
    short,
)
from barnetwatch.pages.writing.versions import Edited
from contracts.models import Contract, Source
from scrutiny import meetings
from scrutiny.models import Body, Meeting, Promise

#: What a meeting is linked to, several of each.
LINKS = ("contracts", "promises")


class MeetingForm(Restricting, WritingForm):  # type: ignore[misc]
    """A meeting of a body, and what is due there."""

    body = one("Body", required=True)
    held_on = SourceDateField(
        label="Date", help_text="Such as 29 1 2019. Leave the day empty if only the month is known."
    )
    held_year_inferred = forms.BooleanField(
        label="The year is inferred",
        required=False,
        help_text="The source names no year; it follows from the source’s own date.",
    )
    title = short("Title", "Leave it empty for an ordinary meeting of the body.", most=200)
    place = short("Place")
    cancelled = forms.BooleanField(label="It does not take place", required=False)
    contracts = many("Contracts that are due there")
    promises = many(
        "Promises to ask after there",
        "Open promises to the body that are due by then are listed there without being ticked.",
    )
    papers = one("Agenda or minutes", "Where its papers can be read.")
    note = long("Note")
    groups = (
        ("", ("body", "held_on", "held_year_inferred", "title", "place", "cancelled")),
        ("What is due there", ("contracts", "promises", "papers", "note")),
        Restricting.RESTRICTION,
    )

    def prepare(self) -> None:
        self.offer("body", Body.objects.all(), empty="Choose a body", by="name")
        self.offer("contracts", rows_seen(Contract, self.user), by="reference")
        self.offer("promises", rows_seen(Promise, self.user).unkept())
        self.offer("papers", rows_seen(Source, self.user), empty="None yet")

    def clean(self) -> None:
        super().clean()
        self.check_restriction()

    @property
    def links(self) -> dict[str, Any]:
        """What it is linked to."""
        return {name: self.cleaned_data[name] for name in LINKS}

    @property
    def columns(self) -> dict[str, Any]:
        """What it says of the meeting itself."""
        return {name: value for name, value in self.said.items() if name not in LINKS}


@needs("scrutiny.add_meeting")
def add_page(request: HttpRequest) -> HttpResponse:
    """Record a meeting."""
    register = reverse("admin:meetings")
    writing = Writing(
        title="Record a meeting",
        button="Record the meeting",
        lead="A body comes together. What it may ask after is listed on the meeting’s page.",
        write=lambda form, by: meetings.call(**form.columns, by=by, **form.links),
        done="The meeting is on the record.",
        adds=True,
        cancel=register,
        register=register,
        crumbs=crumbs(),
    )
    given = {"body": request.GET["body"]} if "body" in request.GET else {}
    return answer(
        request, writing, lambda sent: MeetingForm(sent, user=request.user, initial=given)
    )


@needs(CHANGE)
def change_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is known of a meeting."""
    meeting = the_meeting(request.user, pk)
    address = meeting.get_absolute_url()
    writing = Writing(
        title="Change the meeting",
        caption=str(meeting),
        button="Save the changes",
        write=lambda form, by: _amend(meeting, form, by),
        done="The meeting is changed.",
        cancel=address,
        register=reverse("admin:meetings"),
        crumbs=[*crumbs(), (str(meeting), address)],
    )

    def anew() -> MeetingForm:
        return MeetingForm(user=request.user, row=the_meeting(request.user, pk))

    return answer(
        request,
        writing,
        lambda sent: MeetingForm(sent, user=request.user, row=meeting),
        Edited(meeting, anew, address, writing.crumbs),
    )


def _amend(meeting: Meeting, form: MeetingForm, by: Any) -> Meeting:
    # Read anew: what its reader may not see is blank in the row of the page.
    row: Meeting = Meeting.objects.visible_to(by).get(pk=meeting.pk)
    meetings.amend(row, by=by, **form.columns)
    for name, chosen in form.links.items():
        field: Any = Meeting._meta.get_field(name)
        relate(row, field, rows_seen(field.related_model, by), chosen)
    return row


PAGES = [
    ("meetings/add/", "meeting_add", add_page),
    ("meetings/<int:pk>/change/", "meeting_change", change_page),
]
