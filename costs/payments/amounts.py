"""Sums as files write them, in pounds. The mark before the pence is decided once for a file."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from barnetwatch.lib.money import LARGEST, NOTHING, PENNY
from costs.payments.shape import Marks

#: How most files write every sum.
PLAIN = re.compile(r"-?[0-9]{1,11}\.[0-9]{2}")
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3}){1,2}\.[0-9]{2}")
#: Many sums of these two kinds, a line each.
_MANY = re.compile(r"(?:-?(?:[0-9]{1,11}|[0-9]{1,3}(?:,[0-9]{3}){1,2})\.[0-9]{2}\n)++")
#: The pound sign, and what wrong decoding makes of it.
_POUND = re.compile(r"(?:Â?£|œ|\ufffd|gbp)", re.IGNORECASE)
_DASHES = ("-", "\u2212", "\u2013", "\u2014")
_POINT = re.compile(r"(?:[0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+")
_COMMA = re.compile(r"(?:[0-9]{1,3}(?:[. ][0-9]{3})+|[0-9]+)(?:,[0-9]*)?|,[0-9]+")
_OTHER_MONEY = re.compile(r"[$€¥]|\b(?:usd|eur)\b", re.IGNORECASE)
_LONGEST = 60

BLANK = "There is no amount."


def marks_of(texts: Iterable[str]) -> Marks:
    """The mark before the pence that a file uses: the point, unless the file proves the comma."""
    point = comma = 0
    for text in texts:
        if _GROUPED.fullmatch(text):
            point += 1
            continue
        as_point, as_comma = _ways(text)
        point += as_point and not as_comma
        comma += as_comma and not as_point
    return Marks.COMMA if comma > point else Marks.POINT


def is_of_comma(text: str) -> bool:
    """Whether a sum can only be read with a comma before the pence."""
    return _ways(text) == (False, True)


def _ways(text: str) -> tuple[bool, bool]:
    """Whether a sum can be read with a point before the pence, and whether with a comma."""
    body, _ = _bare(text)
    return bool(_POINT.fullmatch(body)), bool(_COMMA.fullmatch(body))


def read_amount(text: str, marks: str = Marks.POINT) -> Decimal | str:
    """The sum in pounds, or why there is none to read. Fractions of a penny are rounded half up:
    the caller says so, `is_rounded` tells.
    """
    if marks == Marks.POINT and PLAIN.fullmatch(text):
        return Decimal(text) + NOTHING
    if marks == Marks.POINT and _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", "")) + NOTHING
    exact = _exact(text, marks)
    return exact if isinstance(exact, str) else exact.quantize(PENNY, ROUND_HALF_UP) + NOTHING


def read_many(texts: Iterable[str]) -> list[int] | None:
    """Sums in pence, where each is written as most files write every sum, with a point before the
    pence; else None.
    """
    joined = "\n".join(texts)
    if not _MANY.fullmatch(joined + "\n"):
        return None
    return list(map(int, joined.replace(",", "").replace(".", "").split("\n")))


def is_rounded(text: str, marks: str = Marks.POINT) -> bool:
    """Whether a sum was given to fractions of a penny that come to something.

    A spreadsheet's own noise behind the twelfth digit is none.
    """
    if PLAIN.fullmatch(text) or (marks == Marks.POINT and _GROUPED.fullmatch(text)):
        return False
    exact = _exact(text, marks)
    noise = Decimal("0.000001")
    return not isinstance(exact, str) and abs(exact - exact.quantize(PENNY)) > noise


def _exact(text: str, marks: str) -> Decimal | str:
    if len(text) > _LONGEST:
        return "This is too long to be an amount."
    if not text.strip():
        return BLANK
    if _OTHER_MONEY.search(text):
        return "This is not in pounds."
    body, negative = _bare(text)
    if body in ("", *_DASHES):  # An accountant's nothing: “£-”.
        return NOTHING if any(dash in text for dash in _DASHES) else "This is not an amount."
    if re.fullmatch(r"[0-9.,]+e[+-]?[0-9]+", body, re.IGNORECASE):
        return "A spreadsheet has shortened this amount; its digits are lost."
    if not (_COMMA if marks == Marks.COMMA else _POINT).fullmatch(body):
        return "This is not an amount."
    grouping, mark = (".", ",") if marks == Marks.COMMA else (",", ".")
    digits = body.replace(" ", "").replace(grouping, "").replace(mark, ".")
    if len(digits.split(".")[0].lstrip("0")) > 12 or abs(Decimal(digits)) > LARGEST:
        return "This is more than the £100 billion that the register holds."
    return -Decimal(digits) if negative else Decimal(digits)


def _bare(text: str) -> tuple[str, bool]:
    """The digits and their marks alone, and whether the sum is negative."""
    body = re.sub(r"[\s\u00a0\u2007\u2009\u202f]+", " ", text).strip().lstrip("'").strip()
    signs = 0
    for _ in range(3):  # Brackets, a minus and the pound sign stand in any order.
        if body.startswith("(") and body.endswith(")"):
            body, signs = body[1:-1].strip(), signs + 1
        if body[-2:].upper() in ("CR", "DR"):
            signs += body[-2:].upper() == "CR"
            body = body[:-2].strip()
        if len(body) > 1 and body.startswith(_DASHES):
            body, signs = body[1:].strip(), signs + 1
        body = _POUND.sub("", body, count=1).strip()
    if len(body) > 1 and body.endswith(_DASHES):
        body, signs = body[:-1].strip(), signs + 1
    return (body, True) if signs == 1 else (body if not signs else f"?{body}", False)
