"""Payments of a supplier with contracts, as a file of our own says and officers have confirmed."""

import datetime as dt
import re
from html import unescape
from typing import Any

from contracts.models import Contract
from costs.models import AttributionRule, Payment
from costs.payments import attributing
from tests import factories
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring

#: Directorate, type, reference, name, sum, day of April 2018.
ROW = "{directorate},Dept,{type},{reference},{name},{amount},{day:02}/04/2018"


def a_row(amount: str, day: int = 10, **given: Any) -> str:
    """A row of April's file."""
    given = {
        "directorate": "Resources",
        "type": "IT support",
        "reference": f"90{day}",
        "name": "CAPITA BUSINESS SERVICES LIMITED",
        **given,
    }
    return ROW.format(amount=amount, day=day, **given)


def april(*rows: str, name: str = "april-2018.csv") -> list[Payment]:
    """The payments of a file of these rows, in its order."""
    file = bring(table(*rows), name=name).file
    return list(Payment.objects.filter(file=file).order_by("line"))


def a_contract(reference: str = "CSG", **given: Any) -> Contract:
    """A pound a day over 2018: £120 contracted by 30 April."""
    given = {
        "award": 365,
        "title": "Customer and Support Group",
        "starts_on": dt.date(2018, 1, 1),
        "ends_on": dt.date(2018, 12, 31),
        **given,
    }
    if "supplier" not in given:
        given["supplier"] = factories.a_supplier("Capita Business Services Ltd")
    return factories.a_contract(reference, **given)


def confirmed(
    contract: Contract, name: str = "Capita Business Services Ltd", **given: Any
) -> AttributionRule:
    """An officer has confirmed that payments to a name are of a contract."""
    given = {"reason": "Its invoices say so.", "by": factories.the_officer(), **given}
    return attributing.confirm(name, supplier=contract.supplier, contract=contract, **given)


def words_of(html: bytes) -> str:
    """What is read on a page."""
    shown = re.sub(r"(?s)<(title|desc|script)\b.*?</\1>|<[^>]+>", " ", html.decode())
    return re.sub(r" (?=[.,:;])", "", " ".join(unescape(shown).split()))
