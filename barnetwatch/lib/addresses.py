"""Where a request came from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

#: Where nothing usable says it: all such requests share one count.
UNKNOWN = "0.0.0.0"  # noqa: S104 (no address to listen at)


def of(request: HttpRequest) -> str:
    """The IP address that a request came from.

    Only what the site's own proxies (PROXIES of them) have written is believed: whatever stands
    further left in X-Forwarded-For was sent by whoever asked.
    """
    said = str(request.META.get("REMOTE_ADDR", ""))
    if settings.PROXIES:
        hops = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        if len(hops) >= settings.PROXIES and hops[-settings.PROXIES].strip():
            said = hops[-settings.PROXIES].strip()
    try:
        return str(ipaddress.ip_address(said))
    except ValueError:
        return UNKNOWN
