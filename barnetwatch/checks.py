"""What would go wrong quietly, said at start. Django's own checks stay as they are."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks.security.base import SECRET_KEY_INSECURE_PREFIX
from django.core.files.storage import storages
from django.db import connections

from accounts.filing import STORAGE
from barnetwatch.env import LOOPBACK_HOSTS
from barnetwatch.lib import appendonly
from barnetwatch.personaldata.retention import UnknownKind, check_names


@register
def days_are_londons(app_configs: object, **kwargs: object) -> Iterator[CheckMessage]:
    if not settings.USE_TZ or settings.TIME_ZONE != "Europe/London":
        yield Error(
            "TIME_ZONE must be Europe/London with USE_TZ on: the day an entry belongs to,"
            " and the figures as known on a day, are counted to midnight in London.",
            id="barnetwatch.E001",
        )


@register(Tags.security)
def served_site_is_safe(app_configs: object, **kwargs: object) -> Iterator[CheckMessage]:
    """`check --deploy` asks more; these hold at every start of a site that others reach."""
    site = urlsplit(settings.SITE_URL)
    if site.hostname in {host.strip("[]") for host in LOOPBACK_HOSTS}:
        return
    if site.scheme != "https":
        yield checks.Warning(
            "SITE_URL is plain http: passwords and restricted records travel unencrypted.",
            hint="Put a proxy that speaks TLS in front and set SITE_URL to https://…",
            id="barnetwatch.W002",
        )
    if settings.DEBUG:
        yield Error(
            "DEBUG is on: error pages show settings and rows to whoever meets one.",
            hint="Leave DEBUG unset wherever people other than you reach the site.",
            id="barnetwatch.E003",
        )
    key = settings.SECRET_KEY
    if len(key) < 50 or len(set(key)) < 5 or key.startswith(SECRET_KEY_INSECURE_PREFIX):
        yield Error(
            "SECRET_KEY is short or simple: whoever guesses it can sign in as anybody.",
            hint="python3 -c 'import secrets; print(secrets.token_urlsafe(50))' makes one.",
            id="barnetwatch.E004",
        )


@register
def evidence_has_a_place(app_configs: object, **kwargs: object) -> Iterator[CheckMessage]:
    """Else the first officer who brings a file would find out."""
    try:
        storages[STORAGE]
    except Exception as error:  # Whatever a package that is not there, or an option of it, raises.
        yield Error(
            f"EVIDENCE_STORAGE names a storage that cannot be used: {type(error).__name__}.",
            hint="Install its package and check its options, or leave it out to use VAR_DIR.",
            id="barnetwatch.E006",
        )


@register
def what_is_thrown_away_has_a_name(app_configs: object, **kwargs: object) -> Iterator[CheckMessage]:
    """Else the nightly job would fail, and nothing would be thrown away any more."""
    try:
        check_names(settings.RETAIN_ALSO)
    except UnknownKind as error:
        yield Error(
            f"RETAIN_ALSO: {error}",
            hint="Put the names right, with commas between them, or leave it out.",
            id="barnetwatch.E008",
        )


#: Caches of one process alone, or of none.
NOT_SHARED = ("locmem.LocMemCache", "dummy.DummyCache")


@register(Tags.security)
def limits_are_shared(app_configs: object, **kwargs: object) -> Iterator[CheckMessage]:
    """Attempts to sign in are counted in the cache: each process must see the others' count."""
    if settings.EMBEDDED:
        return
    backend = settings.CACHES["default"]["BACKEND"]
    if backend.endswith(NOT_SHARED):
        yield Error(
            f"The cache is {backend.rpartition('.')[2]}, which no two processes share: each would "
            "count attempts to guess a password or a code anew.",
            hint="Use a cache that all share, such as the table of CACHES in settings.",
            id="barnetwatch.E007",
        )


@register(Tags.database)
def guards_stand(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: object
) -> Iterator[CheckMessage]:
    """A warning, not an error: an error would stop the very migrate that puts them back."""
    for alias in databases or ():
        if gone := appendonly.missing(connections[alias]):
            yield checks.Warning(
                "Rows of the record can be changed without a trace: the database lacks "
                f"{', '.join(gone)}.",
                hint="Run migrate, which installs them anew.",
                id="barnetwatch.W005",
            )
