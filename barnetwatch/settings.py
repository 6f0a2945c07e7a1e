"""Every option with its reason. What differs between machines comes from barnetwatch.env.

Three addresses, each independent of the others: DATABASE_URL, REDIS_URL, EMAIL_URL.
Without them the record is a SQLite file, messages between the site and the worker are
files, and mail is kept in files, all under VAR_DIR.
"""

import datetime as dt
import os
import socket
import ssl
from typing import Any

from csp.constants import NONE, SELF

from barnetwatch import env, schedule

ENV = env.read(os.environ)
BASE_DIR = env.BASE_DIR
VAR_DIR = ENV.var_dir
SITE_URL = ENV.site_url
PORT = ENV.port  # Where `make run` serves, on this machine alone.
DEBUG = ENV.debug
EMBEDDED = ENV.embedded  # Only then are there people to try the roles with.

# Applications -----------------------------------------------------------------------
INSTALLED_APPS = [
    "barnetwatch.apps.BarnetWatchAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # Its widget templates, so that a project template may extend them.
    "django_tables2",
    "django_filters",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "accounts",
    "contracts",
    "costs",
    "incidents",
    "scrutiny",
    "digests",
    "barnetwatch.record",
    # Last: what it does after a migration (roles, the cache's table) needs every app's.
    "barnetwatch.apps.BarnetWatchConfig",
]

MIDDLEWARE = [
    # First, so that every line that is logged for a request carries its number.
    "barnetwatch.logs.NumberedRequests",
    # What somebody keeps in a text, and why, is noted within one request.
    "barnetwatch.lib.caution.middleware",
    "django.middleware.security.SecurityMiddleware",
    # Second, so that static files cost no session and no query.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # A contract's page is 90 KB of text and 12 KB on the way. Each answer gets a random length
    # besides and each form another secret, so that lengths tell nobody what is in one.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # What allauth does with a request, it finds here.
    "allauth.account.middleware.AccountMiddleware",
    # Before anybody is let in: a session that is over is nobody's.
    "barnetwatch.pages.signing.ages.SessionAges",
    # A view that nobody thought to guard is closed, not open.
    "barnetwatch.pages.signin.SignInFirst",
    # Nor does it open to an officer without a second factor.
    "barnetwatch.pages.signing.gate.SecondFactorFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Last, next to the pages: what is restricted and was shown, and what was downloaded.
    "barnetwatch.pages.watching.Watched",
]

ROOT_URLCONF = "barnetwatch.urls"
WSGI_APPLICATION = "barnetwatch.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Named here because the app comes last: its admin/ templates must still win.
        "DIRS": [BASE_DIR / "barnetwatch" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "barnetwatch.pages.frame.frame",
            ],
        },
    },
]

# The record -------------------------------------------------------------------------
SQLITE = {
    "OPTIONS": {
        # Take the write lock when a transaction begins. A transaction that reads first
        # and writes later cannot wait for the lock: it fails at once as "locked".
        "transaction_mode": "IMMEDIATE",
        # Seconds to wait for another process's write before giving up.
        "timeout": 20,
        "init_command": (
            # Readers go on reading while one process writes.
            "PRAGMA journal_mode=WAL;"
            # With WAL a power cut may lose the last moments, never the file's integrity.
            "PRAGMA synchronous=NORMAL;"
            # SQLite's own default is off; Django turns it on, and this says it is meant.
            "PRAGMA foreign_keys=ON;"
        ),
    },
    # The last connection to close folds the log into the file: not after every request.
    "CONN_MAX_AGE": 60,
}
POSTGRESQL = {
    "OPTIONS": {
        # A database that does not answer costs a request seconds, not minutes.
        "connect_timeout": 5,
        # Compiling a query took ten times as long as running it (a register sorted by its sums:
        # 1,600 ms and 140 ms). What is looked up lies in memory or on an SSD: an index is as
        # good as a scan of the whole table there.
        "options": "-c jit=off -c random_page_cost=1.1",
    },
    "CONN_MAX_AGE": 60,
    # A connection that the server dropped meanwhile is replaced, not handed to a page.
    "CONN_HEALTH_CHECKS": True,
}


