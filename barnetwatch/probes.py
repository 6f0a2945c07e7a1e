"""What machines ask: whether this process lives, and whether it can serve a page."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

READY = "Ready."
NO_DATABASE = "Not ready: the database does not answer."
NOT_MIGRATED = "Not ready: the database is not the one of this version. Run migrate."


@login_not_required
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """This process answers. It asks no database, so a slow one restarts nobody."""
    return HttpResponse("alive\n", content_type="text/plain")


@login_not_required
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 where the database answers and has every migration of this version, else 503."""
    said = readiness()
    status = 200 if said == READY else 503
    return HttpResponse(f"{said}\n", content_type="text/plain", status=status)


def readiness() -> str:
    """READY, or what is missing, in a sentence that tells nothing of the inside."""
    try:
        waiting = unapplied()
    except Error:
        # A connection that broke would be handed to the next request.
        connection.close()
        return NO_DATABASE
    return NOT_MIGRATED if waiting else READY


def unapplied() -> list[tuple[str, str]]:
    """Migrations of this version that the database lacks, by app and name."""
    loader = MigrationLoader(connection)
    return sorted(loader.graph.nodes.keys() - loader.applied_migrations.keys())
