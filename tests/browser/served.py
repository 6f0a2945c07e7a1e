"""barnetwatch.settings as they serve in earnest, with static files in a folder of the test's."""

from barnetwatch.settings import *

STATIC_ROOT = VAR_DIR / "static-as-served"
