"""Two people edit one row: what each field was, what it is now, and what the second typed.

A form carries how its fields stood when it was shown, signed: no more than its reader saw there.
Whoever saves compares that with how they stand now, under the lock of the row.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator
from django.http import QueryDict
from django.utils.translation import gettext as _

#: The hidden field that carries how a form stood.
NAME = "version"
#: What was decided on the page of both versions: the button, the fields it lists, one choice each.
DECIDED, DIFFERS, KEEP = "versions", "differs", "keep:"
#: What that page carries of the form before it, for when a choice is missing.
OPENED = "opened"
MINE, THEIRS, EDIT, CHOSEN = "mine", "theirs", "edit", "chosen"
#: In the name of a field that belongs to a row of a list under the form.
OF_ROW = "-#"
_SALT = "barnetwatch.lib.versions"

#: The values of each input of one field, by the input's name.
Inputs = dict[str, list[str]]
#: The inputs of each field.
Standing = dict[str, Inputs]
#: Of these a page never holds what was there.
_UNREADABLE = (forms.FileInput, forms.PasswordInput, forms.HiddenInput)


@dataclass(frozen=True)
class Part:
    """One field of a form: `field` as it stands now, and the inputs it is sent under."""

    name: str
    label: str
    field: Any
    now: Inputs
    #: The names of its inputs in what was sent, by those they are compared under.
    sent_as: dict[str, str]

    def sent(self, data: QueryDict) -> Inputs:
        """What was sent of it."""
        many = _is_many(self.field.widget)
        return {
            name: _clean(data.getlist(own) if many else data.getlist(own)[-1:])
            for name, own in self.sent_as.items()
        }


@dataclass(frozen=True)
class Fact:
    """What a form changes without asking for it: it is said, and not chosen."""

    name: str
    label: str
    text: str


@dataclass(frozen=True)
class Difference:
    """One field on which two versions differ, in words."""

    name: str
    label: str
    before: str
    theirs: str
    yours: str
    #: Whether there is something to choose: not where one of the two left it alone for good.
    is_asked: bool = True
    #: Which is chosen until somebody chooses: theirs where only they changed it.
    chosen: str = ""


class Clash(Exception):
    """Somebody saved meanwhile; `version` is the stamp of how the row stands now."""

    def __init__(
        self, differences: list[Difference], version: str, before: str, opened: str
    ) -> None:
        super().__init__(", ".join(each.name for each in differences))
        self.differences, self.version, self.before = differences, version, before
        self.opened = dt.datetime.fromisoformat(opened) if opened else None


def parts_of(form: forms.BaseForm, row: str = "", called: str = "", place: str = "") -> list[Part]:
    """The fields of an unbound form. Those of a row in a list under it are known by the `row`,
    and sent under the `place` it had in the list.
    """
    found = []
    for bound in form:
        if bound.field.disabled or isinstance(_plain(bound.field.widget), _UNREADABLE):
            continue
        widget, name = _plain(bound.field.widget), bound.html_name
        known = f"{row}-{bound.name}" if row else name
        value = bound.field.prepare_value(bound.initial)
        inputs = {each: _clean(values) for each, values in _inputs(widget, name, value).items()}
        found.append(
            Part(
                name=known,
                label=" ".join(filter(None, [called, str(bound.label)])),
                field=bound.field,
                now={f"{known}{each.removeprefix(name)}": v for each, v in inputs.items()},
                sent_as={
                    f"{known}{each.removeprefix(name)}": (
                        f"{place}-{bound.name}{each.removeprefix(name)}" if place else each
                    )
                    for each in inputs
                },
            )
        )
    return found


def facts_of(form: Any) -> list[Fact]:
    """What a form says that it changes without asking for it."""
    stands: dict[str, str] = getattr(form, "stands", None) or {}
    return [Fact(f"stands:{label}", label, str(text)) for label, text in stands.items()]


def standing(parts: Iterable[Part | Fact]) -> Standing:
    """How the fields stand."""
    return {
        part.name: {part.name: [part.text]} if isinstance(part, Fact) else part.now
        for part in parts
    }


def stamp(of: str, stood: Standing, at: dt.datetime) -> str:
    """What a form over the row `of` carries: how it stood, and when it was shown."""
    held = {"of": of, "at": at.isoformat(), "stood": stood}
    return signing.dumps(held, salt=_SALT, compress=True)


def read(of: str, text: str) -> dict[str, Any] | None:
    """A stamp of this very row; None where it is not from here."""
    try:
        held: dict[str, Any] = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        return None
    return held if held["of"] == of else None


def compare(
    of: str,
    parts: Sequence[Part | Fact],
    data: QueryDict,
    at: dt.datetime,
    removed: Sequence[Difference] = (),
) -> None:
    """Raise Clash where somebody else changed meanwhile what would be saved.

    `removed` are rows of lists that are no more. Without a stamp nobody knows what the sender saw:
    then all that would change is shown.
    """
    # Where a choice is missing the same is asked again.
    carries = data.get(OPENED if not_chosen(data) else NAME, "")
    held = read(of, carries)
    stood: Standing | None = held["stood"] if held else None
    now = standing(parts)
    if stood is not None and all(now.get(name) == was for name, was in stood.items()):
        return
    differences = [found for part in parts if (found := _difference(part, stood, data))]
    differences += removed
    for name in sorted(name for name in stood or {} if name not in now and OF_ROW not in name):
        gone = _gone(name, stood or {}, data)
        differences += [gone] if gone else []
    if any(each.is_asked or each.theirs for each in differences):
        raise Clash(differences, stamp(of, now, at), carries, held["at"] if held else "")


def _difference(part: Part | Fact, stood: Standing | None, data: QueryDict) -> Difference | None:
    was = None if stood is None else stood.get(part.name)
    if isinstance(part, Fact):
        before = was[part.name][0] if was else part.text
        if before == part.text:
            return None
        return Difference(part.name, part.label, before, part.text, "", is_asked=False)
    mine = part.sent(data)
    if _same(part.field, mine, part.now):
        return None
    words = [
        _("Not known") if each is None else in_words(part.field, each)
        for each in (was, part.now, mine)
    ]
    if was == part.now or (was is None and not any(part.now.values())):
        # Only the sender changed it, or there is nothing to lose: it is saved as it was typed.
        return Difference(part.name, part.label, words[0], "", words[2], is_asked=False)
    chosen = data.get(f"{KEEP}{part.name}") or (
        THEIRS if was is not None and _same(part.field, was, mine) else ""
    )
    before, theirs, yours = words
    return Difference(part.name, part.label, before, theirs, yours, chosen=chosen)


def _gone(name: str, stood: Standing, data: QueryDict) -> Difference | None:
    """A field that was on the form and is not now: it points at what is hidden, or was removed."""
    before = _plain_words(stood[name])
    yours = {each: _clean(data.getlist(each)) for each in stood[name]}
    if yours == stood[name]:
        return None
    said = _("Something that is not shown to you, or was removed; it stays as it is.")
    label = name.rsplit("-", 1)[-1].replace("_", " ").capitalize()
    return Difference(name, label, before, said, _plain_words(yours), is_asked=False)


def settled(of: str, data: QueryDict, place: Callable[[str], str] = lambda name: name) -> QueryDict:
    """What was sent, with their values wherever theirs were chosen.

    `place` gives the name under which an input of a list is sent. The choices are left out, unless
    one is missing.
    """
    held = read(of, data.get(NAME, ""))
    if DECIDED not in data or held is None or not_chosen(data):
        return data
    merged = data.copy()
    for name in data.getlist(DIFFERS):
        if data[DECIDED] in (CHOSEN, EDIT) and data.get(f"{KEEP}{name}") == THEIRS:
            for each, values in held["stood"].get(name, {}).items():
                own = place(each)
                merged.pop(own, None)
                if values:
                    merged.setlist(own, values)
    for key in carried_out(merged):
        del merged[key]
    return merged


def not_chosen(data: QueryDict) -> list[str]:
    """The fields for which a choice was asked and none was made."""
    if data.get(DECIDED) != CHOSEN:
        return []
    return [
        name for name in data.getlist(DIFFERS) if data.get(f"{KEEP}{name}") not in (MINE, THEIRS)
    ]


def carried_out(data: QueryDict) -> list[str]:
    """Of what was sent, the names that say what was chosen."""
    return [name for name in data if name in (DECIDED, DIFFERS, OPENED) or name.startswith(KEEP)]


def carried(data: QueryDict) -> list[tuple[str, str]]:
    """What the page of both versions sends along: all that was typed."""
    left_out = {"csrfmiddlewaretoken", NAME, *carried_out(data)}
    return [
        (name, value)
        for name, values in data.lists()
        if name not in left_out and "password" not in name
        for value in values
    ]


def in_words(field: forms.Field, inputs: Inputs) -> str:
    """What a field's inputs say, as its reader knows it; rows are named through its own door."""
    values = [value for each in inputs.values() for value in each if value]
    if isinstance(_plain(field.widget), forms.CheckboxInput):
        return _("Yes") if values else _("No")
    if not values:
        return _("Empty")
    queryset = getattr(field, "queryset", None)
    if queryset is not None:
        label = field.label_from_instance  # type: ignore[attr-defined]
        keys = [value for value in values if value.isdecimal() and len(value) < 19]
        named = [str(label(row)) for row in queryset.filter(pk__in=keys)]
        return ", ".join(named) or _("Not on the list")
    choices = getattr(_plain(field.widget), "choices", None)
    if choices and not isinstance(choices, ModelChoiceIterator):
        known = {str(key): str(label) for key, label in _flat(choices)}
        return ", ".join(known.get(value, value) for value in values)
    return " ".join(values)


