"""Whether every file of evidence is there as it was stored, and nothing else is."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import Storage

from accounts.evidence import EvidenceFile, FileCheck, models_of_files, place_of
from accounts.filing import Damaged, opened, remove, storage

#: Bytes may lie there this long before their row does: an upload that is under way.
UNDER_WAY = dt.timedelta(hours=1)
#: There is one row, with this key.
_ONE = 1


def check_files(at: dt.datetime) -> FileCheck:
    """Read every file whole, keep what was found for the status page, and give it back.

    Bytes that a withdrawal should have destroyed and could not are destroyed now.
    """
    store = storage()
    lying = _places(store)  # Before the rows: an upload meanwhile adds its row after its bytes.
    found = FileCheck(pk=_ONE, checked_at=at, files=0)
    named: set[str] = set()
    for model in models_of_files():
        for row in model.all_rows.order_by("pk").iterator(chunk_size=200):
            if row.is_destroyed:
                remove(row.place)
                continue
            named.add(row.place)
            found.files += 1
            _look(store, row, found)
    found.orphans = sorted(
        place for place in lying - named if store.exists(place) and _is_old(store, place, at)
    )
    # Of two looks at once the later one is kept, whichever row was there first.
    told = {name: getattr(found, name) for name in ("missing", "broken", "orphans", "files")}
    kept, _ = FileCheck.objects.update_or_create(pk=_ONE, defaults={"checked_at": at, **told})
    return kept


def remove_orphans(found: FileCheck) -> int:
    """Take the bytes that no row names out of the storage; how many that were."""
    named = {row.place for model in models_of_files() for row in model.all_rows.only("key")}
    for place in (orphans := set(found.orphans) - named):
        remove(place)
    return len(orphans)


def _look(store: Storage, row: EvidenceFile, found: FileCheck) -> None:
    try:
        opened(row).close()
    except Damaged as damaged:
        wrong = found.missing if damaged.__cause__ else found.broken
        wrong.append({"file": row._meta.label, "row": row.pk, "place": place_of(row.key)})


def _places(store: Storage) -> set[str]:
    """Whatever lies in the storage; nothing where it cannot list what it has."""
    try:
        return set(_under(store, ""))
    except (NotImplementedError, FileNotFoundError):
        return set()


def _under(store: Storage, folder: str) -> Iterator[str]:
    folders, files = store.listdir(folder)
    yield from (_joined(folder, name) for name in files)
    for name in folders:
        yield from _under(store, _joined(folder, name))


def _joined(folder: str, name: Any) -> str:
    return f"{folder}/{name}" if folder else str(name)


def _is_old(store: Storage, place: str, at: dt.datetime) -> bool:
    try:
        return store.get_modified_time(place) <= at - UNDER_WAY
    except (NotImplementedError, FileNotFoundError):
        return True
