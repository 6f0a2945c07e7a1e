from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

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
    contracts = forms.ModelMultipleChoiceField(
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

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["contracts"]
        field.queryset = Contract.objects.visible_to(user)
        field.label_from_instance = lambda row: f"{row.reference}: {row.title}"
