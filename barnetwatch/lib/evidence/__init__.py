"""Which files may be kept as evidence, and how they are handed out. Knows no model.

No look at a file's content proves what else it is: a picture may be a script to another program.
So a look here keeps out mistakes and the plainly wrong, and what keeps readers safe is how a file
is stored (`accounts.filing`) and sent (`barnetwatch.pages.files.sending`).
"""

from barnetwatch.lib.evidence.kinds import ACCEPT, KINDS, MOST_BYTES, TOO_LARGE, check

__all__ = ["ACCEPT", "KINDS", "MOST_BYTES", "TOO_LARGE", "check"]
