"""One thing a digest says, in words: a function for each kind of row."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import Truncator

from accounts.rowrefs import ref
from barnetwatch.lib.dates import Precision, SourceDate, in_words
from barnetwatch.lib.money import in_prose, in_sentence
from contracts.datesahead import DateAhead
from contracts.models import Contract
from costs.models import CostEntry, CostLine, Measure, OverrunAlert
from digests.payments import News
from incidents.models import Incident, IncidentUpdate
from scrutiny.models import Decision, Meeting, Promise, Statement

#: Characters shown of a text that somebody wrote at length.
LONG = 240
#: Files named of those that brought news.
FILES = 3
_VOTED = (Decision.Kind.RESOLUTION, Decision.Kind.MOTION, Decision.Kind.AMENDMENT)


@dataclass(frozen=True)
class Item:
    """One thing said: its words, its page, the status or kind it has, the rows it rests on.

    `title` is how its words begin. `overrun` names the contract that it says has gone over a
    mark, or come back; `of_plan` says that payments against the plan have.
    """

    words: str
    url: str
    title: str = ""
    label: str = ""
    note: str = ""
    rests_on: tuple[str, ...] = ()
    overrun: str = ""
    of_plan: bool = False

    @property
    def head(self) -> str:
        """What leads to its page."""
        return self.title or self.words

    @property
    def rest(self) -> str:
        """What follows its head."""
        return self.words.removeprefix(self.head)


def raised(alerts: Sequence[OverrunAlert], lines: Sequence[CostLine]) -> Item:
    """Open alerts of one contract and measure, the worst of them first; `lines` are its sum's."""
    worst = alerts[0]
    marks: dict[str, list[OverrunAlert]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: alert.exceeded_on):
        # The entry that did it says, too, whether its year was inferred.
        entry = alert.crossing_entry
        marks[str(alert.exceeded if entry is None else entry.effective)].append(alert)
    since = "; ".join(f"over {_marks(of)} since {day}" for day, of in marks.items())
    return Item(
        words=f"{worst.contract}. {worst.sum_in_words}. {_capital(since)}.",
        url=worst.get_absolute_url(),
        title=_measure(worst.contract, worst.sum_in_words),
        label=f"{worst.threshold.get_severity_display()} alert",
        rests_on=tuple(map(ref, (*alerts, *lines))),
        overrun=str(worst.contract),
        of_plan=worst.threshold.measure == Measure.OVER_PLAN,
    )


def cleared(alerts: Sequence[OverrunAlert], lines: Sequence[CostLine], sum_now: str) -> Item:
    """Alerts of one contract and measure that ended alike; `sum_now` is where it stands."""
    first = alerts[0]
    sum_now = sum_now or first.sum_in_words
    return Item(
        words=f"{first.contract}. {sum_now}. "
        f"No longer over {_marks(alerts)}: {first.get_ending_display().lower()}.",
        url=first.get_absolute_url(),
        title=_measure(first.contract, sum_now),
        rests_on=tuple(map(ref, (*alerts, *lines))),
        overrun=str(first.contract),
        of_plan=first.threshold.measure == Measure.OVER_PLAN,
    )


def _measure(contract: Contract, sum_in_words: str) -> str:
    """How an overrun's words begin: CSG. At risk"""
    return f"{contract}. {sum_in_words.partition(':')[0]}"


def failure(incident: Incident) -> Item:
    """A failure recorded just now."""
    contract, supplier = incident.contract, incident.supplier
    known = [
        f"{verb} {_when(date)}"
        for verb, date in (("occurred", incident.occurred), ("first reported", incident.reported))
        if date.day is not None
    ]
    title = f"{incident.title} ({incident.reference})"
    return Item(
        words=f"{title}. "
        f"{f'Under {contract}' if contract else f'Supplier: {supplier}'}. "
        f"{_capital(', '.join(known) or 'date not known')}.",
        url=incident.get_absolute_url(),
        title=title,
        label=f"{incident.get_severity_display()}, {incident.get_status_display().lower()}",
        rests_on=(ref(incident),),
    )


def news(update: IncidentUpdate) -> Item:
    """The latest step in the story of a failure that was known before."""
    incident = update.incident
    title = f"{incident.title} ({incident.reference})"
    return Item(
        words=f"{title}. {_short(update.text)}",
        url=incident.get_absolute_url(),
        title=title,
        label=incident.get_status_display(),
        rests_on=(ref(incident), ref(update)),
    )


def money(entry: CostEntry) -> Item:
    """A sum with its status, whose figure it is and, where that is open, where it was read."""
    line, stage = entry.line, entry.get_stage_display()
    said = f"{in_prose(abs(entry.amount))} {'less ' if _is_release(entry) else ''}{stage}"
    sources = [entry.source] if entry.source.is_open else []
    read_in = "".join(f" Source: {source}." for source in sources)
    title = f"{said}{', now reversed' if entry.reverses_id else ''}: “{line}”"
    return Item(
        words=f"{title} ({line.contract or line.supplier}), {entry.effective}.",
        url=line.get_absolute_url(),
        title=title,
        label=stage.capitalize(),
        note=f"Figure given by {entry.stated_by}.{read_in}",
        rests_on=tuple(map(ref, (line, entry, *sources))),
    )


