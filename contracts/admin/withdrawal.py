"""Taking wrong rows out of use, and which were."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import Act, ActForm, AppendOnlyAdmin, ReadOnlyAdmin
from contracts import register
from contracts.models import Withdrawal


class ReasonForm(ActForm):
    """Why, in a sentence or two."""

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 4}))


def stands(row: Any) -> bool:
    """Whether a row has not been withdrawn."""
    return not hasattr(row, "withdrawal")


WITHDRAW = Act(
    slug="withdraw",
    label=_("Withdraw"),
    permission="contracts.add_withdrawal",
    form=ReasonForm,
    do=lambda row, fields, by: register.withdraw(row, by=by, **fields),
    done=_("It is withdrawn. Record the right one beside it."),
    applies=stands,
    explains=_(
        "A wrong row is taken out of use and stays in what was known until now. Say what was "
        "wrong with it, then record the right one."
    ),
)


class WithdrawnFilter(admin.SimpleListFilter):
    """Whether a row was withdrawn."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("yes", _("Stands")), ("no", _("Withdrawn"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(withdrawal__isnull=self.value() == "yes")


class StandingAdmin(AppendOnlyAdmin):
    """Rows that stand until they are withdrawn."""

    acts = (WITHDRAW,)
    select_also = ["withdrawal", "recorded_by"]

    @admin.display(description=_("standing"))
    def standing(self, row: Any) -> str:
        if stands(row):
            return gettext("Stands")
        return gettext("Withdrawn: %(reason)s") % {"reason": row.withdrawal.reason}


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnlyAdmin):
    """What was withdrawn, and why. Done on the page of the row itself."""

    fields = ["what", "reason", "recorded_by", "recorded_at"]
    list_display = ["what", "reason", "recorded_by", "recorded_at"]
    select_also = ["recorded_by"]
    search_fields = ["reason"]
    date_hierarchy = "recorded_at"

    @admin.display(description=_("withdrawn"))
    def what(self, row: Withdrawal) -> str:
        taken = row.award or row.preference or row.contracted_sum or row.variation
        return f"{taken._meta.verbose_name}, {taken}"
