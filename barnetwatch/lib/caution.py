"""The step at which a form asks back: what was typed looks like data about a private person.

A form that comes from here warns once and writes nothing. Whoever takes it out goes on; whoever
keeps it ticks that and says why, and the reason is noted in the history of what they write
(`accounts.backoffice.journal`). Nothing typed is lost, and nothing needs JavaScript: the tick and
the reason stand under the field itself, on whatever page draws it.
"""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from barnetwatch.lib.byrole import BY_ROLE, role_of
from barnetwatch.lib.personal import Finding, Kind, found_in, holds_office, names_in

#: What the names of the tick and of the reason add to the field's own.
TICK, WHY = "_kept", "_keptwhy"
#: Characters of a reason, and of what is quoted back.
LONGEST, QUOTED = 300, 60
#: Fields over text that somebody else checks, or that is no text to read.
NOT_FREE = (forms.EmailField, forms.URLField, forms.SlugField, forms.UUIDField, forms.JSONField)

_noted: ContextVar[dict[str, str] | None] = ContextVar("personal data kept", default=None)


def is_free_text(field: forms.Field) -> bool:
    """Whether somebody types words of their own into a field."""
    return (
        isinstance(field, forms.CharField)
        and not isinstance(field, NOT_FREE)
        and isinstance(field.widget, forms.Textarea | forms.TextInput)
        and not isinstance(field.widget, forms.PasswordInput | forms.NumberInput)
        and not field.disabled
    )


class Cautious:
    """For a form of any kind: comes before Django's own class."""

    #: Whether it asks back; a form that keeps nothing of what is typed does not.
    asks_back = True

    def _clean_form(self) -> None:
        super()._clean_form()  # type: ignore[misc]
        if self.asks_back:
            for name, text in _typed(self):
                if found := [*found_in(text), *self._named(name, text)]:
                    _ask(self, name, found)

    def _named(self, name: str, text: str) -> list[Finding]:
        """The people whom a column names that should say their role.

        A name may be typed where it is public, or where a role stands for it. What was public and
        is not any more is taken for a name, whatever it looks like.
        """
        form: Any = self
        given, public = form.cleaned_data, f"{name}_public"
        if name not in BY_ROLE or given.get(public) or given.get(role_of(name)):
            return []
        if form.initial.get(public) and name not in form.changed_data and not holds_office(text):
            return [Finding(Kind.NAME, text)]
        return names_in(text)


def _typed(form: Any) -> Iterator[tuple[str, str]]:
    """The free texts that were sent; of a row that stands already, those that are changed."""
    row = getattr(form, "instance", None) or getattr(form, "row", None)
    stands = getattr(row, "pk", None) is not None
    for name, field in form.fields.items():
        changed = {name, f"{name}_public"} & set(form.changed_data)
        if is_free_text(field) and (changed or not stands):
            text = form[name].data  # As typed: a field may make something else of it.
            if isinstance(text, str) and name not in form.errors:
                yield name, text


def _ask(form: Any, name: str, found: list[Finding]) -> None:
    field, sent = form.fields[name], form.add_prefix(name)
    ticked = bool(form.data.get(f"{sent}{TICK}"))
    why = str(form.data.get(f"{sent}{WHY}") or "").replace("\x00", "").strip()[:LONGEST]
    label = str(field.label or name.replace("_", " "))
    # The field draws the tick and the reason itself: also where a page draws fields one by one.
    kind = type(field.widget)
    asking: Any = type(kind.__name__, (_Asking, kind), {})
    field.widget.__class__ = asking
    field.widget.ticked, field.widget.why, field.widget.label = ticked, why, label
    if ticked and why and not found_in(why) and not names_in(why):
        if (noted := _noted.get()) is not None:
            kinds = ", ".join(dict.fromkeys(each.kind.value for each in found))
            noted[f"{type(form).__name__}.{sent}"] = _(
                "Kept in “%(label)s”: %(kinds)s. Why: %(why)s"
            ) % {"label": label, "kinds": kinds, "why": why}
        return
    form.add_error(name, ValidationError(_said(found, label, ticked, why), code="personal"))


def _said(found: list[Finding], label: str, ticked: bool, why: str) -> str:
    if ticked and not why:
        said = _("Say why it must be kept in “%(label)s”, or take it out.")
    elif ticked:
        said = _("Say why without the number or the name itself, under “%(label)s”.")
    else:
        # Each is named: whoever ticks keeps them all.
        each = [f"“{one.text[:QUOTED]}” looks like {one.kind.value}" for one in found]
        told = get_text_list(list(dict.fromkeys(each)), _("and"))
        if all(one.kind == Kind.NAME for one in found):
            remedy = _("Write the role instead, or tick to keep it and say why.")
        elif len(found) == 1:
            remedy = _("Take it out, or tick to keep it and say why.")
        else:
            remedy = _("Take them out, or tick to keep them and say why.")
        return f"“{label}”: {told}. {remedy}"
    return said % {"label": label}


class _Asking:
    """Draws a widget with the tick and the reason under it."""

    ticked: bool
    why: str
    label: str

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        drawn = super().render(name, value, attrs, renderer)  # type: ignore[misc]
        about = {
            "tick": f"{name}{TICK}",
            "reason": f"{name}{WHY}",
            "ticked": self.ticked,
            "why": self.why,
            "label": self.label,
            "longest": LONGEST,
        }
        return drawn + render_to_string("personal/keep.html", about)


def noted() -> list[str]:
    """What was kept and why, in this request and not yet told; told once."""
    held = _noted.get() or {}
    said = list(held.values())
    held.clear()
    return said


def middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Each request notes for itself alone."""

    def answer(request: HttpRequest) -> HttpResponse:
        token = _noted.set({})
        try:
            return get_response(request)
        finally:
            _noted.reset(token)

    return answer
