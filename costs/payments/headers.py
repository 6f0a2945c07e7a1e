"""What a column means, by the words of its header: rules for publishers never met before."""

import re
from collections.abc import Sequence
from functools import lru_cache

from costs.payments.shape import Meaning

_LONGEST = 120

#: What a header of each meaning says, best first, and what it must not say.
_SAYS: dict[Meaning, tuple[tuple[tuple[int, str], ...], str]] = {
    Meaning.PAID_ON: (
        (
            (10, r"^(?!.*invoice).*\b(paid|payment|pay)\b.*\bdate\b"),
            (10, r"^date (of )?(paid|payment)"),
            (9, r"\b(paid|payment)\b.*\bdate\b"),
            (8, r"\bclear(ing|ed|ance)\b.*\bdate\b"),
            (7, r"^date$|\btransaction date\b|\bcheque date\b|\bbacs date\b"),
            (6, r"\b(gl|posting|posted|ledger|accounting|effective)\b.*\bdate\b|^date posted"),
            (5, r"\bdate\b"),
            (4, r"^updated$|^paid$"),
            (2, r"^(payment )?(period|month|quarter)$"),
        ),
        r"\b(due|order|start|end|birth|amount|value|expiry|review|award|awarded|contract)\b",
    ),
    Meaning.AMOUNT: (
        (
            (
                10,
                r"\bnett?\b|\b(exc|excl|excluding|ex|less|without|before) (of )?(\w+ )?vat\b",
            ),
            (8, r"\bamount\b"),
            (7, r"\bvalue\b"),
            (
                6,
                r"\b(total|spend|spent|cost|price|sum|gbp|expenditure)$|^(payments?|paid)$",
            ),
            (5, r"^(total|sum|spend|expenditure|gbp)\b"),
            (3, r"\bgross\b|\b(inc|incl|including) vat\b"),
        ),
        (
            r"^(?!.*\b(exc|excl|excluding|ex|nett?|less|without|gross|inc|incl|including|before)\b)"
            r".*\bvat\b|^(supplier|vendor|transaction)"
            r"|\b(number|no|code|type|category|description|currency|id|date|ref|reference)\b"
            r"|\b(band|month|year)\b"
        ),
    ),
    Meaning.SUPPLIER: (
        (
            (10, r"\b(supplier|vendor|beneficiary|payee|creditor|recipient)s?\b.*\bname\b"),
            (9, r"^(supplier|vendor|beneficiary|payee|creditor|recipient)s?( \w{1,4})?$|^paid to$"),
            (8, r"\bname of (the )?(supplier|vendor|beneficiary|payee|creditor|recipient)\b"),
            (7, r"\bmerchant( name)?$|^(company|contractor)( name)?$"),
            (6, r"\b(supplier|vendor|beneficiary|payee|creditor)\b"),
            (5, r"^name$"),
        ),
        (
            r"\b(ids?|no|num|number|code|type|post ?code|post|address|site|ref|reference)\b"
            r"|\b(category|status|registered|registration|charity|vat|other|town|group|size|class)\b"
            r"|\bclassification\b"
        ),
    ),
    Meaning.REFERENCE: (
        (
            (10, r"\btrans(action|actions)? ?(no|number|num|id|ref|reference)\b"),
            (9, r"\bpayment ref(erence)?\b"),
            (8, r"\bref ?doc\b|\binternal ref|\b(document|doc|voucher) (no|number|ref)\b"),
            (7, r"\bpayment (no|number|id)\b"),
            (6, r"\binvoice (no|number|id|ref|reference)\b"),
            (5, r"\bref(erence)?( no| number)?$|^unique id"),
        ),
        r"\b(contract|supplier|vendor|customer|centre|order|charity|company|vat|registration|project)\b",
    ),
    Meaning.DIRECTORATE: (
        (
            (10, r"\bdirectorate\b"),
            (8, r"\bstrategic group\b|\bdepart?mental? family\b|\bdepartment (family|area)\b"),
            (7, r"\borgani[sz]\w* unit\b"),
            (4, r"^service area\b"),
        ),
        r"\b(code|id|number)\b",
    ),
    Meaning.DEPARTMENT: (
        (
            (10, r"\b(department|dept)\b(?! area)"),
            (8, r"^entity\b"),
            (7, r"^service\b(?!.*(charge|type))|\bdivision\b"),
            (5, r"\bcost centre( name| description)?$|^section\b"),
        ),
        r"\b(code|id|number|family|uri)\b",
    ),
    Meaning.EXPENDITURE_TYPE: (
        (
            (10, r"\b(expenditure|expenses?|spend) (type|category)\b"),
            (8, r"^account( detail| description| name)?$|\baccount code description\b"),
            (7, r"\bcost element\b|^category\b|\bsubjective\b"),
            (5, r"\bcategory( \w+)?$|\bgroup description\b|\bexpen\w+ (area|account)\b"),
            (4, r"\bsubj\b|\btype of (spend|expenditure)\b"),
        ),
        r"\b(code|id|number|uri|merchant|supplier)\b(?!.*description)",
    ),
    Meaning.PURPOSE: (
        (
            (10, r"\bpurpose\b"),
            (8, r"\b(payment|line|extended|invoice|trans\w*) (description|narrative|details?)\b"),
            (7, r"\bnarrative\b|\bdescription\b|^details$"),
            (3, r"\bcomments?$|\bdetailed expenditure type\b"),
        ),
        r"\b(code|account|supplier|group|subj)\b",
    ),
    Meaning.CONTRACT_REFERENCE: (
        ((10, r"\bcontract (ref|reference|no|number|id)\b"), (5, r"^contract$")),
        r"\b(title|type|date)\b",
    ),
    Meaning.REDACTION: (((10, r"\bredact"), (6, r"\bpublish\b")), r"^$"),
}
_RULES = {
    meaning: ([(score, re.compile(says)) for score, says in rules], re.compile(never))
    for meaning, (rules, never) in _SAYS.items()
}