def with_options(database: dict[str, Any]) -> dict[str, Any]:
    """The engine's options under the address's own (?sslmode=require)."""
    engine = SQLITE if database["ENGINE"].endswith("sqlite3") else POSTGRESQL
    return {
        **database,
        **engine,
        "OPTIONS": {**engine["OPTIONS"], **database.get("OPTIONS", {})},
    }


# No ATOMIC_REQUESTS: on SQLite every page read would take the write lock. A write that
# means something opens its own transaction.
DATABASES = {"default": with_options(ENV.database)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The cache: one for all processes, since limits counted in it must add up ---------------
# A table, also where there is Redis: a page that somebody saves must not need the broker.
# `add` is atomic there too. barnetwatch.apps makes the table after a migration.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "barnetwatch_cache",
        # Past this many a third is thrown away, pages sent a moment ago among them; the
        # backend's own 300 is a busy morning's postings.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Celery -----------------------------------------------------------------------------
# Longest first: a task is ended after TASK_TIME_LIMIT; only later may Redis take its
# message for lost and hand it out again, or the task would run twice at once.
CELERY_TASK_TIME_LIMIT = 5 * 60
# The tasks that may take longer: a year of payments at once; every file of evidence, read whole.
CELERY_TASK_ANNOTATIONS = {
    "costs.tasks.handle_uploads": {"time_limit": 9 * 60},
    "accounts.tasks.check_files": {"time_limit": 9 * 60},
}
REDIS_VISIBILITY_TIMEOUT = 10 * 60

if ENV.redis_url:
    CELERY_BROKER_URL = ENV.redis_url
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": REDIS_VISIBILITY_TIMEOUT,
        # Look for messages of killed workers every 5 seconds; by default kombu looks at
        # every tenth turn of a 10 second clock.
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "global_keyprefix": "barnetwatch:",
        # A Redis that went silent without closing is noticed within two minutes: left to itself
        # the kernel waits two hours before it asks.
        "socket_keepalive": True,
        "socket_keepalive_options": {
            getattr(socket, name): value
            for name, value in {
                "TCP_KEEPIDLE": 60,
                "TCP_KEEPINTVL": 15,
                "TCP_KEEPCNT": 4,
                # Milliseconds for which what was said may go unheard.
                "TCP_USER_TIMEOUT": 120_000,
            }.items()
            if hasattr(socket, name)  # Not every system can be told all of it.
        },
        "socket_connect_timeout": 5,
        "health_check_interval": 25,
    }
    if ENV.redis_url.startswith("rediss://"):
        CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
else:
    CELERY_BROKER_URL = "folder://localhost/"
    CELERY_BROKER_TRANSPORT = "barnetwatch.folderbroker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # One folder: what the site and the scheduler put in, the worker takes out.
        "data_folder_in": str(VAR_DIR / "celery" / "messages"),
        "data_folder_out": str(VAR_DIR / "celery" / "messages"),
        "control_folder": str(VAR_DIR / "celery" / "control"),
        # The transport's own second between two looks adds half of it to every message.
        "polling_interval": 0.1,
    }
    # Questions to a running worker (`celery inspect`) would be files that nobody clears.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False

# Results are rows of the record; Celery keeps none.
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
# A message is done when its task is done, and a worker that dies gives it back.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A task that could not be acknowledged is handed out again: stop this run of it.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
# Take no message before there is a free process for it.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "Europe/London"

CELERY_BEAT_SCHEDULE = schedule.SCHEDULE
SWEEP_SECONDS = schedule.SWEEP_SECONDS
# Kinds that the nightly job throws away only where their names stand here.
RETAIN_ALSO = ENV.retain_also
# Outside var/celery, which is emptied at every start: beat must know what it missed.
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

