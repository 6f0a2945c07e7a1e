"""The second step of signing in: a code."""

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_post_parameters

from accounts import secondfactor
from barnetwatch.pages.page import site_page
from barnetwatch.pages.signin import STATE, for_trying
from barnetwatch.pages.signing.forms import CodeForm


@sensitive_post_parameters("code")
@login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")
def code(request: HttpRequest) -> HttpResponse:
    """Asks for the code of somebody who has just given their password."""
    stage: Any = request._login_stage  # type: ignore[attr-defined]
    person = stage.login.user
    unchanged = constant_time_compare(
        stage.login.state.get(STATE, ""), person.get_session_auth_hash()
    )
    if not (unchanged and person.is_active and person.is_staff):
        # Closed, or given another password, since the first step.
        clear_login(request)
        return HttpResponseRedirect(reverse("account_login"))
    sent = request.POST if request.method == "POST" else None
    form = CodeForm(sent, request=request, person=person)
    if sent is not None and form.is_valid():
        secondfactor.give(request, form.factor)
        return stage.exit()
    return site_page(request, "site/signing/code.html", "Enter a code", form=form, **for_trying())


ADDRESSES = [("sign-in/code/", "mfa_authenticate", code)]
