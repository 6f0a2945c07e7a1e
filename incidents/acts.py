"""What is done with a failure by name: each a button on its page."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import Act, ActForm
from incidents import casework
from incidents.models import Incident

PERMISSION = "incidents.change_incident"


class ReasonForm(ActForm):
    """Why, in a sentence or two; it becomes a line of the story."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=AdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("A sentence or two. It becomes a line of the story."),
    )


class UpdateForm(ActForm):
    """What is new, and what happens next."""

    text = forms.CharField(label=_("What is new"), widget=AdminTextareaWidget(attrs={"rows": 5}))
    next_action = forms.CharField(
        label=_("Next action"), max_length=200, required=False, widget=AdminTextInputWidget
    )
    next_action_on = forms.DateField(
        label=_("By"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "next_action": self.row.next_action,
            "next_action_on": self.row.next_action_on,
            **self.initial,
        }


def _move(name: str, label: Promise, explains: Promise) -> Act:
    sources, target = casework.ACTS[name]
    return Act(
        slug=name,
        label=label,
        permission=PERMISSION,
        form=ReasonForm,
        do=lambda row, fields, by: casework.act(row, name, by=by, **fields),
        done=_("It is now marked: %(status)s.") % {"status": Incident.Status(target).label},
        applies=lambda row: row.status in sources,
        explains=explains,
    )


ACTS = (
    Act(
        slug="update",
        label=_("Add an update"),
        permission="incidents.add_incidentupdate",
        form=UpdateForm,
        do=lambda row, fields, by: casework.update(row, by=by, **fields),
        done=_("The update stands in the story."),
    ),
    _move("confirm", _("Confirm"), _("The council agrees that it happened.")),
    _move("remedy", _("Begin remediation"), _("Work to put it right has begun.")),
    _move("resolve", _("Resolve"), _("It works again, or was made good.")),
    _move("dispute", _("Mark as disputed"), _("The supplier or another party says it is not so.")),
    _move("close", _("Close"), _("Nothing more will be done about it.")),
    _move("reopen", _("Reopen"), _("It was not over after all.")),
)
