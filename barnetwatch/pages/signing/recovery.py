"""Recovery codes: shown once, when they are made."""

from urllib.parse import quote

from allauth.mfa.models import Authenticator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import letters, secondfactor
from barnetwatch.pages.page import site_page
from barnetwatch.pages.signing.again import ask_again
from barnetwatch.pages.signing.factor import crumbs

_FILE = "Recovery codes for BarnetWatch, {email}. Each works once.\n\n{codes}\n"


@never_cache
def recovery(request: HttpRequest) -> HttpResponse:
    """The codes where they were not shown yet; else how many are left. POST makes new ones."""
    mine = Authenticator.objects.filter(
        user=request.user, type=Authenticator.Type.RECOVERY_CODES
    ).first()
    if mine is None:
        raise Http404
    if answer := ask_again(request):
        return answer
    if request.method == "POST":
        secondfactor.new_recovery_codes(request.user)
        said = _("New recovery codes were made")
        letters.send(request.user, "factor_changed", said, said=said)
        return HttpResponseRedirect(reverse("mfa_view_recovery_codes"))
    codes = secondfactor.show_codes(mine)
    text = _FILE.format(email=request.user.email, codes="\n".join(codes))
    return site_page(
        request,
        "site/signing/recovery.html",
        "Your recovery codes",
        crumbs=crumbs(),
        codes=codes,
        left=secondfactor.codes_left(mine),
        file=f"data:text/plain;charset=utf-8,{quote(text)}",
    )


ADDRESSES = [("your-account/recovery-codes/", "mfa_view_recovery_codes", recovery)]
