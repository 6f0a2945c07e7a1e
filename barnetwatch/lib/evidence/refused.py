"""How a file is refused, and how a part of it is read."""

from typing import Any, NoReturn

from django.core.exceptions import ValidationError


class Refused(ValidationError):
    """A file that is not kept: said at the field of the form."""

    def __init__(self, said: str) -> None:
        super().__init__({"file": said})


def refuse(said: str) -> NoReturn:
    """Refuse a file with what is wrong and what to do."""
    raise Refused(said)


def part(file: Any, start: int, size: int) -> bytes:
    """Some bytes of a file, from a place on."""
    file.seek(start)
    return bytes(file.read(size))