def words_of(header: str) -> str:
    """A header in plain words: OrganisationLabel, “8 Amount (£)” and line breaks made alike."""
    text = header.strip().lstrip("\ufeff")
    if text.startswith("ï»¿"):
        text = text[3:]
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text).lower()
    text = re.sub(r"£|\ufffd|œ", " gbp ", text)
    words = re.sub(r"[^a-z0-9]+", " ", text).split()
    while words and words[0].isdigit():
        words.pop(0)
    while len(words) > 1 and words[-1] == "gbp":
        words.pop()
    return " ".join(words)


@lru_cache(maxsize=4096)
def scores(header: str) -> tuple[tuple[Meaning, int], ...]:
    """How well a header says each meaning; those it does not say are left out."""
    if len(header) > _LONGEST or not (words := words_of(header)):
        return ()
    words = words.replace("transno", "trans no").replace("nett ", "net ")
    found = []
    for meaning, (rules, never) in _RULES.items():
        if not never.search(words):
            best = next((score for score, says in rules if says.search(words)), 0)
            if best:
                found.append((meaning, best))
    return tuple(found)


def assign(
    headers: Sequence[str], penalties: dict[tuple[Meaning, int], int] | None = None
) -> dict[Meaning, int]:
    """Each meaning's column: the best said first, and no column twice."""
    claims = [
        (score - (penalties or {}).get((meaning, column), 0), meaning, column)
        for column, header in enumerate(headers)
        for meaning, score in scores(header)
    ]
    order = list(Meaning)
    taken: dict[Meaning, int] = {}
    for score, meaning, column in sorted(claims, key=lambda c: (-c[0], order.index(c[1]), c[2])):
        if score > 0 and meaning not in taken and column not in taken.values():
            taken[meaning] = column
    return taken


def is_header(columns: dict[Meaning, int]) -> bool:
    """Whether a row says enough to be the header: a sum, and who got it or when."""
    return Meaning.AMOUNT in columns and (Meaning.SUPPLIER in columns or Meaning.PAID_ON in columns)
