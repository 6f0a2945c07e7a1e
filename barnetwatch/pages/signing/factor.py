"""What somebody's second factor is, and going on without one where the role allows it."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import letters, secondfactor
from barnetwatch.pages.page import site_page
from barnetwatch.pages.signing.again import ask_again

TITLE = "Your second factor"


@never_cache
def factor(request: HttpRequest) -> HttpResponse:
    """Whether it is set up, since when, and how many recovery codes are left."""
    found = {each.type: each for each in Authenticator.objects.filter(user=request.user)}
    app = found.get(Authenticator.Type.TOTP)
    codes = found.get(Authenticator.Type.RECOVERY_CODES)
    left = secondfactor.codes_left(codes)
    must = secondfactor.must_have(request.user)
    return site_page(request, "site/signing/factor.html", TITLE, app=app, left=left, must=must)


@never_cache
def turn_off(request: HttpRequest) -> HttpResponse:
    """Asks first; refused where the role needs one."""
    if not secondfactor.has(request.user) or secondfactor.must_have(request.user):
        return HttpResponseRedirect(reverse("mfa_index"))
    if answer := ask_again(request):
        return answer
    if request.method != "POST":
        return site_page(
            request, "site/signing/turn_off.html", "Turn off the second factor", crumbs=crumbs()
        )
    secondfactor.give_up(request)
    said = _("Your second factor was turned off")
    letters.send(request.user, "factor_changed", said, said=said)
    messages.success(request, _("It is turned off. Your password alone signs you in."))
    return HttpResponseRedirect(reverse("mfa_index"))


def crumbs() -> list[tuple[str, str]]:
    """The page above those about it."""
    return [(TITLE, reverse("mfa_index"))]


ADDRESSES = [
    ("your-account/second-factor/", "mfa_index", factor),
    ("your-account/second-factor/off/", "mfa_deactivate_totp", turn_off),
]
