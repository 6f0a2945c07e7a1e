"""The forms that record a decision, put it right, and say which cost it authorised."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.backoffice.forms import relate
from accounts.backoffice.rows import rows_seen
from barnetwatch.pages.decisions.forms import AuthorisedForm, DecisionForm
from barnetwatch.pages.decisions.page import CHANGE, crumbs, the_decision
from barnetwatch.pages.page import needs
from barnetwatch.pages.writing.flow import Writing, answer
from barnetwatch.pages.writing.versions import Edited
from scrutiny import record
from scrutiny.models import Decision


@needs("scrutiny.add_decision")
def add_page(request: HttpRequest) -> HttpResponse:
    """Record a decision."""
    register = reverse("admin:decisions")
    writing = Writing(
        title="Record a decision",
        button="Record the decision",
        lead="A decision of an officer or a body, or a motion put to the vote.",
        write=_record,
        done="The decision is on the record.",
        adds=True,
        cancel=register,
        register=register,
        crumbs=crumbs(),
    )
    given = {name: request.GET[name] for name in ("contract", "body") if name in request.GET}
    return answer(
        request, writing, lambda sent: DecisionForm(sent, user=request.user, initial=given)
    )


def _record(form: DecisionForm, by: Any) -> Decision:
    return record.decide(**form.columns, source=form.the_source(), by=by, **form.links)


@needs(CHANGE)
def change_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right what is known of a decision."""
    decision = the_decision(request.user, pk)
    writing = Writing(
        title="Change the decision",
        caption=decision.title,
        button="Save the changes",
        write=lambda form, by: _amend(decision, form, by),
        done="The decision is changed.",
        cancel=decision.get_absolute_url(),
        register=reverse("admin:decisions"),
        crumbs=[*crumbs(), (decision.title, decision.get_absolute_url())],
    )

    def anew() -> DecisionForm:
        return DecisionForm(user=request.user, row=the_decision(request.user, pk))

    return answer(
        request,
        writing,
        lambda sent: DecisionForm(sent, user=request.user, row=decision),
        Edited(decision, anew, decision.get_absolute_url(), writing.crumbs),
    )


def _amend(decision: Decision, form: DecisionForm, by: Any) -> Decision:
    # Read anew: what its reader may not see is blank in the row of the page.
    row: Decision = Decision.objects.visible_to(by).get(pk=decision.pk)
    source = {"source": form.the_source()} if "source" in form.fields else {}
    record.amend(row, by=by, **form.columns, **source)
    for name, chosen in form.links.items():
        field: Any = Decision._meta.get_field(name)
        relate(row, field, rows_seen(field.related_model, by), chosen)
    return row


@needs("scrutiny.add_decisioncost")
def cost_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which cost a decision authorised."""
    decision = the_decision(request.user, pk)

    def write(form: AuthorisedForm, by: Any) -> Decision:
        record.authorise(decision, by=by, **form.cleaned_data)
        return decision

    writing = Writing(
        title="Name a cost it authorised",
        caption=decision.title,
        button="Record it",
        write=write,
        done="The cost stands beside the decision.",
        cancel=decision.get_absolute_url(),
        register=reverse("admin:decisions"),
        crumbs=[*crumbs(), (decision.title, decision.get_absolute_url())],
        tells=decision,
    )
    return answer(
        request,
        writing,
        lambda sent: AuthorisedForm(sent, user=request.user, decision=decision),
    )


PAGES = [
    ("decisions/add/", "decision_add", add_page),
    ("decisions/<int:pk>/change/", "decision_change", change_page),
    ("decisions/<int:pk>/cost/", "decision_cost", cost_page),
]
