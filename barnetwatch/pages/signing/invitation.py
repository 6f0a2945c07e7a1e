"""Where an invitation leads: the first password."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import inviting
from barnetwatch.pages.page import site_page
from barnetwatch.pages.passwords import NewPasswordForm


@never_cache
@login_not_required
@sensitive_post_parameters("new_password1", "new_password2")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Sets the password of somebody who was invited; the link works once."""
    person = inviting.invited(token)
    days = settings.INVITATION_TIMEOUT // (24 * 60 * 60)
    if person is None:
        title = "This invitation no longer works"
        return site_page(request, "site/signing/invited.html", title, status=410, days=days)
    sent = request.POST if request.method == "POST" else None
    form = NewPasswordForm(person, sent)
    if sent is not None and form.is_valid():
        form.save()
        return HttpResponseRedirect(reverse("password_reset_complete"))
    return site_page(
        request, "site/signing/invited.html", "Set your password", form=form, person=person
    )


ADDRESSES = [("invitation/<str:token>/", "invitation", invitation)]
