"""What the environment says. Every variable is read here, once, and nowhere else.

An empty value counts as unset: compose files pass `VAR=` for what nobody filled in.
A value that cannot be used stops the start with a sentence that names the variable and
the remedy. No message repeats a value that may hold a password.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
YES = {"1", "true", "yes", "on"}
NO = {"", "0", "false", "no", "off"}


@dataclass(frozen=True)
class Environment:
    var_dir: Path
    port: int
    site_url: str
    debug: bool
    database: dict[str, Any]
    redis_url: str
    email: dict[str, Any]
    mail_from: str
    evidence_storage: dict[str, Any]
    contact_email: str
    secret_key: str
    secret_key_fallbacks: list[str]
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    #: Proxies in front that say in X-Forwarded-For who asked them.
    proxies: int
    #: On this machine alone, with no server of anybody's: a trial, or one person's own copy.
    embedded: bool
    #: Kinds that the nightly job throws away besides (barnetwatch.personaldata.retention).
    retain_also: list[str]

    @property
    def over_tls(self) -> bool:
        return self.site_url.startswith("https://")


def read(environ: Mapping[str, str]) -> Environment:
    def value(name: str, default: str = "") -> str:
        return environ.get(name, "").strip() or default

    def values(name: str) -> list[str]:
        return [item.strip() for item in value(name).split(",") if item.strip()]

    var_dir = Path(value("VAR_DIR", str(BASE_DIR / "var"))).expanduser().absolute()
    at_port = port_number(value("PORT"))
    site = site_url(value("SITE_URL"), at_port)
    database = database_settings(value("DATABASE_URL"), var_dir)
    host = urlsplit(site).hostname or ""
    return Environment(
        var_dir=directory(var_dir),
        port=at_port,
        site_url=site,
        debug=switch("DEBUG", value("DEBUG")),
        database=database,
        redis_url=redis_url(value("REDIS_URL")),
        email=email_settings(value("EMAIL_URL"), var_dir),
        mail_from=value("MAIL_FROM", f"BarnetWatch <barnetwatch@{host}>"),
        evidence_storage=evidence_storage(value("EVIDENCE_STORAGE"), var_dir),
        contact_email=value("CONTACT_EMAIL"),
        secret_key=value("SECRET_KEY") or secret_key(database),
        secret_key_fallbacks=values("SECRET_KEY_FALLBACKS"),
        allowed_hosts=values("ALLOWED_HOSTS") or default_hosts(site),
        csrf_trusted_origins=values("CSRF_TRUSTED_ORIGINS") or [site],
        # TLS ends at a proxy: there is one.
        proxies=proxies(value("PROXIES"), default=1 if site.startswith("https://") else 0),
        embedded=not (value("DATABASE_URL") or value("REDIS_URL"))
        and default_hosts(site) == LOOPBACK_HOSTS
        and not values("ALLOWED_HOSTS"),
        retain_also=values("RETAIN_ALSO"),
    )


def switch(name: str, text: str) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise ImproperlyConfigured(f"{name} is neither yes nor no. Set it to 1 or 0, or leave it out.")


def port_number(text: str) -> int:
    if not text:
        return 8000
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise ImproperlyConfigured(
        "PORT is not a port number. Set it to a number from 1 to 65535, such as PORT=8001."
    )


def proxies(text: str, *, default: int) -> int:
    if not text:
        return default
    if text.isascii() and text.isdigit() and int(text) < 10:
        return int(text)
    raise ImproperlyConfigured(
        "PROXIES is not a number of proxies. Set it to how many stand between people and the site,"
        " such as PROXIES=1, or to 0 where people reach it directly."
    )


def directory(path: Path) -> Path:
    """Make VAR_DIR for its owner alone: it holds the record, the mail and a key."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"VAR_DIR ({path}) cannot be made: {error.strerror}."
            " Set VAR_DIR to a directory that this user may write to."
        ) from error
    return path


