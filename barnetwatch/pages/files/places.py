"""What files belong to: a failure, a source or a decision, as a person may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404

from accounts.backoffice.rows import rows_seen
from accounts.evidence import EvidenceFile, files_of
from contracts.models import Source
from incidents.models import Incident
from scrutiny.models import Decision


@dataclass(frozen=True)
class Place:
    """A kind of row that files belong to; `slug` names it in addresses, `word` in sentences."""

    slug: str
    record: type[Model]
    word: str

    @property
    def files(self) -> type[EvidenceFile]:
        """The model of its files."""
        return files_of(self.record)

    def may(self, user: Any, verb: str) -> bool:
        """Whether a person's role lets them do something with its files."""
        meta = self.files._meta
        return bool(user.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}"))


FAILURE = Place("failure", Incident, "failure")
SOURCE = Place("source", Source, "source")
DECISION = Place("decision", Decision, "decision")
PLACES = {place.slug: place for place in (FAILURE, SOURCE, DECISION)}


@dataclass(frozen=True)
class Section:
    """The files that a page shows, and what its reader may do with them."""

    place: Place
    record: Model
    files: Sequence[EvidenceFile]
    may_add: bool
    may_change: bool

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to show or to do."""
        return bool(self.files) or self.may_add


def section(place: Place, record: Any, user: Any) -> Section:
    """The files of one row of the record, as far as a person may see them, the oldest first."""
    seen = place.files.objects.visible_to(user).filter(**{place.files.visible_through[0]: record})
    shown = seen.select_related("recorded_by", "withdrawn_by") if place.may(user, "view") else ()
    return Section(place, record, list(shown), place.may(user, "add"), place.may(user, "change"))


def the_place(slug: str, user: Any, verb: str) -> Place:
    """The kind of an address, for those whose role lets them do this with its files."""
    place = PLACES.get(slug)
    if place is None:
        raise Http404
    if not place.may(user, verb):
        raise PermissionDenied
    return place


def the_record(place: Place, user: Any, pk: int) -> Any:
    """A row that files belong to, as a person may see it; else as if there were none."""
    row = rows_seen(place.record, user).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def the_file(place: Place, user: Any, key: Any) -> Any:
    """A file that stands, as a person may see it; else as if there were none."""
    rows = rows_seen(place.files, user)
    row = rows.filter(key=key, withdrawn_at__isnull=True).first()
    if row is None:
        raise Http404
    return row