# Mail -------------------------------------------------------------------------------
globals().update(ENV.email)  # EMAIL_BACKEND, EMAIL_HOST and the rest.
EMAIL_TIMEOUT = 10  # Seconds. Django waits for ever by default.
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.mail_from
CONTACT_EMAIL = ENV.contact_email  # Whom to tell what does not work; on the statements.

# Signing in -------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    # Django's default, so that an account brought from elsewhere can sign in once and
    # be rehashed.
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{VALIDATORS}.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 2 * 60 * 60  # A link in a mailbox opens the account: hours, not days.
INVITATION_TIMEOUT = 3 * 24 * 60 * 60  # Somebody new may be away over a weekend.
# Left alone for this long, a session is over; it is written at most once a minute.
SESSION_COOKIE_AGE = SESSION_IDLE = 30 * 60
SESSION_ABSOLUTE = 12 * 60 * 60  # A working day; then sign in again, however busy.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# allauth: steps of signing in, second factors, sessions. Only our own addresses lead to it
# (barnetwatch.pages.signing): its signup, email and social pages have none.
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
MFA_ADAPTER = "accounts.adapters.FactorAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # The invitation has shown whose address it is.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60  # Seconds for which a password counts as just given.
MFA_ALLOW_UNVERIFIED_EMAIL = True  # As above.
# Passkeys: add "webauthn" here and mount allauth's views of it (docs/decisions/0009).
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "BarnetWatch"
MFA_TOTP_TOLERANCE = 1  # A phone's clock may be half a minute out; each code works once anyway.
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Proxies of one's own in front, each of which writes at the end of X-Forwarded-For whom it heard.
PROXIES = ENV.proxies

# Security ---------------------------------------------------------------------------
SECRET_KEY = ENV.secret_key
SECRET_KEY_FALLBACKS = ENV.secret_key_fallbacks
ALLOWED_HOSTS = ENV.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENV.csrf_trusted_origins

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"  # For browsers that do not read frame-ancestors.
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "barnetwatch.pages.errors.out_of_date"

if ENV.over_tls:
    SECURE_SSL_REDIRECT = True
    # A probe speaks plain HTTP to the process itself.
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
    # TLS ends at a proxy, which must set this header and drop the client's own.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # A year. Subdomains are those of this site's own name; preloading takes effect only
    # if the council submits the name to the browsers' list.
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # The prefix makes the browser refuse a cookie that another host of the domain set.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

# Files ------------------------------------------------------------------------------
FILE_UPLOAD_HANDLERS = [
    # First: what is too large for any page fills neither memory nor disk.
    "barnetwatch.lib.bounded.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# Uploads lie outside anything a web server serves; no URL leads here.
MEDIA_ROOT = VAR_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # By default a folder of MEDIA_ROOT. Read and written by `accounts.filing` alone.
    "evidence": ENV.evidence_storage,
    # Names carry a hash, so that browsers may keep files for ever, compressed once.
    "staticfiles": {"BACKEND": "barnetwatch.staticfiles.Storage"},
}

# Words and days ---------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
# A council's day, month and deadline are London's, whatever the server's clock says.
TIME_ZONE = "Europe/London"
USE_TZ = True
# Since when the council has a cabinet: scrutiny members are answered within ten clear days
# (SI 2012/2089, regulation 17). Barnet had committees until then. None where there is none.
EXECUTIVE_ARRANGEMENTS_SINCE = dt.date(2023, 5, 23)

# Logging: lines on standard error, for whoever runs the process to keep -----------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "barnetwatch.logs.Lines", "as_json": not EMBEDDED}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own handlers print only under DEBUG, or mail the ADMINS.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # A line for each page is for a site that others reach.
        "barnetwatch.requests": {"level": "WARNING" if EMBEDDED else "INFO"},
    },
}
