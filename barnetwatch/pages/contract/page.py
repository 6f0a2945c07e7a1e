"""The view: reads the contract through the door and lays out its sections."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from barnetwatch.lib.dates import in_words
from barnetwatch.pages import paying
from barnetwatch.pages.contract import agreed as agreements
from barnetwatch.pages.contract import charted, delivery, drawing, history, money, said
from barnetwatch.pages.contract.alerts import borne_out, overruns
from barnetwatch.pages.contract.asknown import AsKnownForm, When, day_asked_for
from barnetwatch.pages.contract.citations import Citations
from barnetwatch.pages.contract.facts import facts
from barnetwatch.pages.contract.failures import failures
from barnetwatch.pages.contract.held import Held, first_held, read
from barnetwatch.pages.contract.paidside import PaidSide, paid_side
from barnetwatch.pages.contract.summary import summary
from barnetwatch.pages.costs.checking import waiting
from barnetwatch.pages.page import needs, site_page
from contracts.models import Contract
from costs.positions import Position, position_of
from costs.series import nets_after


@dataclass(frozen=True)
class Section:
    """One part of the page, which the list of contents names."""

    slug: str
    title: str

    @property
    def template(self) -> str:
        """What draws it."""
        return f"site/contract/{self.slug}.html"


SECTIONS = (
    Section("chart", "Over time"),
    Section("money", "Money by status"),
    Section("overruns", "Overruns"),
    Section("figures", "Where sources disagree"),
    Section("variations", "Variations"),
    Section("services", "Services and what does not work"),
    Section("commitments", "Commitments"),
    Section("failures", "Failures"),
    Section("decisions", "Decisions"),
    Section("promises", "Promises"),
    Section("claims", "Claims and responses"),
    Section("sources", "Sources"),
    Section("history", "History"),
)


@needs("contracts.view_contract")
def contract_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One contract, as it stands today or as known on a day."""
    seen = Contract.objects.visible_to(request.user).select_related("supplier", "manager")
    today = timezone.localdate()
    until = day_asked_for(request.GET, today)
    is_checked, has_payments = waiting(timezone.now()), paying.are_imported(until)
    found = seen.filter(pk=pk).annotate(is_checked=is_checked, has_payments=has_payments)
    contract = found.first()
    if contract is None:
        raise Http404
    form = AsKnownForm(request.GET if "known_year" in request.GET else None, today=today)
    if form.is_bound and form.is_valid():
        known = form.cleaned_data["known"]
        return HttpResponseRedirect(request.path + (f"?known={known}" if known else ""))
    known_on = day_asked_for(request.GET, today)
    if known_on and not form.is_bound:
        form = AsKnownForm(initial={"known": known_on}, today=today)
    held = read(contract, request.user, When(known_on or today, known_on))
    if held.is_empty:
        shown: dict[str, Any] = {"began": first_held(contract, request.user)}
    else:
        shown = laid_out(held, request.user)
    return site_page(
        request,
        "site/contract/page.html",
        f"{contract.reference}: {contract.title}",
        about=contract,
        crumbs=[("Contracts", reverse("admin:contracts"))],
        form=form,
        contract=contract,
        when=held.when,
        printed=in_words(today),
        checking=contract if contract.is_checked and known_on is None else None,
        **shown,
    )


def laid_out(held: Held, user: Any) -> dict[str, Any]:
    """What the sections print."""
    cites = Citations(user, _in_order(held))
    agreed = agreements.agreed(held, cites)
    paid = paid_side(held, agreed, user)
    position = _position(held, agreed, paid)
    held = borne_out(held, position)
    stated, decisions = said.sums_stated(held, cites), said.decisions(held, cites)
    drawn = charted.charted(held, agreed, paid, stated, decisions)
    return {
        "held": held,
        "sections": SECTIONS,
        "cited": cites.of(held.contract),
        "summary": summary(held, agreed, position, paid),
        "facts": facts(held, agreed),
        "agreed": agreed,
        "charted": drawn,
        "drawings": [(each, drawing.drawings(each)) for each in drawn.charts],
        "position": position,
        "paid": paid,
        "sums": money.sums_in_words(position),
        "counted": money.money_table(position.lines, cites),
        "apart": money.money_table(position.apart, cites),
        "alleged": money.alleged(held, cites),
        "stated": [(each, drawn.letter_of(each)) for each in stated],
        "overruns": overruns(held, position),
        "questions": agreements.questions(held, cites),
        "gaps": delivery.gaps(held, cites),
        "commitments": delivery.commitments(held, cites),
        "credits": delivery.credits_of(held, position),
        "failures": failures(held),
        "decisions": decisions,
        "promises": said.promises(held, cites),
        "claims": said.claims(held, cites),
        "statements": said.statements(held, cites),
        "cites": cites,
        "entered": history.entered(held),
        "changed": history.changed(held.contract, user),
    }


def _in_order(held: Held) -> Iterator[Any]:
    """The rows that cite a source, as the page goes."""
    yield from (held.contract, *held.lines, *held.alleged)
    yield from (each for each in held.statements if each.amount is not None)
    yield from (*held.awards, *held.readings, *held.variations)
    yield from (*held.services, *held.gaps, *held.commitments, *held.measurements)
    yield from (*held.decisions, *held.promises, *held.statements)


def _position(held: Held, agreed: agreements.Agreed, paid: PaidSide) -> Position:
    return position_of(
        held.contract,
        held.when.on,
        held.when.known_on,
        held.lines,
        nets_after(held.moved),
        agreed.award and agreed.award.amount,
        plan=paid.position,
    )
