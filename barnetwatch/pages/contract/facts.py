"""What a contract is, as a list of facts."""

from collections.abc import Iterator

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import in_sentence
from barnetwatch.pages.contract.agreed import Agreed
from barnetwatch.pages.contract.held import Held
from barnetwatch.pages.contract.words import times
from contracts.datesahead import dates_ahead

#: Label, words, and where they lead.
Fact = tuple[str, str, str]


def facts(held: Held, agreed: Agreed) -> list[Fact]:
    """The facts in the order a reader asks for them; what is not known says so."""
    contract = held.contract
    return [
        ("Supplier", contract.supplier.name, contract.supplier.get_absolute_url()),
        ("Status", str(contract.get_status_display()), ""),
        ("Award", _award(agreed), "#figures" if agreed.disagree else ""),
        ("Term", _term(held, agreed), ""),
        *(("Signed", str(contract.signed), "") for day in [contract.signed_on] if day),
        ("Let under", str(contract.get_regime_display()), ""),
        *_dates(held, agreed),
        *(("Kept by", str(manager), "") for manager in [contract.manager] if manager),
        *(("Also known as", names, "") for names in [contract.other_titles] if names),
    ]


def _award(agreed: Agreed) -> str:
    if agreed.award:
        return in_sentence(agreed.award.amount)
    return "The sources disagree" if agreed.disagree else "Not known"


def _term(held: Held, agreed: Agreed) -> str:
    starts, ends = held.contract.starts_on, held.contract.ends_on
    term = f"{in_words(starts)} to {in_words(ends)}"
    if agreed.last_day and ends and agreed.last_day != ends:
        term += f", by variation to {in_words(agreed.last_day)}"
    return term


def _dates(held: Held, agreed: Agreed) -> Iterator[Fact]:
    """What lies ahead, each with how far off it is."""
    contract, on = held.contract, held.when.on
    for date in dates_ahead(on, agreed.last_day, contract.notice_months, contract.review_on):
        off = "today" if not date.days else f"in {times(date.days, 'day')}"
        yield date.occasion.value, f"{in_words(date.falls_on)}, {off}", ""
