from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.backoffice.widgets import SeenMultipleChoiceField
from contracts.models import Contract
from digests.models import Subscription


class FollowForm(forms.Form):
    """What one person follows, and how often they hear of it."""

    everything = forms.TypedChoiceField(
        label=_("What do you want to follow?"),
        choices=[("yes", _("All contracts, also those let later")), ("no", _("Only these:"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    contracts = SeenMultipleChoiceField(
        label=_("Contracts"),
        queryset=Contract.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Used where you do not follow all contracts."),
    )
    cadence = forms.ChoiceField(
        label=_("How often?"),
        choices=Subscription.Cadence.choices,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, user: Any, subscription: Subscription | None, **kw: Any) -> None:
        super().__init__(*args, label_suffix="", **kw)
        field: Any = self.fields["contracts"]
        field.queryset = Contract.objects.visible_to(user)
        field.label_from_instance = lambda row: f"{row.reference}: {row.title}"
        self.initial = {
            "everything": "yes" if subscription is None or subscription.everything else "no",
            "contracts": followed(subscription),
            "cadence": subscription.cadence if subscription else Subscription.Cadence.WEEKLY,
        }


def followed(subscription: Subscription | None) -> list[int]:
    """The ids of the contracts somebody chose; of the restricted ones too."""
    links = Subscription.contracts.through.objects.filter(subscription=subscription)
    return list(links.values_list("contract", flat=True)) if subscription else []