def _same(field: forms.Field, one: Inputs, other: Inputs) -> bool:
    """Whether two texts of a field mean the same: £1,000 and 1000, 1 May 2018 and 01/05/2018."""
    if one == other:
        return True
    if hasattr(field, "queryset") or isinstance(field, forms.MultiValueField):
        return False
    try:
        [first, second] = [
            field.to_python(values[0]) if values else field.to_python("")
            for each in (one, other)
            for values in each.values()
        ]
    except (ValidationError, ValueError):
        return False
    return bool(first == second)


def _flat(choices: Any) -> Iterable[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield key, label


def _plain_words(inputs: Inputs) -> str:
    return " ".join(value for each in inputs.values() for value in each if value) or _("Empty")


def _plain(widget: Any) -> Any:
    """A widget out of what the back office wraps round it."""
    return getattr(widget, "widget", widget)


def _is_many(widget: Any) -> bool:
    return bool(getattr(_plain(widget), "allow_multiple_selected", False))


def _inputs(widget: Any, name: str, value: Any) -> Inputs:
    """What a browser sends of a widget that nobody touched."""
    if isinstance(widget, forms.MultiWidget):
        many: Any = widget
        each = value if isinstance(value, list) else many.decompress(value)
        found: Inputs = {}
        for one, suffix, part in zip(many.widgets, many.widgets_names, each, strict=True):
            found |= _inputs(one, f"{name}{suffix}", part)
        return found
    if isinstance(widget, forms.CheckboxInput):
        return {name: ["on"] if value else []}
    shown = widget.format_value(value)
    values = shown if isinstance(shown, list | tuple) else [shown]
    if isinstance(widget, forms.Select | forms.RadioSelect) and not _is_many(widget):
        values = values[:1]
    return {name: ["" if each is None else str(each) for each in values]}


def _clean(values: list[str]) -> list[str]:
    """Values as they are compared: browsers send other line ends, and lists in any order."""
    return sorted(filter(None, (value.replace("\r\n", "\n").strip() for value in values)))
