"""What in free text looks like data about a private person, which the record must not hold.

Pure: text in, findings out. NHS numbers (NHS Data Dictionary: ten digits, the last by modulus 11),
National Insurance numbers (HMRC NIM39110), UK telephone numbers (Ofcom's numbering plan) and a
postcode beside a person's name. Sums, dates and references are not taken for any of them: a warning
that cries wolf is ticked away unread.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a finding looks like, as it stands in a sentence."""

    NHS = "an NHS number"
    INSURANCE = "a National Insurance number"
    PHONE = "a phone number"
    ADDRESS = "somebody's name with their postcode"
    NAME = "a person's name"


@dataclass(frozen=True)
class Finding:
    """Some of a text, and what it looks like."""

    kind: Kind
    text: str


#: What stands between groups of digits.
_GAP = r"[\s.‐-―-]?"
#: What no number of a person's follows: letters, sums, parts of longer numbers and references.
_START = r"(?<![\w£$€/#_-])(?<![0-9][.,])"
_END = r"(?![\w/_])(?![.,-][0-9])"

_NHS = re.compile(rf"{_START}[0-9]{{3}}({_GAP})[0-9]{{3}}\1[0-9]{{4}}{_END}")
_LETTERS = r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
_INSURANCE = re.compile(
    rf"(?<![\w-]){_LETTERS}{_GAP}[0-9]{{2}}{_GAP}[0-9]{{2}}{_GAP}[0-9]{{2}}{_GAP}[A-D](?![\w-])"
)
#: In small letters only without gaps: "by 10 11 12 a" is no number.
_INSURANCE_SMALL = re.compile(rf"(?<![\w-])(?i:{_LETTERS})[0-9]{{6}}[a-dA-D](?![\w-])")
_DIGITS = r"(?:[\s.‐-―()-]{0,2}[0-9])"
_ABROAD = re.compile(rf"(?<![\w+])(?:\+|00)44[\s.-]?(?:\(0\)|0)?{_DIGITS}{{9,10}}(?![0-9])")
_AT_HOME = re.compile(rf"{_START}\(?0[12378][0-9]{_DIGITS}{{7,8}}(?![0-9])(?![.,/][0-9])(?!\w)")
_POSTCODE = re.compile(
    r"(?<![\w-])(?:[A-Z]{1,2}[0-9][A-Z0-9]?\s?[0-9][ABD-HJLNP-UW-Z]{2}"
    r"|[a-z]{1,2}[0-9][a-z0-9]?\s[0-9][abd-hjlnp-uw-z]{2})(?![\w-])"
)
#: Words before a number that say it is one of the council's or a supplier's own.
_REFERENCE = re.compile(
    r"(?:ref|refs|reference|references|payment|payments|invoice|invoices|order|orders|contract|po"
    r"|document|doc|transaction|voucher|account|company|uprn|case|number|numbers|no|nos|id)"
    r"[\s.:#]*$",
    re.IGNORECASE,
)
_SAYS_NHS = re.compile(r"\bNHS\b[^.\n]{0,20}$", re.IGNORECASE)
_SAYS_PHONE = re.compile(
    r"(?:\b(?:tel|telephone|phone|mobile|mob|call|ring|rang)\b[^\n]{0,15})$", re.IGNORECASE
)
#: As far from a postcode as a name may stand.
_BEFORE, _AFTER = 100, 60
_SURNAME = r"[A-Z][a-z]*['’-]?[A-Za-z][a-z]+"
_TITLED = re.compile(
    rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr)\b\.?\s{{1,3}}(?:[A-Z][a-z]*\.?\s{{1,3}}){{0,2}}{_SURNAME}"
)
#: Forenames that are common in England and are seldom anything else.
_FORENAMES = (
    "Aaron Abdul Abigail Adam Adrian Ahmed Aisha Alan Alex Alexander Ali Alice Alison Amanda Amina"
    " Amy Andrea Andrew Angela Ann Anna Anne Anthony Ashley Barbara Barry Ben Benjamin Bernard Beth"
    " Brenda Brian Bruce Carol Caroline Catherine Charles Charlotte Cheryl Chloe Chris Christine"
    " Christopher Claire Colin Craig Daniel Dave David Dawn Dean Deborah Denise Dennis Derek Diana"
    " Diane Donna Dorothy Edward Eileen Elaine Eleanor Elizabeth Ellen Emily Emma Eric Fatima Fiona"
    " Frances Frank Gareth Gary Geoff Geoffrey George Gillian Gordon Graham Grace Hannah Harry"
    " Hassan Heather Helen Henry Hilary Howard Ian Ibrahim Irene Isaac Jacqueline James Jane"
    " Janet Janice Jason Jean Jeff Jennifer Jeremy Jessica Jill Joan Joanne John Jonathan Joseph"
    " Joshua Joyce Judith Julia Julian Julie Karen Kate Katherine Kathleen Keith Kelly Kevin"
    " Kim Laura Lauren Lawrence Lee Leonard Lesley Liam Linda Lisa Louise Lucy Luke Lynn Malcolm"
    " Margaret Maria Marie Marilyn Mark Martin Mary Matthew Maureen Megan Melanie Michael Michelle"
    " Mohammed Mohamed Muhammad Nadia Nancy Natalie Nathan Neil Nicholas Nicola Nigel Norman Olivia"
    " Omar Pamela Patricia Patrick Paul Pauline Peter Philip Priya Rachel Raymond Rebecca Richard"
    " Robert Roger Ronald Ruth Ryan Samantha Samuel Sandra Sarah Sean Sharon Sheila Shirley Simon"
    " Sophie Stephen Steven Stuart Susan Suzanne Sylvia Teresa Thomas Timothy Tracey Trevor Valerie"
    " Vanessa Victoria Vincent Wendy William Yasmin Yusuf Yvonne Zoe"
)
#: What follows a forename in the name of a place.
_PLACES = (
    "Street|Road|Lane|House|Avenue|Close|Court|Way|Hall|Park|School|Gardens|Place|Square|Centre"
    "|Church|College|Hospital|Grove|Drive|Terrace|Crescent|Mews|Hill|Green|Estate|Lewis|Cross"
)
_NAMED = re.compile(
    rf"\b(?:{'|'.join(_FORENAMES.split())})\s{{1,3}}(?!(?:{_PLACES})\b)(?:[A-Z]\.?\s)?{_SURNAME}"
)

