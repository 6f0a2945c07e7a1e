"""Stopping the mails by the link in each of them."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from digests.models import Subscription
from digests.subscribing import stop


@csrf_exempt  # A mail program posts here (RFC 8058); the key in the address is the secret.
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, key: str) -> HttpResponse:
    """Stop the mails of whoever holds the link; a look at the page alone stops nothing."""
    subscription = Subscription.objects.select_related("user").filter(key=key).first()
    if subscription is None:
        raise Http404
    if request.method == "POST":
        stop(subscription, Subscription.Stopped.LINK)
        subscription.refresh_from_db()
    response = render(request, "digests/unsubscribe.html", {"subscription": subscription})
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
