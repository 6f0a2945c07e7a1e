"""The whole record into a folder and back: database, files, and a manifest to check both by.

`taking` writes a folder, `restoring` reads one; `sqlite` and `postgresql` know how each database
is copied; `manifest` says what a folder holds.
"""

from barnetwatch.backups.manifest import Differs, Refused

__all__ = ["Differs", "Refused"]
