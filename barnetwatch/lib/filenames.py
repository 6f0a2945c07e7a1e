"""What a file is called: text to show and to send back, never a path."""

import unicodedata


def safe_name(name: str) -> str:
    """A file's name without its folders and without what nobody sees: 255 characters at most.

    Marks that turn the direction of writing could make one ending look like another.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(" " if char.isspace() else char for char in last)
    shown = "".join(char for char in seen if unicodedata.category(char)[0] != "C")
    stem, dot, ending = " ".join(shown.split()).rpartition(".")
    short = f"{stem[: 250 - len(ending)]}{dot}{ending}" if len(ending) < 20 else shown[:250]
    return short.strip() or "unnamed"


def ending_of(name: str) -> str:
    """What stands behind the last dot of a name, in small letters; empty where there is none."""
    _, dot, ending = name.rpartition(".")
    return ending.strip().lower() if dot else ""
