"""Forms in GOV.UK clothes: label, hint, error and field as the design system draws them.

Django's own hooks do it: a renderer of these forms' own, one template for a field, and a bound
field that knows the classes. The rest of the site's forms stay as they are.
"""

import calendar
import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.forms.utils import pretty_name
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.caution import Cautious
from barnetwatch.lib.dates import Precision, counts_from

#: What the design system draws round each kind of field.
CLASSES: dict[type[forms.Widget], str] = {
    forms.Textarea: "govuk-textarea",
    forms.Select: "govuk-select",
    forms.TextInput: "govuk-input",
    forms.EmailInput: "govuk-input",
    forms.NumberInput: "govuk-input",
    forms.PasswordInput: "govuk-input",
    forms.FileInput: "govuk-file-upload",
}
#: A group of inputs has a legend, and no label of its own.
GROUPS = (forms.RadioSelect, forms.CheckboxSelectMultiple, forms.MultiWidget)


class GovukBoundField(forms.BoundField):
    """A field that prints as the design system has it."""

    @property
    def is_group(self) -> bool:
        """Whether it is several inputs under one legend."""
        return isinstance(self.field.widget, GROUPS)

    @property
    def is_checkbox(self) -> bool:
        """Whether it is a single box, whose label stands behind it."""
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def first_id(self) -> str:
        """The input that an error message leads to: of a group the first one."""
        chosen = isinstance(self.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
        return f"{self.auto_id}_0" if self.is_group or chosen else str(self.auto_id)

    @property
    def legend_id(self) -> str:
        """What a group's inputs are named by."""
        return f"{self.auto_id}_legend"

    @property
    def is_optional(self) -> bool:
        """Whether its label says that it may be left empty."""
        field = self.field
        must = field.required or getattr(field, "must_be_given", False)
        return getattr(self.form, "says_optional", True) and not must

    @property
    def described_by(self) -> str:
        """The ids of its hint and its error, for those who do not see them."""
        hint = [f"{self.auto_id}_helptext"] if self.help_text else []
        return " ".join(hint + ([f"{self.auto_id}_error"] if self.errors else []))

    def build_widget_attrs(self, attrs: Any, widget: forms.Widget | None = None) -> Any:
        built = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        # What must be filled in is said once, by the server: browsers say it in their own words.
        built.pop("required", None)
        built.pop("aria-describedby", None)
        if not self.is_group and self.described_by:
            built["aria-describedby"] = self.described_by
        if found := class_of(widget):
            extra = widget.attrs.get("class", "").replace("vTextField", "")
            error = f"{found}--error" if self.errors else ""
            built["class"] = " ".join(f"{found} {error} {extra}".split())
        return built


def class_of(widget: forms.Widget) -> str:
    """The design system's class of a widget; nothing for those drawn by a template of their own."""
    if isinstance(widget, forms.RadioSelect | forms.CheckboxInput | forms.CheckboxSelectMultiple):
        return ""
    return next((name for kind, name in CLASSES.items() if isinstance(widget, kind)), "")


class GovukRenderer(TemplatesSetting):
    """Draws forms from the templates in `govuk/`; those of the widgets it has there, too."""

    form_template_name = "govuk/form.html"
    field_template_name = "govuk/field.html"
    bound_field_class = GovukBoundField
    OWN = {
        "django/forms/widgets/radio.html": "govuk/widgets/radios.html",
        "django/forms/widgets/checkbox_select.html": "govuk/widgets/checkboxes.html",
        # Without a template for each option: a list of 200 suppliers took a third of its page.
        "django/forms/widgets/select.html": "govuk/widgets/select.html",
        "django/forms/widgets/password.html": "govuk/widgets/password.html",
    }

    def get_template(self, template_name: str) -> Any:
        return super().get_template(self.OWN.get(template_name, template_name))


class Govuk(Cautious):
    """For a form of any kind: comes before Django's own class."""

    default_renderer = GovukRenderer
    #: Filters say it nowhere: each of them may be left empty.
    says_optional = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            name_the_field(field, field.label or pretty_name(name))


def name_the_field(field: forms.Field, label: Any) -> None:
    """Errors say which field they mean: in the summary above a form they stand alone.

    Only what Django would say in its own words; a field's own words stay.
    """
    chosen = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
    remedy = _("Choose an option under “%(label)s”.") if chosen else _("Fill in “%(label)s”.")
    if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
        field.error_messages["required"] = remedy % {"label": label}
    for kind in (forms.ChoiceField, forms.ModelChoiceField, forms.ModelMultipleChoiceField):
        stock = kind.default_error_messages["invalid_choice"]
        if field.error_messages.get("invalid_choice") == stock:
            said = _("That is not on the list. Choose an option under “%(label)s”.")
            field.error_messages["invalid_choice"] = said % {"label": label}


class SiteForm(Govuk, forms.Form):  # type: ignore[misc]
    """A form of the site's own pages."""


class SiteModelForm(Govuk, forms.ModelForm):  # type: ignore[misc]
    """A form over a row, on the site's own pages."""


class DayWidget(forms.MultiWidget):
    """Three boxes for day, month and year."""

    template_name = "govuk/widgets/day.html"
    PARTS = (("day", _("Day"), 2), ("month", _("Month"), 2), ("year", _("Year"), 4))

    def __init__(self, attrs: Any = None) -> None:
        super().__init__({name: forms.TextInput for name, _label, _width in self.PARTS}, attrs)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        if value is not None and not isinstance(value, list):
            value = self.decompress(value)
        context = super().get_context(name, value, attrs)
        invalid = bool((attrs or {}).get("aria-invalid"))
        parts = zip(context["widget"]["subwidgets"], self.PARTS, strict=True)
        for box, (part, label, width) in parts:
            box |= {"part": part, "label": label, "width": width, "invalid": invalid}
        return context

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, tuple):
            value, precision = value
        else:
            precision = Precision.DAY
        if not isinstance(value, dt.date):
            return [None, None, None]
        day = value.day if precision == Precision.DAY else None
        month = None if precision == Precision.YEAR else value.month
        return [day, month, value.year]


