"""barnetwatch.settings, with what only tests want otherwise.

The database is DATABASE_URL's server (the suite makes its own database there), or SQLite.
"""

import atexit
import os
import shutil
import tempfile

# Nothing that a test writes, a key or a mail, lands in the var/ of whoever runs it.
os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="barnetwatch-tests-")
atexit.register(shutil.rmtree, os.environ["VAR_DIR"], ignore_errors=True)
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0123456789" * 5)
for name in ("SITE_URL", "PORT", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEBUG", "EMAIL_URL"):
    os.environ.pop(name, None)

from barnetwatch.settings import *

if ENV.database["ENGINE"].endswith("sqlite3"):
    # A file: Django's own choice, memory, is out of reach of a worker or a second thread.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}

# PostgreSQL and Redis both: what tests marked `served` need.
SERVED = bool(ENV.redis_url) and not ENV.database["ENGINE"].endswith("sqlite3")

# Argon2 is slow by design, once for every sign-in of every test.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Hashed names exist only after collectstatic, which the suite does not need.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir()