def split_url(name: str, url: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # A port that is no number raises only when read.
    except ValueError:
        # Without its cause: urllib's message quotes what stands after the colon.
        raise ImproperlyConfigured(
            f"{name} is not a valid address. Write it like {example}; in a user name or"
            " password, characters such as @ : / # are written as %40 %3A %2F %23."
        ) from None
    return parts


def site_url(url: str, at_port: int) -> str:
    if not url:
        return f"http://localhost:{at_port}"
    parts = split_url("SITE_URL", url, "https://barnetwatch.example.gov.uk")
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not bare:
        raise ImproperlyConfigured(
            "SITE_URL is not the address of a site. Set it to where people reach BarnetWatch,"
            " without a path, such as https://barnetwatch.example.gov.uk."
        )
    return f"{parts.scheme}://{parts.netloc}"


def default_hosts(site: str) -> list[str]:
    """The site's own name; on this machine alone, whatever a loopback address is called."""
    host = urlsplit(site).hostname or ""
    name = f"[{host}]" if ":" in host else host
    return LOOPBACK_HOSTS if name in LOOPBACK_HOSTS else [name]


DATABASE_EXAMPLE = "postgres://USER:PASSWORD@HOST:5432/NAME or sqlite:///PATH"


def database_settings(url: str, var_dir: Path) -> dict[str, Any]:
    """The connection alone; what each engine is told besides stands in settings."""
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": var_dir / "db.sqlite3"}
    parts = split_url("DATABASE_URL", url, DATABASE_EXAMPLE)
    if parts.scheme == "sqlite":
        # sqlite:///var/x.db is counted from the project, not from wherever a job was
        # started: two processes with two ideas of "here" would keep two records.
        path = unquote(parts.path.removeprefix("/"))
        if parts.netloc or not path:
            raise ImproperlyConfigured(
                "DATABASE_URL names no SQLite file. Write sqlite:///PATH, with a fourth slash"
                " for an absolute path. A database in memory is not enough: the site, the"
                " worker and the scheduler are separate processes that share it."
            )
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / path}
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL begins with {parts.scheme or 'nothing'}:, which BarnetWatch does"
            f" not support. Write {DATABASE_EXAMPLE}."
        )
    if not parts.path.strip("/"):
        raise ImproperlyConfigured(
            f"DATABASE_URL names no database after the host. Write {DATABASE_EXAMPLE}."
        )
    return dict(dj_database_url.parse(url))


def redis_url(url: str) -> str:
    if not url:
        return ""
    parts = split_url("REDIS_URL", url, "redis://HOST:6379/0")
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise ImproperlyConfigured(
            "REDIS_URL is not the address of a Redis server. Write redis://HOST:6379/0,"
            " or rediss:// for an encrypted connection."
        )
    return url


EMAIL_EXAMPLE = "smtp+tls://USER:PASSWORD@HOST:587"
SMTP_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def email_settings(url: str, var_dir: Path) -> dict[str, Any]:
    """Django's EMAIL_ settings. Without an address mail goes to files that a page shows."""
    parts = split_url("EMAIL_URL", url, EMAIL_EXAMPLE)
    if parts.scheme in {"", "file"} and not parts.netloc:
        path = Path(unquote(parts.path)) if parts.path else var_dir / "mail"
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(BASE_DIR / path),
        }
    if parts.scheme not in SMTP_PORTS or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL is not the address of a mail server. Write smtp://HOST:25 (plain),"
            f" {EMAIL_EXAMPLE} (STARTTLS), smtps://USER:PASSWORD@HOST:465 (TLS from the"
            " start), or leave it out to keep mail in files."
        )
    return {
        "EMAIL_BACKEND": "digests.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or SMTP_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def evidence_storage(text: str, var_dir: Path) -> dict[str, Any]:
    """Where the bytes of evidence lie, as Django's STORAGES has it: on this disk, outside anything
    that a web server serves, for the site's own user alone. No address leads there.
    """
    if not text:
        options = {
            "location": var_dir / "files" / "evidence",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        }
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("BACKEND"), str):
        raise ImproperlyConfigured(
            "EVIDENCE_STORAGE names no storage. Write JSON such as"
            ' {"BACKEND": "storages.backends.azure_storage.AzureStorage", "OPTIONS": {…}},'
            " or leave it out to keep evidence in VAR_DIR."
        )
    return told


def secret_key(database: Mapping[str, Any]) -> str:
    """The key beside the SQLite file; with PostgreSQL several machines must share one."""
    if not database["ENGINE"].endswith("sqlite3"):
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. With PostgreSQL every process must be given the same one."
            " Make it once with: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    path = Path(f"{database['NAME']}.secret-key")
    try:
        return path.read_text().strip() if path.exists() else make_secret_key(path)
    except OSError as error:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set, and {path} cannot be read or made: {error.strerror}."
            " Let this user write there, or set SECRET_KEY to a long random text."
        ) from error


def make_secret_key(path: Path) -> str:
    """Write the key under another name, then link it: of several processes that start
    together one wins, and nobody ever reads half a key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(50))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
