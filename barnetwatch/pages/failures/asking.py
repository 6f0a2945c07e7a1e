"""What the pages of a report have in common.

Choices go through the door, and do so again each time the answers are used: a row that somebody
may no longer see is refused as if there were none.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from barnetwatch.lib.forms import SiteForm
from contracts.models import Contract

#: A line of the page on which answers are checked.
Answer = tuple[str, str]


class Question(SiteForm):
    """One page of the report. It knows who is asked, and under which contract it happened."""

    def __init__(
        self, *args: Any, user: Any, contract: Contract | None, on: dt.date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.contract, self.on = user, contract, on
        self.prepare()

    def prepare(self) -> None:
        """Put the choices in, which depend on the person."""

    def answers(self) -> Iterator[Answer]:
        """What was answered, in words; only of a valid form."""
        raise NotImplementedError

    def fields_of_failure(self) -> dict[str, Any]:
        """What it says of the failure, as casework.report takes it."""
        return dict(self.cleaned_data)


class Revealing(Question):
    """A page on which each choice of one field brings up the fields that belong to it."""

    #: The field that decides, and for each of its choices the fields that come up.
    decides = ""
    reveals: dict[str, tuple[str, ...]] = {}

    @property
    def decision(self) -> Any:
        """The field that decides."""
        return self[self.decides]

    @property
    def options(self) -> list[tuple[Any, list[Any]]]:
        """Each choice with its fields."""
        return [
            (option, [self[name] for name in self.reveals.get(str(option.data["value"]), ())])
            for option in self.decision
        ]

    def need(self, name: str, said: str) -> None:
        """Ask for a field that only this choice needs."""
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, ValidationError(said, code="required"))


class HintedRadios(forms.RadioSelect):
    """Choices that each say what they mean."""

    template_name = "site/failures/hinted_radios.html"

    def __init__(self, hints: dict[str, Any]) -> None:
        super().__init__()
        self.hints = hints

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        return option | {"hint": self.hints.get(str(value), "")}
