from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.backoffice.widgets import SeenMultipleChoiceField
from barnetwatch.lib.forms import SiteForm
from contracts.models import Contract
from digests.models import Subscription
from incidents.models import Incident
from scrutiny.models import Body

#: Failures that the page offers to follow: the latest of those open.
OFFERED = 50


class FollowForm(SiteForm):
    """What one person follows, and how often they hear of it."""

    everything = forms.TypedChoiceField(
        label=_("What do you want to follow?"),
        choices=[
            ("yes", _("All contracts, and any let later")),
            ("no", _("Only what is ticked below")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether to follow all contracts or only some.")},
    )
    contracts = SeenMultipleChoiceField(
        label=_("Contracts"),
        queryset=Contract.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Counts only if you do not follow all of them."),
    )
    bodies = SeenMultipleChoiceField(
        label=_("Committees and other bodies"),
        queryset=Body.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Their decisions, the promises made to them and their meetings."),
    )
    failures = SeenMultipleChoiceField(
        label=_("Failures"),
        queryset=Incident.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Single failures, whatever contract they are under; the latest open ones."),
    )
    cadence = forms.ChoiceField(
        label=_("How often?"),
        choices=Subscription.Cadence.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how often you want a mail.")},
    )

    def __init__(self, *args: Any, user: Any, subscription: Subscription | None, **kw: Any) -> None:
        super().__init__(*args, **kw)
        field: Any = self.fields["contracts"]
        field.queryset = Contract.objects.visible_to(user)
        field.label_from_instance = lambda row: f"{row.reference}: {row.title}"
        chosen = _followed(subscription, "failures", "incident")
        seen = Incident.objects.visible_to(user)
        latest = list(seen.unfinished().order_by("-pk").values_list("pk", flat=True)[:OFFERED])
        failures: Any = self.fields["failures"]
        failures.queryset = seen.filter(pk__in=[*latest, *chosen])
        self.initial = {
            "everything": "yes" if subscription is None or subscription.everything else "no",
            "contracts": followed(subscription),
            "bodies": _followed(subscription, "bodies", "body"),
            "failures": chosen,
            "cadence": subscription.cadence if subscription else Subscription.Cadence.WEEKLY,
        }


def followed(subscription: Subscription | None) -> list[int]:
    """The ids of the contracts somebody chose; of the restricted ones too."""
    return _followed(subscription, "contracts", "contract")


def _followed(subscription: Subscription | None, name: str, column: str) -> list[int]:
    links = getattr(Subscription, name).through.objects.filter(subscription=subscription)
    return list(links.values_list(column, flat=True)) if subscription else []