#: What stands beside the name of somebody elected or appointed, who acts in public.
_OFFICE = re.compile(r"\b(?:Cllrs?|Councillors?|Mayor|Alderman|Lord|Lady|Baroness|MP|AM)\b")


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits are an NHS number: the last is the check digit by modulus 11.

    943 476 5919 is one. Ten equal digits pass the sum and are none.
    """
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()) or len(set(digits)) == 1:
        return False
    total = sum(
        int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)
    )
    return (11 - total % 11) % 11 == int(digits[9])


def found_in(text: str) -> list[Finding]:
    """What in a text looks like data about a private person, each once, in the order of kinds."""
    plain = _plain(text)
    kinds = (_nhs_numbers, _insurance_numbers, _phones, _addresses)
    return list(dict.fromkeys(found for look in kinds for found in look(plain)))


def names_in(text: str) -> list[Finding]:
    """The people a text names by a title or a common forename, save those it says hold office."""
    plain = _plain(text)
    return [
        Finding(Kind.NAME, match[0])
        for pattern in (_TITLED, _NAMED)
        for match in pattern.finditer(plain)
        if not holds_office(plain[max(0, match.start() - 12) : match.end() + 4])
    ]


def holds_office(text: str) -> bool:
    """Whether a text says of somebody that they hold a public office: Cllr Barry Rawlings."""
    return bool(_OFFICE.search(text))


def _plain(text: str) -> str:
    """The text with digits and spaces of every kind as plain ones, and without what nobody sees."""
    spread = unicodedata.normalize("NFKC", text)
    return "".join(char for char in spread if unicodedata.category(char) != "Cf")


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _is_reference(text: str, start: int) -> bool:
    return bool(_REFERENCE.search(text, max(0, start - 30), start))


def _nhs_numbers(text: str) -> Iterator[Finding]:
    for match in _NHS.finditer(text):
        is_said = _SAYS_NHS.search(text, max(0, match.start() - 40), match.start())
        if not match[1] and not is_said and _is_reference(text, match.start()):
            continue
        if is_nhs_number(_digits(match[0])):
            yield Finding(Kind.NHS, match[0])


def _insurance_numbers(text: str) -> Iterator[Finding]:
    for pattern in (_INSURANCE, _INSURANCE_SMALL):
        for match in pattern.finditer(text):
            yield Finding(Kind.INSURANCE, match[0])


def _phones(text: str) -> Iterator[Finding]:
    for match in _ABROAD.finditer(text):
        yield Finding(Kind.PHONE, match[0])
    for match in _AT_HOME.finditer(text):
        shown = match[0].strip("( ")
        digits = _digits(shown)
        is_whole = digits == shown
        before = max(0, match.start() - 30)
        says_so = bool(_SAYS_PHONE.search(text, before, match.start()))
        if len(digits) == 10 and not says_so and (digits[1] not in "18" or is_whole):
            continue
        if is_whole and not says_so and _is_reference(text, match.start()):
            continue
        yield Finding(Kind.PHONE, shown)


def _addresses(text: str) -> Iterator[Finding]:
    for match in _POSTCODE.finditer(text):
        near = text[max(0, match.start() - _BEFORE) : match.end() + _AFTER]
        name = _TITLED.search(near) or _NAMED.search(near)
        if name:
            yield Finding(Kind.ADDRESS, f"{name[0]}, {match[0]}")
