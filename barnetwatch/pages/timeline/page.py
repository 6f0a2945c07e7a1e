"""The timeline of a contract or a failure on a page of its own, to be filtered and printed."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice.rows import rows_shown
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.forms import SiteForm
from barnetwatch.pages.failures.claims import statements_about
from barnetwatch.pages.failures.costing import ladder, ladders
from barnetwatch.pages.failures.finding import decisions_seen, the_failure
from barnetwatch.pages.page import Crumbs, needs, site_page
from barnetwatch.pages.timeline import contract as of_contract
from barnetwatch.pages.timeline import failure as of_failure
from barnetwatch.pages.timeline.events import Event, Group
from contracts.models import Contract
from scrutiny.models import Promise


class GroupForm(SiteForm):
    """What to show; nothing ticked shows all of it."""

    says_optional = False
    kind = forms.MultipleChoiceField(
        label="Show only", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, groups: list[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(each.value, each.label) for each in groups]  # type: ignore[attr-defined]


@needs("contracts.view_contract")
def contract_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about a contract in order."""
    seen = Contract.objects.visible_to(request.user).select_related("supplier")
    contract = get_object_or_404(seen, pk=pk)
    return _page(
        request,
        f"{contract.reference}: {contract.title}",
        of_contract.timeline(contract, request.user),
        contract.get_absolute_url(),
        [("Contracts", reverse("admin:contracts"))],
    )


@needs("incidents.view_incident")
def failure_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about a failure in order."""
    user = request.user
    failure = the_failure(user, pk)
    events = of_failure.timeline(
        failure,
        user,
        services=list(failure.services.all()),
        costs=ladders([failure], user, timezone.localdate()).get(pk) or ladder(()),
        decisions=list(decisions_seen(user).filter(incidents=failure)),
        statements=statements_about(failure, user),
        promises=list(rows_shown(Promise, user).filter(incident=failure).select_related("body")),
    )
    name = f"{failure.reference}: {failure.title}"
    crumbs = [("Failures", reverse("admin:failures"))]
    return _page(request, name, events, failure.get_absolute_url(), crumbs)


def _page(
    request: HttpRequest, name: str, events: list[Event], url: str, crumbs: Crumbs
) -> HttpResponse:
    groups = [each for each in Group if any(event.group == each for event in events)]
    form = GroupForm(request.GET if "kind" in request.GET else None, groups=groups)
    chosen = form.cleaned_data["kind"] if form.is_bound and form.is_valid() else []
    shown = [event for event in events if not chosen or event.group in chosen]
    return site_page(
        request,
        "site/timeline/page.html",
        f"Timeline of {name}",
        crumbs=[*crumbs, (name, url)],
        name=name,
        form=form,
        timeline=shown,
        count=len(shown),
        left_out=len(events) - len(shown),
        printed=in_words(timezone.localdate()),
    )


PAGES = [
    ("contracts/<int:pk>/timeline/", "contract_timeline", contract_timeline),
    ("failures/<int:pk>/timeline/", "failure_timeline", failure_timeline),
]
