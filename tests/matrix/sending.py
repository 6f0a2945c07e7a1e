"""A request, and after a form that is sent what comes next: the page to check, where it leads."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin.helpers import AdminForm, InlineAdminFormSet

from tests.matrix.filled import forms_of


def sent(browser: Any, method: str, address: str, data: Any) -> Iterator[Any]:
    """Each answer in turn; without `data` one alone."""
    if method != "POST":
        yield browser.generic(method, address)
        return
    answer = browser.post(address, data or {})
    yield answer
    if data is None:
        return
    confirming = _to_confirm(answer)
    if confirming is not None:
        answer = browser.post(address, confirming)
        yield answer
    there = answer.headers.get("Location", "")
    if there.startswith("/"):
        yield browser.get(there)


def _to_confirm(answer: Any) -> dict[str, Any] | None:
    """What is sent by whoever is shown what is about to be written, and goes on."""
    if answer.status_code != 200 or answer.streaming:
        return None
    found = forms_of(answer.content.decode(errors="replace"))
    return next((each.as_it_stands() for each in found if "confirmed" in each.fields), None)


def forms_in(answer: Any) -> list[Any]:
    """The forms that an answer's pages were made with."""
    found: dict[int, Any] = {}
    for layer in answer.context or ():
        for name in ("form", "adminform", "inline_admin_formsets"):
            found.update((id(each), each) for each in _forms(layer.get(name)))
    return list(found.values())


def _forms(value: Any) -> Iterator[Any]:
    if isinstance(value, forms.BaseForm):
        yield value
    elif isinstance(value, AdminForm):
        yield value.form
    elif isinstance(value, InlineAdminFormSet):
        yield from (*value.formset.forms, value.formset.empty_form)
    elif isinstance(value, forms.BaseFormSet):
        yield from (*value.forms, value.empty_form)
    elif isinstance(value, list | tuple):
        for each in value:
            if isinstance(each, InlineAdminFormSet):
                yield from _forms(each)
