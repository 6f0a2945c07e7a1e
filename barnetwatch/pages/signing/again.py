"""The password once more, before what would let somebody else in."""

from typing import Any

from allauth.account.internal.flows.reauthentication import (
    is_reauthentication_required,
    reauthenticate_by_password,
)
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from barnetwatch.pages.page import site_page
from barnetwatch.pages.signing.forms import PasswordForm


def ask_again(request: HttpRequest) -> HttpResponse | None:
    """The way to the password and back, where it was not given within the last ten minutes."""
    if not is_reauthentication_required(request, app="allauth.mfa"):
        return None
    query = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{query}")


@never_cache
@sensitive_post_parameters("password")
def again(request: HttpRequest) -> HttpResponse:
    """Asks whoever is signed in for their password."""
    sent = request.POST if request.method == "POST" else None
    form = PasswordForm(sent, request=request)
    wanted: Any = (sent or request.GET).get("next", "")
    here = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    if sent is not None and form.is_valid():
        reauthenticate_by_password(request)
        return HttpResponseRedirect(wanted if here else reverse("mfa_index"))
    return site_page(
        request,
        "site/signing/again.html",
        "Enter your password again",
        form=form,
        next=wanted if here else "",
    )


ADDRESSES = [("your-account/password/", "account_reauthenticate", again)]
