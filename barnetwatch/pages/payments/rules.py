"""The rules that were confirmed: who said so, why, what they decide; and taking one back."""

import datetime as dt
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from barnetwatch.lib.dates import in_words
from barnetwatch.lib.forms import SiteForm
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.lib.registers import Register, SiteFilterSet
from barnetwatch.lib.tables import CountColumn, PoundsColumn, SiteTable
from barnetwatch.pages.page import needs, site_page, typed
from barnetwatch.pages.payments.matching import crumbs
from barnetwatch.pages.payments.moving import told
from contracts.models import Contract, Supplier
from costs.models import AttributionRule
from costs.payments import attributing
from costs.payments.attributing import explain
from costs.payments.moves import Weight, if_taken_back, weights

TAKING_BACK = "costs.add_ruletakenback"


class RuleTable(SiteTable):
    """The list."""

    caption = "Rules"
    key = tables.Column("Payments to")
    narrowed = tables.Column("Only where", orderable=False, default="all of them")
    supplier = tables.Column("Belong to", order_by="supplier__name")
    contract = tables.Column(
        "Contract", order_by="contract__reference", default="not yet attributed"
    )
    payments = CountColumn("Payments", orderable=False)
    amount = PoundsColumn(verbose_name="Sum", orderable=False)
    recorded_at = tables.Column("Confirmed")
    reason = tables.Column("Reason", orderable=False)
    state = tables.Column("Rule", orderable=False)

    class Meta(SiteTable.Meta):
        empty_text = "No rule matches these filters."

    def render_supplier(self, value: Supplier) -> str:
        return format_html('<a href="{}">{}</a>', value.get_absolute_url(), value)

    def value_supplier(self, value: Supplier) -> str:
        return str(value)

    def render_contract(self, value: Contract) -> str:
        return format_html('<a href="{}">{}</a>', value.get_absolute_url(), value)

    def value_contract(self, record: AttributionRule) -> str:
        return str(record.contract or "")

    def render_recorded_at(self, value: dt.datetime, record: AttributionRule) -> str:
        return f"{in_words(timezone.localdate(value))}, {record.recorded_by}"

    def value_recorded_at(self, value: dt.datetime) -> dt.date:
        return timezone.localdate(value)

    def render_state(self, value: str, record: Any) -> str:
        if not record.may_be_taken_back:
            return value
        page = reverse("admin:payments_rule_take_back", args=[record.pk])
        hidden = format_html(
            '<span class="govuk-visually-hidden"> the rule on {}</span>', record.key
        )
        return format_html(
            '{}<br><a class="bw-nowrap" href="{}">Take back{}</a>', value, page, hidden
        )

    def value_state(self, value: str) -> str:
        return value


class RuleFilter(SiteFilterSet):
    """Filters whose choices name only what the reader may see."""

    words = django_filters.CharFilter(label="Words in the name", method="with_words")
    supplier = django_filters.ModelChoiceFilter(
        queryset=lambda request: Supplier.objects.visible_to(request.user),
        empty_label="All suppliers",
    )
    contract = django_filters.ModelChoiceFilter(
        queryset=lambda request: Contract.objects.visible_to(request.user),
        empty_label="All contracts",
    )
    state = django_filters.ChoiceFilter(
        label="Rules",
        choices=[("stands", "In force"), ("taken_back", "Taken back")],
        method="in_state",
        empty_label="All rules",
    )

    class Meta:
        model = AttributionRule
        fields = ["words", "supplier", "contract"]

    def with_words(self, rows: Any, _name: str, value: str) -> Any:
        """Every word somewhere in the name or the reason."""
        for word in value.split()[:10]:
            rows = rows.filter(Q(key__icontains=word) | Q(reason__icontains=word))
        return rows

    def in_state(self, rows: Any, _name: str, value: str) -> Any:
        """Those in force, or those taken back."""
        return rows.filter(taken_back__isnull=value == "stands")


class Rules(Register):
    """The rules a person may see, the latest first."""

    title = "Rules that match payments"
    noun, nouns = "rule", "rules"
    permission = "costs.view_attributionrule"
    filterset_class = RuleFilter
    table_class = RuleTable
    template_name = "site/payments/rules.html"
    default_sort = ("-recorded_at",)
    last_sort = "-pk"

    def get_rows(self, request: HttpRequest) -> Any:
        rows = AttributionRule.objects.visible_to(request.user)
        return rows.select_related("supplier", "contract", "recorded_by", "taken_back__recorded_by")

    def finish(self, rows: list[Any], request: HttpRequest) -> list[Any]:
        found = weights(rows)
        may = request.user.has_perm(TAKING_BACK)
        for row in rows:
            weight = found.get(row.pk, Weight())
            row.payments, row.amount = weight.payments, weight.amount
            row.narrowed = narrowed(row)
            gone = getattr(row, "taken_back", None)
            row.state = "In force" if gone is None else _taken_back(gone)
            row.may_be_taken_back = may and gone is None
        return rows


def narrowed(rule: AttributionRule) -> str:
    """directorate “Resources”, type “IT support”; empty where it asks for nothing more."""
    asked = (
        ("directorate", rule.directorate),
        ("type", rule.expenditure_type),
        ("reference", rule.reference),
    )
    return ", ".join(f"{name} “{value}”" for name, value in asked if value)


def _taken_back(gone: Any) -> str:
    day = in_words(timezone.localdate(gone.recorded_at))
    return f"Taken back on {day} by {gone.recorded_by}: {gone.reason}"


class TakeBackForm(SiteForm):
    """Why a rule holds no longer."""

    reason = forms.CharField(
        label="What was wrong with it",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text="The rule and this reason stay to be read.",
        error_messages={"required": "Say why the rule is taken back."},
    )


@needs(TAKING_BACK)
def take_back_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What taking a rule back would move, with the form that does it."""
    rules = AttributionRule.objects.visible_to(request.user)
    rule = rules.select_related("supplier", "contract", "recorded_by").filter(pk=pk).first()
    if rule is None:
        raise Http404
    if rule not in rules.standing().filter(pk=pk):
        messages.warning(request, "This rule was taken back before.")
        return HttpResponseRedirect(reverse("admin:payments_rules"))
    form = TakeBackForm(typed(request))
    sent = request.method == "POST" and form.is_valid()
    answer = _done(request, rule, form) if sent else None
    return answer or site_page(
        request,
        "site/payments/takeback.html",
        "Take a rule back",
        crumbs=[*crumbs(), ("Rules", reverse("admin:payments_rules"))],
        form=form,
        rule=rule,
        explained=explain(rule),
        preview=told(if_taken_back(rule), request.user, timezone.localdate()),
        token=new_token(),
    )


def _done(request: HttpRequest, rule: AttributionRule, form: Any) -> HttpResponse | None:
    reason = form.cleaned_data["reason"]
    try:
        once(
            request.POST.get("token") or new_token(),
            lambda: attributing.take_back(rule, reason=reason, by=request.user),
        )
    except SentBefore:
        messages.warning(request, "This page was sent before, so nothing was done again.")
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return None
    else:
        messages.success(request, f"Taken back: the rule on payments to {rule.key}.")
    return HttpResponseRedirect(reverse("admin:payments_rules"))


PAGES = [
    ("payments/rules/", "payments_rules", Rules.as_view()),
    ("payments/rules/<int:pk>/take-back/", "payments_rule_take_back", take_back_page),
]
