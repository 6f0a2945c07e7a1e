"""When two published names are of one company: by a key without case, marks and legal form."""

import re
import unicodedata

#: Characters of a name, and of its key.
LONGEST = 500

_TRADING = re.compile(r"\b(?:t\s*/\s*a|trading as|t a(?= ))\b", re.IGNORECASE)
#: Only these may be left out: “Capita Group” and “Capita” are not one company.
_LEGAL = frozenset({"ltd", "limited", "plc", "llp", "lp", "llc", "inc", "cic"})


def key_of(name: str) -> str:
    """The key of a name; of one that trades as another, the key of the first."""
    first = _TRADING.split(name, maxsplit=1)[0].strip() or name
    plain = unicodedata.normalize("NFKD", first).replace("&", " and ").casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", plain.replace("'", "").replace("\u2019", ""))
    words = re.sub(r"[\W_]+", " ", plain).split()
    bare = [word for word in words if word not in _LEGAL]
    if bare[:1] == ["the"] and len(bare) > 1:
        bare = bare[1:]
    return " ".join(bare or words)[:LONGEST]
