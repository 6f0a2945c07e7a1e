"""The register of claims: who says what, and which of it nobody has answered."""

from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from barnetwatch.lib.registers import Register, SiteFilterSet
from barnetwatch.lib.tables import CountColumn, DayColumn, PoundsColumn, SiteTable
from barnetwatch.pages.claimed import least, tag_of
from contracts.models import Contract
from incidents.models import Incident
from scrutiny.models import ClaimState, Statement

#: What an officer must be allowed who records claims.
WRITES = "scrutiny.add_statement"


class ClaimTable(SiteTable):
    """The list."""

    caption = "Claims"
    words = tables.Column("Claim", linkify=True)
    by = tables.Column("Said by", order_by="speaker")
    said_on = DayColumn(verbose_name="Said", default="not known")
    about = tables.Column("About", orderable=False, default="not given")
    state = tables.Column("State", accessor="claim_state", order_by="claim_state")
    # The longest silence began first.
    days = CountColumn("Days without an answer", order_by="-silent_since", default="")
    answers = CountColumn("Answers", accessor="answers_given", orderable=False)
    amount = PoundsColumn(verbose_name="Sum it names", default="none")
    status = tables.Column("Status of the sum", accessor="amount_status", default="")

    class Meta(SiteTable.Meta):
        empty_text = "No claim matches these filters."

    def render_words(self, record: Statement) -> str:
        return f"“{record.words}”" if record.is_quotation else record.words

    def value_words(self, record: Statement) -> str:
        return record.words

    def render_state(self, value: str) -> str:
        return tag_of(value)

    def value_state(self, value: str) -> str:
        return str(ClaimState.State(value).label)

    def render_days(self, value: int, record: Statement) -> str:
        return f"{least(record)}{value:,}"

    def value_days(self, value: int) -> int:
        return value

    def render_status(self, record: Statement) -> str:
        return str(record.get_amount_status_display())

    def value_status(self, record: Statement) -> str:
        return str(record.get_amount_status_display())


class DaysField(forms.IntegerField):
    """A whole number of days."""

    def __init__(self, **options: Any) -> None:
        options.update(widget=forms.TextInput(attrs={"inputmode": "numeric"}))
        wrong = "Enter a whole number of days, such as 30."
        options["error_messages"] = {"invalid": wrong, "min_value": wrong, "max_value": wrong}
        super().__init__(min_value=0, max_value=99_999, **options)


class DaysFilter(django_filters.Filter):
    """Asks for a number of days."""

    field_class = DaysField


class ClaimFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    q = django_filters.CharFilter(label="Words of the claim", method="with_words")
    contract = django_filters.ModelChoiceFilter(
        label="Contract",
        queryset=lambda request: Contract.objects.visible_to(request.user),
        empty_label="All contracts",
        method="of_contract",
    )
    failure = django_filters.ModelChoiceFilter(
        label="Failure",
        field_name="incident",
        queryset=lambda request: Incident.objects.visible_to(request.user),
        empty_label="All failures",
    )
    organisation = django_filters.CharFilter(
        label="Speaker, organisation or political group", method="from_organisation"
    )
    state = django_filters.ChoiceFilter(
        label="State",
        field_name="claim_state",
        choices=ClaimState.State.choices,
        empty_label="Any state",
    )
    silent_for = DaysFilter(label="Unanswered for more than (days)", method="silent")

    class Meta:
        model = Statement
        fields = ["q", "contract", "failure", "organisation", "state", "silent_for"]

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        """Every word somewhere in it."""
        for word in value.split()[:10]:
            rows = rows.filter(words__icontains=word)
        return rows

    def of_contract(self, rows: Any, name: str, value: Contract | None) -> Any:
        """About the contract, or about a failure under it."""
        return rows.filter(Q(contract=value) | Q(incident__contract=value)) if value else rows

    def from_organisation(self, rows: Any, name: str, value: str) -> Any:
        """Whoever spoke, or whom they spoke for."""
        names = ("speaker", "organisation", "political_group")
        found = Q(pk__in=[])
        for each in names:
            found |= Q(**{f"{each}__icontains": value.strip()})
        return rows.filter(found)

    def silent(self, rows: Any, name: str, value: int | None) -> Any:
        """More days than that; reaching the number is not exceeding it."""
        return rows if value is None else rows.silent_for(value, timezone.localdate())


class Claims(Register):
    """The claims a person may see."""

    title = "Claims and responses"
    noun, nouns = "claim", "claims"
    permission = "scrutiny.view_statement"
    filterset_class = ClaimFilter
    table_class = ClaimTable
    template_name = "site/claims/register.html"
    default_sort = ("-said_on",)

    def get_rows(self, request: HttpRequest) -> Any:
        rows = Statement.objects.visible_to(request.user).with_state(
            Statement.objects.visible_to(request.user),
            ClaimState.objects.visible_to(request.user),
        )
        return rows.select_related("contract", "incident", "supplier")

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        today = timezone.localdate()
        answers = Statement.objects.visible_to(request.user).order_by()
        counts = dict(
            answers.filter(answers__in=[row.pk for row in rows])
            .values_list("answers")
            .annotate(count=Count("pk"))
        )
        for row in rows:
            row.about = row.incident or row.contract or row.supplier
            row.answers_given = counts.get(row.pk, 0)
            silent = row.claim_state == ClaimState.State.UNANSWERED
            row.days = row.days_since(today) if silent else None
        return rows

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"may_write": request.user.has_perm(WRITES)}


PAGES = [("claims/", "claims", Claims.as_view())]
