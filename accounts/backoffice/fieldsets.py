"""Groups of fields and columns that many forms and lists share."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.columns import plain

#: Who may see a record that can be restricted.
RESTRICTION = (
    _("Who may see it"),
    {
        "classes": ["collapse"],
        "fields": [
            "restriction",
            "exempt_paragraph",
            "negotiation_terms",
            "restriction_reason",
            "restriction_review_on",
        ],
        "description": _(
            "Open unless an officer has decided otherwise. Whoever is not cleared for it no "
            "longer finds it, and that may be you."
        ),
    },
)


#: Who decided on that; shown on records that were decided on.
DECIDED = (
    _("Who decided who may see it"),
    {"fields": [(plain("restriction_decided_by"), "restriction_decided_at")]},
)
#: Who wrote a row and when.
RECORDED = (_("Recorded"), {"fields": [(plain("recorded_by"), "recorded_at")]})


def dated(stem: str) -> tuple[str, str, str]:
    """The three fields of an imprecise date, on one line."""
    return (f"{stem}_on", f"{stem}_precision", f"{stem}_year_inferred")


@admin.display(description=_("who may see it"), ordering="restriction")
def restriction(row: Any) -> str:
    """A column: Open, or Exempt, paragraph 3."""
    said = str(row.get_restriction_display())
    return f"{said}, paragraph {row.exempt_paragraph}" if row.exempt_paragraph else said
