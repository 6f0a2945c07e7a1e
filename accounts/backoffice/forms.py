"""Forms over rows of the record."""

from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import ManyToManyField, Model, QuerySet

from accounts import restricting
from accounts.backoffice.rows import unseen
from accounts.visibility import Restriction, Visible
from barnetwatch.lib.caution import Cautious
from barnetwatch.lib.dates import counts_from


def blame(form: forms.BaseForm, error: ValidationError) -> None:
    """Put a refusal where a person can act on it: at its field if the form has it, else above."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)  # type: ignore[arg-type]


class RecordForm(Cautious, forms.ModelForm):  # type: ignore[misc]
    """A form over a row: imprecise dates move to the day they count from, and what its reader
    may not see stays as it is.
    """

    #: What the verb or the database said of these fields a moment ago; set by the admin.
    refused: ValidationError | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = unseen(self.instance) & self.fields.keys()
        for name in self.kept:
            self.fields[name].required = False
            self.initial[name] = None
        self._stood = copy(self.instance)

    def _clean_restriction(self) -> None:
        """What is restricted has a day on which it is looked at again; what is open has none."""
        said = self.cleaned_data
        if not {"restriction", "restriction_review_on"} <= said.keys():
            return
        if said["restriction"] == Restriction.OPEN:
            said["restriction_review_on"] = None
            if not getattr(self._stood, "is_open", True):
                self.add_error("restriction", restricting.OPENED_ELSEWHERE)
        elif wrong := restricting.review_fault(said["restriction_review_on"], self._stood):
            self.add_error("restriction_review_on", wrong)

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        for name, day in list(self.cleaned_data.items()):
            precision = self.cleaned_data.get(f"{name.removesuffix('_on')}_precision")
            if name.endswith("_on") and day and precision:
                self.cleaned_data[name] = counts_from(day, precision)
        for name in self.kept:
            if self.cleaned_data.get(name) is None:
                self.cleaned_data.pop(name, None)
        self._clean_restriction()
        if self.refused is not None:
            blame(self, self.refused)
        return self.cleaned_data

    def _save_m2m(self) -> None:
        for field in self._meta.model._meta.many_to_many:
            if field.name not in self.cleaned_data:
                continue
            chosen = self.cleaned_data[field.name]
            if issubclass(field.related_model, Visible):  # type: ignore[arg-type]
                relate(self.instance, field, self.fields[field.name].queryset, chosen)  # type: ignore[attr-defined]
            else:
                field.save_form_data(self.instance, chosen)


def relate(row: Model, field: ManyToManyField, seen: QuerySet, chosen: Any) -> None:  # type: ignore[type-arg]
    """Of what a row is related to, make what a person sees be what they chose.

    The related manager's own `set` would compare with open rows alone.
    """
    source, target = field.m2m_field_name(), field.m2m_reverse_field_name()
    links = field.remote_field.through._default_manager.filter(**{source: row})  # type: ignore[union-attr]
    held = set(links.values_list(target, flat=True))
    wanted = {each.pk for each in chosen}
    shown = set(seen.filter(pk__in=held).values_list("pk", flat=True))
    links.filter(**{f"{target}__in": shown - wanted}).delete()
    links.model.objects.bulk_create(
        links.model(**{f"{source}_id": row.pk, f"{target}_id": key}) for key in wanted - held
    )
