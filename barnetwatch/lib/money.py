"""Money: whole pence in the database, Decimal pounds in Python.

DecimalField cannot carry it: on SQLite 0.10 + 0.20 exceeds 0.30, and 9999999999999999.99 is
saved but never read back. Pence in a BIGINT are exact on both databases.
"""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.core import checks
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

PENNY = Decimal("0.01")
NOTHING = Decimal("0.00")
#: The largest sum the register accepts, in pounds: a hundred billion, well inside a BIGINT of
#: pence even when ten thousand such sums are added up.
LARGEST = Decimal("100000000000.00")

_MINUS = ("-", "\u2212")
_TYPED = re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<pence>[0-9]*))?")


def parse_pounds(text: str) -> Decimal:
    """The sum a person typed, in pounds.

    Reads a pounds sign, commas between thousands, and a minus in front, behind, or as brackets.
    Raises ValidationError, in a sentence for the person, for anything else: exponents,
    underscores, other scripts' digits, more than two decimal places, a sum beyond LARGEST.
    Nothing is ever rounded.
    """
    typed = text.replace("\u00a0", " ").strip()
    if not typed:
        raise ValidationError(
            _("Enter an amount in pounds, such as 4,200,000.00."), code="required"
        )
    body, signs = typed, 0
    if body.startswith("(") and body.endswith(")"):
        body, signs = body[1:-1].strip(), signs + 1
    body, minuses = _without_minus(body)
    signs += minuses
    body, minuses = _without_minus(body.removeprefix("£").strip())
    signs += minuses
    found = _TYPED.fullmatch(body)
    if signs > 1 or not found:
        raise ValidationError(
            _("“%(typed)s” is not an amount in pounds. Write it like 4,200,000.00 or -250."),
            code="invalid",
            params={"typed": typed[:40]},
        )
    pence = found["pence"] or ""
    if len(pence) > 2:
        raise ValidationError(
            _("“%(typed)s” has more than two decimal places. Give pounds and whole pence."),
            code="too_precise",
            params={"typed": typed[:40]},
        )
    pounds = Decimal(f"{found['whole'].replace(',', '')}.{pence:0<2}")
    if pounds > LARGEST:
        raise ValidationError(
            _("“%(typed)s” is more than the £100 billion this register can hold."),
            code="too_large",
            params={"typed": typed[:40]},
        )
    return -pounds if signs and pounds else pounds


def _without_minus(body: str) -> tuple[str, int]:
    """The text without one minus in front and one behind, and how many there were."""
    bare = body[1:] if body.startswith(_MINUS) else body
    bare = bare[:-1] if bare.endswith(_MINUS) else bare
    return bare.strip(), len(body) - len(bare)


def to_pence(pounds: Decimal) -> int:
    """Whole pence in a sum of pounds; ValidationError where it has a fraction of a penny."""
    # Exact, where scaleb and quantize would round to the 28 digits of the decimal context.
    pence = Fraction(pounds) * 100 if pounds.is_finite() else Fraction(1, 2)
    if pence.denominator != 1:
        raise ValidationError(
            _("%(pounds)s is not a sum of pounds and whole pence."),
            code="too_precise",
            params={"pounds": str(pounds)},
        )
    return int(pence)


def to_pounds(pence: int | Decimal) -> Decimal:
    """Pounds, always with two decimals, from whole pence."""
    return Decimal(int(pence)).scaleb(-2)


def in_table(pounds: Decimal) -> str:
    """A sum as tables print it: £4,200,000.00, and -£250.00 for a negative one."""
    return f"{'-' if pounds < 0 else ''}£{abs(pounds):,.2f}"


def in_sentence(pounds: Decimal) -> str:
    """A sum as a sentence that adds up prints it: £4,200,000, pence only where there are any."""
    return in_table(pounds).removesuffix(".00")


def in_prose(pounds: Decimal) -> str:
    """A round sum in words a reader takes in at once: £4.2 million; any other as in_sentence.

    Words only where they lose nothing: 4,120,000 is £4.12 million, 4,123,456 stays in figures.
    """
    for size, word in ((Decimal(10) ** 9, "billion"), (Decimal(10) ** 6, "million")):
        scaled = pounds / size
        if abs(scaled) >= 1 and scaled == scaled.quantize(PENNY):
            short = f"{abs(scaled):,.2f}".rstrip("0").rstrip(".")
            return f"{'-' if pounds < 0 else ''}£{short} {word}"
    return in_sentence(pounds)


class PoundsFormField(forms.CharField):
    """Takes money as people type it; gives Decimal pounds, or None where it may be empty."""

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        for unused in ("min_value", "max_value"):
            options.pop(unused, None)
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {
            "inputmode": "decimal",
            "autocomplete": "off",
            "class": "vTextField pounds",
        }

    def to_python(self, value: Any) -> Any:
        typed = super().to_python(value)
        return parse_pounds(typed) if typed else None

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,.2f}" if isinstance(value, Decimal) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.to_python(data))
        except ValidationError:
            return True


class PoundsField(models.BigIntegerField):
    """Decimal pounds in Python, whole pence in a BIGINT column.

    An expression that combines such fields needs output_field=PoundsField(); a bare literal
    inside one counts as pence.
    """

    description = _("Sum of money in pounds")

    # What the type checker is told that the attribute takes and gives.
    _pyi_private_set_type: Decimal | int | Combinable  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    @property
    def validators(self) -> list[Any]:  # the integer bounds of the parent are in pence
        return [_within_bounds, *self._validators]  # type: ignore[attr-defined]

    def check(self, **options: Any) -> list[checks.CheckMessage]:
        if isinstance(self.default, float):
            return [checks.Error("A PoundsField never takes a float.", obj=self, id="money.E001")]
        return super().check(**options)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else to_pounds(value)

    def to_python(self, value: Any) -> Any:
        if value is None or value == "":
            return None
        if isinstance(value, Decimal):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value).quantize(PENNY)
        if isinstance(value, str):
            return parse_pounds(value)
        raise ValidationError(
            _("Give money as an amount in pounds, not %(kind)s."),
            params={"kind": type(value).__name__},
        )

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return to_pence(self.to_python(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else f"{value:.2f}"

    def formfield(self, **options: Any) -> Any:
        return models.Field.formfield(self, **{"form_class": PoundsFormField, **options})


def _within_bounds(pounds: Decimal) -> None:
    to_pence(pounds)
    if abs(pounds) > LARGEST:
        raise ValidationError(_("This register holds sums up to £100 billion."), code="too_large")
