"""Sums with their status, whose figure each is, and the decisions behind them."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

from accounts.backoffice.rows import rows_shown
from barnetwatch.lib.money import NOTHING, in_sentence
from barnetwatch.pages.payments.unexplained import unexplained
from barnetwatch.pages.questions.evidence.piece import Piece, source_of
from barnetwatch.pages.questions.words import when
from contracts.models import Award, Contract
from costs.models import CostEntry, CostLine, OverrunAlert
from costs.payments.plan import plan_position
from scrutiny.models import DecisionCost

Found = dict[int, list[Piece]]
PUBLISHED = "the council's own published payments, as imported"


def lines(keys: list[int], user: Any, on: dt.date) -> Found:
    """Every entry of a cost that stands on a day, with whose figure it is; then what decided it."""
    found: Found = {pk: [] for pk in CostLine.objects.visible_to(user).in_bulk(keys)}
    entries = rows_shown(CostEntry, user).standing().filter(line__in=list(found))
    for entry in entries.filter(effective_on__lte=on).order_by("effective_on", "pk"):
        less = "less " if entry.amount < 0 else ""
        words = (
            f"{in_sentence(abs(entry.amount))} {less}{entry.get_stage_display()}, "
            f"{entry.effective}, for “{entry.line.title}”. Figure given by {entry.stated_by}."
        )
        url = entry.line.get_absolute_url()
        found[entry.line_id].append(Piece("Cost", words, source_of(entry), url, tells=entry))
    for row in _decided(list(found), user):
        found[row.line_id].append(row_of_decision(row))
    return found


def _decided(keys: list[int], user: Any) -> Any:
    rows = DecisionCost.objects.visible_to(user).filter(line__in=keys)
    return rows.select_related("decision__body").order_by("decision__taken_on", "pk")


def row_of_decision(row: DecisionCost) -> Piece:
    """A decision that names a cost, and what it authorises of it."""
    decision = row.decision
    who = decision.body or decision.taken_by
    sum_said = f" It authorises {in_sentence(row.amount)}." if row.amount is not None else ""
    own = f" {row.words.strip()}" if row.words else ""
    outcome = decision.get_outcome_display()
    known = "outcome not known" if decision.outcome == decision.Outcome.UNKNOWN else outcome.lower()
    words = f"{decision.title}. {who}, {when(decision.taken)}; {known}.{sum_said}{own}"
    return Piece("Decision", words, url=decision.get_absolute_url(), tells=row)


def alerts(keys: list[int], user: Any, on: dt.date) -> Found:
    """Each overrun in words; its sum only where the reader sees all it may rest on."""
    rows = OverrunAlert.objects.visible_to(user).filter(pk__in=keys).with_telling(user)
    worst: dict[tuple[int, str], OverrunAlert] = {}
    found: Found = {}
    # One sum lies above several marks: it is told once, at the highest of them.
    for row in rows.select_related("contract", "threshold").order_by("pk"):
        found[row.pk] = []
        held = worst.setdefault((row.contract_id, row.threshold.measure), row)
        if _limit(row) > _limit(held):
            worst[row.contract_id, row.threshold.measure] = row
    for row in worst.values():
        url = row.get_absolute_url()
        # Its day stands in the question; here it would stand with more certainty than it has.
        words = f"{row.sum_in_words}." if row.tells_sum else row.without_sum
        found[row.pk] = [Piece("Overrun", f"{row.contract}. {words}", url=url, tells=row)]
    return found


def _limit(row: OverrunAlert) -> Decimal:
    return row.threshold.limit(row.baseline_now) or NOTHING


def payments(keys: list[int], user: Any, on: dt.date) -> Found:
    """What was paid under some contracts beyond what explains it."""
    found: Found = {}
    for pk, contract in Contract.objects.visible_to(user).in_bulk(keys).items():
        number = unexplained(contract, user, plan_position(contract, on))
        words = f"{contract}: {number.in_words}."
        found[pk] = [
            Piece("Payments", words, PUBLISHED, contract.get_absolute_url(), tells=contract)
        ]
    return found


def awards(keys: list[int], user: Any, on: dt.date) -> Found:
    """What each source says a contract was let for."""
    found: Found = defaultdict(list)
    for row in rows_shown(Award, user).standing().filter(pk__in=keys).order_by("pk"):
        words = f"{row.contract} was let for {in_sentence(row.amount)}."
        url = row.contract.get_absolute_url()
        found[row.pk].append(Piece("Award", words, source_of(row), url, tells=row))
    return dict(found)
