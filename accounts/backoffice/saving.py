"""What the back office itself writes, told to the audit trail: rows that no verb writes."""

from typing import Any

from django.db.models import Model

from accounts import audit
from accounts.audit import Act


def of_form(by: Any, row: Model, form: Any, *, change: bool) -> None:
    """A row that was added, or what a form changed of one; nothing where it changed nothing."""
    if not change:
        audit.record(Act.ADDED, by=by, subject=row, after=audit.fields_of(row) | _lists(form))
        return
    if changed := _changed(form):
        before = {name: form.initial.get(name) for name in changed}
        # As it is kept: a row may have made something else of what was typed, such as a role.
        kept = form.cleaned_data | audit.fields_of(row)
        after = {name: kept.get(name) for name in changed}
        audit.record(Act.CHANGED, by=by, subject=row, before=before, after=after)


def of_formset(by: Any, formset: Any) -> None:
    """The rows of a list under a form, each as an act of its own; call it after they are saved."""
    for row in formset.new_objects:
        audit.record(Act.ADDED, by=by, subject=row)
    changed = {row.pk for row, _names in formset.changed_objects}
    for form in formset.initial_forms:
        if form.instance.pk in changed:
            of_form(by, form.instance, form, change=True)


def of_deleted(by: Any, row: Model) -> None:
    """A row that is about to be deleted."""
    audit.record(Act.REMOVED, by=by, subject=row, before=audit.fields_of(row))


def _changed(form: Any) -> list[str]:
    return [name for name in form.changed_data if name in form.cleaned_data]


def _lists(form: Any) -> dict[str, Any]:
    """What a new row is related to by lists, which are none of its columns."""
    names = {field.name for field in form._meta.model._meta.many_to_many}
    return {name: value for name, value in form.cleaned_data.items() if name in names}