class SourceDateField(forms.MultiValueField):
    """A date as a source gives it: (the day it counts from, precision), or None where empty.

    The day may be left empty, or the day and the month.
    """

    widget = DayWidget
    #: Whether a part of it is enough.
    may_be_partial = True

    def __init__(self, **options: Any) -> None:
        required = options.pop("required", True)
        boxes = [forms.CharField(required=False, max_length=20) for _part in range(3)]
        super().__init__(fields=boxes, require_all_fields=False, required=False, **options)
        # Its own words for what is missing; the boxes' would be said three times.
        self.must_be_given = required

    def clean(self, value: Any) -> Any:
        typed = [str(part or "").strip() for part in (value or ["", "", ""])]
        if not any(typed):
            if self.must_be_given:
                raise ValidationError(
                    _("Enter a date, such as 25 7 2018."), code="required", params={}
                )
            return None
        return self.compress(self._read(*typed))

    def _read(self, day: str, month: str, year: str) -> tuple[dt.date, str]:
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            raise ValidationError(_("Enter the year with four digits, such as 2018."))
        if not month and not day and self.may_be_partial:
            return self._settled(year, "1", "1", Precision.YEAR)
        number = month_number(month)
        if number is None:
            raise ValidationError(_("Enter the month as a number from 1 to 12, or its name."))
        if not day and self.may_be_partial:
            return self._settled(year, str(number), "1", Precision.MONTH)
        if not (day.isascii() and day.isdigit()):
            raise ValidationError(_("Enter the day as a number, such as 25."))
        return self._settled(year, str(number), day, Precision.DAY)

    def _settled(self, year: str, month: str, day: str, precision: str) -> tuple[dt.date, str]:
        try:
            found = dt.date(int(year), int(month), int(day))
        except ValueError:
            raise ValidationError(
                _("%(typed)s is not a date in the calendar. Check the day and the month."),
                params={"typed": f"{day} {month} {year}"[:40]},
            ) from None
        return counts_from(found, precision), precision

    def compress(self, value: Any) -> Any:
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = DayWidget().decompress(initial)
        return [str(part or "") for part in before] != [str(part or "") for part in data or []]


class DayField(SourceDateField):
    """A date to the day, in three boxes; None where it may be empty."""

    may_be_partial = False

    def compress(self, value: Any) -> Any:
        return value[0]


def month_number(typed: str) -> int | None:
    """The month a person typed, as a number or by its name or first three letters."""
    if typed.isascii() and typed.isdigit():
        return int(typed) if 1 <= int(typed) <= 12 else None
    word = typed.lower().rstrip(".")
    names = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
    short = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
    return names.get(word) or short.get(word)
