"""Groups of fields that many forms share."""

from django.utils.translation import gettext_lazy as _

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
        ],
        "description": _(
            "Open unless an officer has decided otherwise. Whoever is not cleared for it no "
            "longer finds it, and that may be you."
        ),
    },
)


def dated(stem: str) -> tuple[str, str, str]:
    """The three fields of an imprecise date, on one line."""
    return (f"{stem}_on", f"{stem}_precision", f"{stem}_year_inferred")