def _is_release(entry: CostEntry) -> bool:
    return entry.amount < 0 and entry.reverses_id is None


def paid(news: News) -> Item:
    """What a contract was paid in the newest month, and to date against what was contracted."""
    contract, plan, sum_ = news.contract, news.stands.plan, news.stands.in_month
    month = in_words(plan.at, Precision.MONTH)
    title = f"{contract}. {in_prose(abs(sum_))} {'came back' if sum_ < 0 else 'paid'} in {month}"
    to_date = f"{in_sentence(plan.paid)} paid to date; {plan.why_not}"
    names = ", ".join(file.name for file in news.files[:FILES])
    more = f" and {len(news.files) - FILES} more" if len(news.files) > FILES else ""
    return Item(
        words=f"{title}. {to_date if plan.over is None else plan.in_words}.",
        url=contract.get_absolute_url(),
        title=title,
        note=f"Imported: {names}{more}.",
        rests_on=tuple(map(ref, (contract, *news.files[:FILES]))),
    )


def decision(row: Decision) -> Item:
    """A decision or a motion, and what became of it."""
    day = row.taken if row.taken_on else "date not known"
    mover = f"Moved by {row.mover}. " if row.mover else ""
    return Item(
        words=f"{row}. {row.body or row.taken_by}, {day}. {mover}{_outcome(row)}.",
        url=row.get_absolute_url(),
        title=str(row),
        label=row.get_kind_display(),
        rests_on=(ref(row),),
    )


def _outcome(row: Decision) -> str:
    """“Agreed, 8 for, 3 against”, “Defeated, vote counts not given”, “Outcome not known”."""
    is_known = row.outcome != Decision.Outcome.UNKNOWN
    outcome = row.get_outcome_display() if is_known else "Outcome not known"
    if row.kind not in _VOTED:
        return outcome
    if any(count is not None for count in (row.votes_for, row.votes_against, row.votes_abstained)):
        return f"{outcome}, {row.votes}"
    note = row.votes_note.rstrip(".")
    if note and note.lower() != row.votes:
        return f"{outcome}. {note}"
    return f"{outcome}, vote {row.votes}"


def promise(row: Promise, on: dt.date) -> Item:
    """A promise in its own words, with its age on a day; at least that, where only a month or
    a year is known."""
    made, age = "on a day not known", row.age_in_days(on)
    if age is not None:
        least = "" if row.made_precision == Precision.DAY else "at least "
        made = f"{_when(row.made)}, {least}{_days(age)} ago"
    due = f"Due: {row.due}"
    if row.due_on is not None and row.due_on < on:
        due += f", {_days((on - row.due_on).days)} overdue"
    title = f"“{_short(row.words)}”"
    return Item(
        words=f"{title}. Promised by {row.made_by}"
        f"{f' to {row.body}' if row.body else ''} {made}. {due}.",
        url=row.get_absolute_url(),
        title=title,
        label=row.get_status_display(),
        rests_on=(ref(row),),
    )


def claim(row: Statement, on: dt.date) -> Item:
    """A claim that nobody has answered, with how long that is."""
    said = "on a day not known"
    if row.said_on is not None:
        least = "" if row.said_precision == Precision.DAY else "at least "
        said = f"{_when(row.said)}, {least}{_days((on - row.said_on).days)} ago"
    words = _short(row.words)
    title = f"“{words}”" if row.is_quotation else words
    return Item(
        words=f"{title}{'' if title.endswith('.') else '.'} {row.speaker}, {said}.",
        url=row.get_absolute_url(),
        title=title,
        label="Unanswered",
        rests_on=(ref(row),),
    )


def meeting(row: Meeting, on: dt.date) -> Item:
    """A meeting that is still to come."""
    days = (row.held_on - on).days
    title = f"{row.title or row.body}"
    body = f"{row.body}. " if row.title else ""
    away = "today" if not days else f"in {_days(days)}"
    return Item(
        words=f"{title}. {body}{_capital(_when(row.held))}, {away}.",
        url=row.get_absolute_url(),
        title=title,
        rests_on=(ref(row),),
    )


def date_ahead(contract: Contract, date: DateAhead) -> Item:
    """A date of a contract that somebody must not miss."""
    days = f"in {_days(date.days)}" if date.days else "today"
    title = f"{contract}. {date.occasion.value}"
    return Item(
        words=f"{title}: {in_words(date.falls_on)}, {days}.",
        url=contract.get_absolute_url(),
        title=title,
        rests_on=(ref(contract),),
    )


def _marks(alerts: Sequence[OverrunAlert]) -> str:
    """Their marks, lowest first: “£100,000, £500,000 and 1%”."""
    limits = {alert.pk: alert.threshold.limit(alert.baseline_now) or 0 for alert in alerts}
    words = [alert.threshold.mark for alert in sorted(alerts, key=lambda each: limits[each.pk])]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _when(date: SourceDate) -> str:
    """A date within a sentence: on 25 July [2016], in July [2018], in 2017."""
    return f"{'on' if date.precision == Precision.DAY else 'in'} {date}"


def _days(count: int) -> str:
    return f"{count:,} {'day' if count == 1 else 'days'}"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _short(text: str) -> str:
    """A text on one line, and no longer than a reader takes in."""
    return str(Truncator(" ".join(text.split())).chars(LONG, truncate="…"))
