"""An officer says what is being done about an overrun."""

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.backoffice import journal
from accounts.backoffice.forms import blame
from accounts.backoffice.refusals import refusal
from barnetwatch.lib.forms import SiteForm
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.pages.alerts.page import ACKNOWLEDGE, crumbs_of, the_alert
from barnetwatch.pages.alerts.words import told
from barnetwatch.pages.page import needs, site_page, typed
from costs import overruns
from costs.models import OverrunAlert


class NoteForm(SiteForm):
    """What is being done about it."""

    note = forms.CharField(
        label="What is being done about it",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Everybody who sees the overrun reads this. It cannot be changed later.",
        error_messages={"required": "Say what is being done about it, in a sentence or two."},
    )


@needs("costs.view_overrunalert")
@needs(ACKNOWLEDGE)
def acknowledge_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the note, and put it beside the overrun."""
    alert = the_alert(request.user, pk)
    if alert.cleared_at is not None:
        messages.warning(request, "This overrun is over, so there is nothing to acknowledge.")
        return HttpResponseRedirect(alert.get_absolute_url())
    sent = typed(request)
    form = NoteForm(sent)
    if request.method == "POST" and form.is_valid() and _done(request, alert, form):
        return HttpResponseRedirect(alert.get_absolute_url())
    return site_page(
        request,
        "site/alerts/acknowledge.html",
        "Acknowledge an overrun",
        crumbs=crumbs_of(alert),
        alert=alert,
        told=told(alert),
        form=form,
        token=(sent and sent.get("token")) or new_token(),
    )


def _done(request: HttpRequest, alert: OverrunAlert, form: NoteForm) -> bool:
    def note() -> None:
        overruns.acknowledge(alert, note=form.cleaned_data["note"], by=request.user)  # type: ignore[arg-type]
        journal.write(request.user, alert, CHANGE, "Acknowledge.")

    try:
        once(request.POST.get("token") or new_token(), note)
    except SentBefore:
        messages.warning(request, "This page was sent before, so your note stands once.")
    except (ValidationError, IntegrityError) as error:
        blame(form, refusal(error))
        return False
    else:
        messages.success(request, "Your note stands beside the overrun.")
    return True


PAGES = [("alerts/<int:pk>/acknowledge/", "alert_acknowledge", acknowledge_page)]
