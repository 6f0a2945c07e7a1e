"""Setting up an authenticator app, for the first time or on another phone."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import get_totp_secret
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import letters, secondfactor
from barnetwatch.pages.page import site_page
from barnetwatch.pages.signing.again import ask_again
from barnetwatch.pages.signing.forms import SetUpForm


@never_cache
@sensitive_post_parameters("code")
def set_up(request: HttpRequest) -> HttpResponse:
    """Shows a key as a QR code and as text; a code made with it sets it up."""
    had = secondfactor.has(request.user)
    if answer := ask_again(request):
        return answer
    secret = get_totp_secret()  # Kept in the session until it is set up: two windows show one key.
    sent = request.POST if request.method == "POST" else None
    form = SetUpForm(sent, request=request, secret=secret)
    if sent is not None and form.is_valid():
        secondfactor.enrol(request, secret, form.cleaned_data["code"])
        said = _("A second factor was set up")
        letters.send(request.user, "factor_changed", said, said=said)
        return HttpResponseRedirect(reverse("mfa_view_recovery_codes"))
    adapter = get_adapter()
    drawn = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return site_page(
        request,
        "site/signing/set_up.html",
        "Use another phone" if had else "Set up a second factor",
        form=form,
        had=had,
        must=secondfactor.must_have(request.user),
        key=[secret[at : at + 4] for at in range(0, len(secret), 4)],
        drawn=mark_safe(drawn),  # noqa: S308 (drawn by our own adapter, of our own words)
    )


ADDRESSES = [("your-account/second-factor/set-up/", "mfa_activate_totp", set_up)]
