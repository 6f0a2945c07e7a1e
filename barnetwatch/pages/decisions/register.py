"""The register of decisions: what was decided, by whom, and how the votes fell."""

import datetime as dt
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from accounts.backoffice.rows import rows_seen
from barnetwatch.lib.dates import Precision
from barnetwatch.lib.money import in_sentence
from barnetwatch.lib.registers import DayFilter, Register, SiteFilterSet
from barnetwatch.lib.tables import DayColumn, SiteTable
from contracts.models import Contract
from scrutiny.models import Body, Decision, DecisionCost


class DecisionTable(SiteTable):
    """The list. What a decision authorised is worked out for the rows of one page."""

    caption = "Decisions"
    title = tables.Column("Decision", linkify=True)
    kind = tables.Column("Kind")
    decided_by = tables.Column("Decided by", order_by=("body__name", "taken_by"))
    taken_on = DayColumn(verbose_name="Date", default="not known")
    outcome = tables.Column("Outcome")
    votes = tables.Column("Votes", orderable=False)
    contract = tables.Column("Contract", order_by="contract__reference", default="none named")
    authorised = tables.Column("Authorised", orderable=False, default="no cost named")

    class Meta(SiteTable.Meta):
        empty_text = "No decision matches these filters."

    def value_taken_on(self, value: dt.date, record: Any) -> dt.date | str:
        """A day for a spreadsheet to sort; words where a day would claim more than is known."""
        return value if record.taken_precision == Precision.DAY else str(record.taken)


class DecisionFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    q = django_filters.CharFilter(label="Words", method="with_words")
    kind = django_filters.ChoiceFilter(choices=Decision.Kind, empty_label="Any kind")
    outcome = django_filters.ChoiceFilter(choices=Decision.Outcome, empty_label="Any outcome")
    body = django_filters.ModelChoiceFilter(queryset=Body.objects.all(), empty_label="Any body")
    contract = django_filters.ModelChoiceFilter(
        queryset=lambda request: Contract.objects.visible_to(request.user),
        empty_label="All contracts",
        method="bearing_on",
    )
    taken_from = DayFilter(label="Taken on or after", field_name="taken_on", lookup_expr="gte")
    taken_to = DayFilter(label="Taken on or before", field_name="taken_on", lookup_expr="lte")

    class Meta:
        model = Decision
        fields = ["q", "kind", "outcome", "body", "contract"]

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        """Every word somewhere in the title, the reference or the text."""
        for word in value.split()[:10]:
            rows = rows.filter(
                Q(title__icontains=word) | Q(reference__icontains=word) | Q(text__icontains=word)
            )
        return rows

    def bearing_on(self, rows: Any, name: str, value: Contract) -> Any:
        """Those of a contract, or that bear on it besides."""
        others = Decision.other_contracts.through.objects.filter(contract=value)
        return rows.filter(Q(contract=value) | Q(pk__in=others.values("decision")))


class Decisions(Register):
    """The decisions a person may see."""

    title = "Decisions"
    noun, nouns = "decision", "decisions"
    permission = "scrutiny.view_decision"
    filterset_class = DecisionFilter
    table_class = DecisionTable
    template_name = "site/decisions/register.html"
    default_sort = ("-taken_on",)
    last_sort = "-pk"

    def get_rows(self, request: HttpRequest) -> Any:
        return rows_seen(Decision, request.user).select_related("body", "contract")

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        sums = authorised_by(rows, request.user)
        for row in rows:
            row.decided_by = str(row.body or row.taken_by)
            row.authorised = sums.get(row.pk, "")
        return rows

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        above = [("Scrutiny", reverse("admin:scrutiny"))]
        return {"crumbs": above, "may_add": request.user.has_perm("scrutiny.add_decision")}


def authorised_by(decisions: list[Any], user: Any) -> dict[int, str]:
    """What each of some decisions authorised, in words, of the costs a person may see; one query.

    Sums of several costs are listed, not added: they may be one sum at two stages.
    """
    claims = DecisionCost.objects.visible_to(user).filter(
        decision__in=[row.pk for row in decisions]
    )
    found: dict[int, list[str]] = {}
    for decision, amount in claims.order_by("pk").values_list("decision", "amount"):
        said = "a sum that is not given" if amount is None else in_sentence(amount)
        found.setdefault(decision, []).append(said)
    return {decision: ", ".join(said) for decision, said in found.items()}


PAGES = [("decisions/", "decisions", Decisions.as_view())]
