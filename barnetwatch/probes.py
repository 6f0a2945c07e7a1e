from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache


@login_not_required
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """This process answers. It asks no database, so a slow one restarts nobody."""
    return HttpResponse("alive\n", content_type="text/plain")
