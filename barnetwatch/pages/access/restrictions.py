"""Deciding who may see a record, what was decided before, and what is to be looked at again."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import restricting
from accounts.backoffice.rows import with_owners
from accounts.visibility import Restrictable, Restriction
from barnetwatch.lib.dates import in_words
from barnetwatch.pages.access.mine import crumbs
from barnetwatch.pages.page import needs, site_page
from barnetwatch.pages.recording import Asking, ask
from barnetwatch.pages.writing.forms import Restricting, WritingForm
from contracts.models import Contract, Recheck, Supplier
from contracts.register import ask_recheck
from costs.models import CostLine

REVIEW = "accounts.view_restrictionchange"
#: Records of one kind that the list of reviews shows.
LISTED = 50


class RestrictionForm(Restricting, WritingForm):  # type: ignore[misc]
    """Who may see a record from now on, and why."""

    opens = True

    def prepare(self) -> None:
        reason = self.fields["restriction_reason"]
        reason.label, reason.help_text = "Why", "Also where the record is opened again."
        reason.must_be_given = True  # type: ignore[attr-defined]

    def clean(self) -> None:
        super().clean()
        said = self.cleaned_data
        if said.get("restriction") == Restriction.OPEN and not said.get("restriction_reason"):
            self.add_error("restriction_reason", "Say why it is opened.")
        self.check_restriction()

    @property
    def posted(self) -> dict[str, Any]:
        """What was decided, as the verb takes it."""
        said = dict(self.cleaned_data)
        said["reason"] = said.pop("restriction_reason")
        said["review_on"] = said.pop("restriction_review_on")
        return said


def the_record(request: HttpRequest, kind: str, pk: int) -> restricting.Named:
    """A record that somebody may decide on; anything else is not there."""
    model = restricting.kind_of(kind)
    by: Any = request.user
    if model is None:
        raise Http404
    meta = model._meta
    if not by.has_perm(f"{meta.app_label}.change_{meta.model_name}"):
        raise Http404
    known = restricting.known_to(model, by)
    found = next(restricting.named(with_owners(known).filter(pk=pk), by), None)
    if found is None:
        raise Http404
    return found


@needs(REVIEW)
def restriction_page(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Decide who may see a record."""
    found = the_record(request, kind, pk)
    row, reviews = found.row, reverse("admin:access_reviews")
    history = "; ".join(_change(each) for each in restricting.changes(row)[:10])
    asking = Asking(
        title="Decide who may see it",
        caption=found.title,
        explains=f"Decided so far: {history}." if history else _stands(row),
        button="Record the decision",
        back=reviews,
        done="Who may see it is decided.",
        crumbs=crumbs(("Restrictions to look at again", reviews)),
        tells=row,
    )

    def write(said: dict[str, Any]) -> Any:
        by: Any = request.user
        done = restricting.reclassify(row, **said, by=by, at=timezone.now())
        _ask_rechecks(done)
        return done

    return ask(
        request, asking, lambda sent: RestrictionForm(sent, user=request.user, row=row), write
    )


def _stands(row: Any) -> str:
    return f"It is {str(row.get_restriction_display()).lower()} now."


def _change(each: Any) -> str:
    paragraph = f", paragraph {each.exempt_paragraph}" if each.exempt_paragraph else ""
    day = in_words(timezone.localdate(each.decided_at))
    said = f"{str(each.get_restriction_display()).lower()}{paragraph} on {day} by {each.decided_by}"
    return f"{said} ({each.reason})" if each.reason else said


def _ask_rechecks(row: Restrictable) -> None:
    """Which alerts rest on open rows alone may have changed with it."""
    if isinstance(row, Contract):
        ask_recheck(row)
    elif isinstance(row, CostLine) and row.contract_id:
        ask_recheck(Contract(pk=row.contract_id))
    elif isinstance(row, Supplier):
        # Its cost lines may stand beside any contract, hidden ones among them.
        Recheck.objects.bulk_create(
            Recheck(contract=contract) for contract in Contract.all_rows.all()
        )


def due(user: Any, on: Any) -> list[tuple[restricting.Named, str]]:
    """The restricted records that somebody is to look at again, each with where to do so."""
    found = []
    for model in restricting.kinds():
        meta = model._meta
        if user.has_perm(f"{meta.app_label}.change_{meta.model_name}"):
            rows = restricting.due_for_review(model, user, on).order_by("pk")[:LISTED]
            for each in restricting.named(rows, user):
                address = reverse("admin:restriction", args=[meta.label_lower, each.row.pk])
                found.append((each, address))
    return found


def said_of(row: Any) -> str:
    """Since when a restriction is to be looked at again."""
    restriction = str(row.get_restriction_display())
    if row.restriction_review_on is None:
        return f"{restriction}. No day was set to look at it again."
    return f"{restriction}. It was to be looked at again on {in_words(row.restriction_review_on)}."


@needs(REVIEW)
def reviews_page(request: HttpRequest) -> HttpResponse:
    """The restrictions that somebody is to look at again."""
    rows = due(request.user, timezone.localdate())
    return site_page(
        request,
        "site/access/reviews.html",
        "Restrictions to look at again",
        crumbs=crumbs(),
        rows=[(each.title, address, said_of(each.row)) for each, address in rows],
        count=len(rows),
        tells=[each.row for each, _address in rows],
    )


PAGES = [
    ("access/reviews/", "access_reviews", reviews_page),
    ("access/records/<str:kind>/<int:pk>/", "restriction", restriction_page),
]
