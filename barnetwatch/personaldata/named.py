"""Where the record names people, and the rows that name one person."""

from typing import Any

from django.apps import apps
from django.db.models import Q

from accounts.visibility import Visible

#: Every column that may hold a person's name, by its kind of row.
NAMES = {
    "scrutiny.statement": ("speaker", "speaker_name"),
    "scrutiny.decision": ("taken_by", "taken_by_name", "mover", "seconder"),
    "scrutiny.promise": ("made_by", "made_by_name"),
    "scrutiny.claimparty": ("party", "party_name"),
    "scrutiny.claimstate": ("stated_by",),
    "scrutiny.promisechange": ("said_by",),
    "costs.costentry": ("stated_by",),
    "contracts.servicecredit": ("stated_by",),
    "contracts.measurement": ("said_by", "said_by_name"),
}
#: A name shorter than this is in too many others.
SHORTEST = 4


def rows_naming(name: str, reader: Any) -> dict[str, list[dict[str, Any]]]:
    """By kind of row: the rows that name somebody and that a reader may see, with those columns.

    A name stands in a longer one too: “Richard Cornelius” in “Cllr Richard Cornelius”.
    """
    wanted = " ".join(name.split())
    if len(wanted) < SHORTEST:
        return {}
    found = {}
    for label, columns in NAMES.items():
        model: Any = apps.get_model(label)
        named = Q()
        for column in columns:
            named |= Q(**{f"{column}__icontains": wanted})
        rows = [
            {"Row": f"{model._meta.verbose_name} {row['pk']}"}
            | {column: row[column] for column in columns if row[column]}
            for row in seen_by(model, reader).filter(named).order_by("pk").values("pk", *columns)
        ]
        if rows:
            found[str(model._meta.verbose_name_plural)] = rows
    return found


def seen_by(model: Any, reader: Any) -> Any:
    """The rows of a kind that a reader may see; with no reader, those that are open."""
    if not issubclass(model, Visible):
        return model._default_manager.all()
    return model.objects.all() if reader is None else model.objects.visible_to(reader)
