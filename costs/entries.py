"""How one entry of the ledger is told, and what may still be done with it."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.money import in_table
from costs.models import CostEntry


def described(entry: CostEntry) -> str:
    """An entry in a line: £4,200,000.00 pledged, counting from July [2018], said by …"""
    return str(
        _("%(sum)s %(status)s, counting from %(day)s, said by %(speaker)s")
        % {
            "sum": in_table(entry.amount),
            "status": entry.get_stage_display(),
            "day": entry.effective,
            "speaker": entry.stated_by,
        }
    )


def state_of(entry: CostEntry) -> str:
    """Whether an entry cancels another, was cancelled, or stands."""
    if entry.reverses_id is not None:
        return str(_("Reverses entry %(number)d") % {"number": entry.reverses_id})
    if hasattr(entry, "reversal"):
        return str(_("Reversed by entry %(number)d") % {"number": entry.reversal.pk})
    return str(_("Stands"))


def numbered(entry: CostEntry) -> str:
    """Which entry it is, and what it cancels or was cancelled by: 7. Reverses entry 5."""
    return str(entry.pk) if counterpart_of(entry) is None else f"{entry.pk}. {state_of(entry)}"


def counterpart_of(entry: CostEntry) -> int | None:
    """The entry that it cancels, or that cancelled it."""
    if entry.reverses_id is not None:
        return entry.reverses_id
    return entry.reversal.pk if hasattr(entry, "reversal") else None


def can_be_reversed(entry: CostEntry) -> bool:
    """Whether the ledger would take a reversal of an entry, as far as the entry itself goes."""
    return entry.reverses_id is None and not hasattr(entry, "reversal")


def reverse_page(entry: CostEntry) -> str:
    """The page on which an entry is reversed."""
    return reverse("admin:cost_reverse", args=[entry.line_id, entry.pk])
