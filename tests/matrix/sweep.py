"""Asking, and what an answer says: every byte of it, decoded, and its headers."""

import copy
import io
import logging
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from celery.app.task import Task
from django.db import transaction

from barnetwatch.logs import Lines
from tests.matrix.addresses import Pattern
from tests.matrix.canaries import Canary, readable
from tests.matrix.doors import Doors, Site
from tests.matrix.sending import forms_in, sent
from tests.matrix.world import World
from tests.matrix.writes import written

#: What differs between two answers that say the same: secrets against forgery, numbers of
#: requests, tokens of forms that are sent once, the time of day.
_PASSING = re.compile(
    r'(csrfmiddlewaretoken|name="(?:token|once|sent_token|version)")[^>]*'
    r"|X-Request-ID: \S+|Set-Cookie: .*|Content-Length: \d+|DTSTAMP:\S+|\b[0-9a-f]{4}-[0-9a-f]{4}\b"
    r"|\b\d{1,2}(?::\d\d(?:[ap]m)?|[ap]m)\b|\.\d{6}(?=\+)"
    r"| That is long ago: is the worker running\?|Expires: .*|Last-Modified: .*|ETag: .*"
    r'|"(?:at|Made at)": ?"[^"]*"'
)


@dataclass(frozen=True)
class Asked:
    """One request."""

    pattern: Pattern
    who: str
    address: str
    method: str = "GET"
    #: The state of the row that its address names.
    about: str = "open"

    def __str__(self) -> str:
        return f"{self.who}: {self.method} {self.address}"


@dataclass
class Answer:
    """What was answered."""

    asked: Asked
    status: int
    packed: bytes
    found: set[Canary]
    leaks: set[Canary]
    crossed: set[Site]
    #: The tables that were written to, and the fields of a form that were sent back as wrong.
    written: set[str]
    wrong: set[str]

    @property
    def text(self) -> str:
        """All that it says, headers first, without what passes."""
        return zlib.decompress(self.packed).decode()


@dataclass
class Sweep:
    """A walk, and what it met."""

    world: World
    doors: Doors = field(default_factory=Doors)
    answers: dict[Asked, Answer] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    #: Log lines as they are written where the site is served, and tasks that were asked for.
    lines: io.StringIO = field(default_factory=io.StringIO)
    tasks: list[str] = field(default_factory=list)

    @contextmanager
    def walking(self) -> Iterator["Sweep"]:
        """The doors, the log and the queue watched."""
        handler = logging.StreamHandler(self.lines)
        handler.setFormatter(Lines(as_json=True))
        root = logging.getLogger()
        with pytest.MonkeyPatch.context() as patch, self.doors.watched():
            patch.setattr(Task, "apply_async", lambda task, *a, **k: self.tasks.append(f"{a}{k}"))
            patch.setattr(root, "handlers", [*root.handlers, handler])
            yield self

    def ask(self, asked: Asked, *, undo: bool = True, data: Any = None) -> Answer:
        """Send one request; what it writes is taken back, but for what a walk's GET writes.

        With `data` a form is sent, and the page that it leads to is part of the answer: that is
        where the site says what became of it.
        """
        browser = self.world.people[asked.who].browser
        cookies = copy.deepcopy(browser.cookies)
        self.doors.forget()
        with transaction.atomic(), written() as tables:
            answers = list(sent(browser, asked.method, asked.address, data))
            text = "\n\n".join(map(_said, answers))
            if undo or asked.method != "GET":
                transaction.set_rollback(True)
        browser.cookies = cookies
        broken = [each.status_code for each in answers if each.status_code >= 500]
        leaks = self.world.leaks(asked.who, text)
        self.counts["requests"] += len(answers)
        if self.doors.is_out is None:
            self.counts["5xx"] += len(broken)
            self.counts["leaks"] += len(leaks)
        return Answer(
            asked,
            broken[0] if broken else answers[0].status_code,
            zlib.compress(normal(text).encode(), 1),
            self.world.record.book.found_in(text),
            leaks,
            self.doors.crossed,
            tables,
            set() if data is None else _wrong(answers),
        )

    def page(self, asked: Asked) -> Any:
        """The answer as Django gives it; nothing of it is counted or written."""
        browser = self.world.people[asked.who].browser
        cookies = copy.deepcopy(browser.cookies)
        with transaction.atomic():
            answer = browser.get(asked.address)
            if answer.streaming:
                b"".join(answer.streaming_content)  # Else its file stays open.
            transaction.set_rollback(True)
        browser.cookies = cookies
        return answer

    def keep(self, asked: Asked) -> Answer:
        """The same, remembered."""
        found = self.answers[asked] = self.ask(asked, undo=False)
        return found

    def tell(self, say: Callable[[str], None]) -> None:
        """The figures, for the end of the run."""
        self.counts["canaries"] = len(self.world.record.book.by_text)
        names = ("URL patterns", "requests", "canaries", "leaks", "5xx")
        told = ", ".join(f"{self.counts[name]:,} {name}" for name in names)
        say(f"permission matrix: {told}")


def normal(text: str) -> str:
    """A text without what differs from one time to the next."""
    return _PASSING.sub("", text)


def _said(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    head = "\n".join(f"{name}: {value}" for name, value in sorted(answer.headers.items()))
    return f"{head}\n\n{readable(body)}"


def _wrong(answers: list[Any]) -> set[str]:
    return {
        form.add_prefix(name)
        for answer in answers
        for form in forms_in(answer)
        if form.is_bound
        for name in form.errors
    }
