"""What is done with a failure by name: each on a page of its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.backoffice import Act, ActForm, journal
from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from accounts.models import Role, User
from barnetwatch.lib.forms import DayField, Govuk
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.lib.versions import Clash
from barnetwatch.pages.failures.finding import the_failure
from barnetwatch.pages.page import needs, site_page, typed
from barnetwatch.pages.writing.overtaken import overtaken
from barnetwatch.pages.writing.versions import Edited, is_edit
from costs.models import CostLine
from incidents import casework
from incidents.acts import ACTS as BACK_OFFICE


class ReasonForm(Govuk, ActForm):
    """Why, in a sentence or two; it becomes a line of the story."""

    reason = forms.CharField(
        label="Why",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="A sentence or two. Everybody who may see the failure reads it in its timeline.",
        error_messages={"required": "Say why, in a sentence or two."},
    )


class UpdateForm(Govuk, ActForm):
    """What is new, what happens next and whose it is."""

    text = forms.CharField(
        label="What is new",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="It stands in the timeline as you write it and cannot be changed later.",
        error_messages={"required": "Say what is new."},
    )
    next_action = forms.CharField(
        label="Next action",
        max_length=200,
        required=False,
        error_messages={"max_length": "Say the next action in 200 characters or fewer."},
    )
    next_action_on = DayField(label="To be done by", required=False)
    officer = forms.ModelChoiceField(
        label="Officer whose it is",
        queryset=User.objects.none(),
        required=False,
        empty_label="Nobody yet",
        error_messages={"invalid_choice": "Choose an officer from the list."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keepers = User.objects.filter(is_active=True, groups__name=Role.INCIDENT_OFFICER)
        held = User.objects.filter(pk=self.row.officer_id)
        self.fields["officer"].queryset = (keepers | held).distinct()  # type: ignore[attr-defined]
        self.initial = {
            "next_action": self.row.next_action,
            "next_action_on": self.row.next_action_on,
            "officer": self.row.officer_id,
            **self.initial,
        }


class CostForm(Govuk, ActForm):
    """Which cost it caused, and how."""

    line = forms.ModelChoiceField(
        label="Cost",
        queryset=CostLine.objects.none(),
        empty_label="Choose a cost",
        error_messages={
            "required": "Choose the cost it caused.",
            "invalid_choice": "Choose a cost from the list.",
        },
    )
    why = forms.CharField(
        label="How the failure led to the cost",
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].queryset = costs_to_attribute(self.row, self.user)  # type: ignore[attr-defined]


def costs_to_attribute(failure: Any, user: Any) -> Any:
    """The costs beside its contract, or of its supplier, that a person sees and it lacks."""
    lines = CostLine.objects.visible_to(user).exclude(caused_by__incident=failure)
    if failure.contract_id:
        return lines.filter(contract=failure.contract_id)
    return lines.filter(supplier=failure.supplier_id)


COST = Act(
    slug="cost",
    label="Attribute a cost",
    permission="incidents.add_incidentcost",
    form=CostForm,
    do=lambda row, fields, by: casework.attribute(row, by=by, **fields),
    done="The cost stands beside the failure.",
    explains="Say that the failure caused a cost that is already on the record.",
)
UPDATE, *MOVES = BACK_OFFICE
#: Those of the back office in these clothes, and one that is a list under the row there.
ACTS: tuple[Act, ...] = (
    replace(UPDATE, form=UpdateForm, done="The update stands in the timeline."),
    COST,
    *(replace(move, form=ReasonForm) for move in MOVES),
)


def acts_open_to(user: Any, failure: Any) -> Sequence[tuple[str, Act]]:
    """The address of each act that a person is offered on a failure, and the act."""
    return [
        (reverse("admin:failure_act", args=[failure.pk, act.slug]), act)
        for act in ACTS
        if act.is_open_to(user, failure)
    ]


@needs("incidents.view_incident")
def act_page(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Ask what an act asks, and do it."""
    failure = the_failure(request.user, pk)
    act = next((act for act in ACTS if act.slug == slug), None)
    if act is None:
        raise Http404
    if not request.user.has_perm(act.permission):
        raise PermissionDenied
    address = failure.get_absolute_url()
    crumbs = [("Failures", reverse("admin:failures")), (failure.reference, address)]
    if not act.applies(failure):
        return overtaken(request, act.form(row=failure, user=request.user), address, crumbs)

    def anew() -> ActForm:
        return act.form(row=the_failure(request.user, pk), user=request.user)

    edited = Edited(failure, anew, address, crumbs)
    goes_back = is_edit(request)
    if (theirs := edited.settle(request)) is not None:
        return theirs
    sent = typed(request)
    form = act.form(sent, row=failure, user=request.user)
    if request.method == "POST" and not goes_back and form.is_valid():
        try:
            if perform(request, act, edited, form):
                return HttpResponseRedirect(address)
        except Clash as clash:
            return edited.both(request, clash)
    return site_page(
        request,
        "site/failures/act.html",
        f"{act.label}: {failure.reference}",
        crumbs=crumbs,
        failure=failure,
        act=act,
        form=form,
        token=(sent and sent.get("token")) or new_token(),
        version=edited.version(sent, form),
        has_no_costs=act is COST and not costs_to_attribute(failure, request.user).exists(),
    )


def perform(request: HttpRequest, act: Act, edited: Edited, form: ActForm) -> bool:
    """Do an act once and note it; False where its verb refused, which the form then says.

    Raises Clash where somebody else changed meanwhile what it asks.
    """
    failure = edited.row

    def do() -> None:
        edited.check(request)
        act.do(failure, form.cleaned_data, request.user)
        journal.write(request.user, failure, CHANGE, f"{act.label}.")

    try:
        once(request.POST.get("token") or new_token(), do)
    except SentBefore:
        messages.warning(request, "This page was sent before, so nothing was done again.")
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return False
    else:
        messages.success(request, act.done)
    return True


PAGES = [("failures/<int:pk>/<slug:slug>/", "failure_act", act_page)]
