"""Evidence that lies in another storage than the folder of uploaded files, which is copied whole.

In a backup it lies where it would on the disk, so a backup may be restored under either setting.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage

from accounts.evidence import models_of_files
from accounts.filing import storage
from barnetwatch.backups.manifest import Refused

#: The folder of evidence among the uploaded files.
FOLDER = "evidence"


def lies_elsewhere() -> bool:
    """Whether the copy of the uploaded files is without the evidence."""
    store = storage()
    if not isinstance(store, FileSystemStorage):
        return True
    return not Path(store.location).resolve().is_relative_to(Path(settings.MEDIA_ROOT).resolve())


def take(files: Path) -> None:
    """Fetch each file that a row names into the folder of a backup; nothing where it is copied.

    What is missing in the storage is missing in the backup: the nightly look reports it.
    """
    if not lies_elsewhere():
        return
    store = storage()
    for model in models_of_files():
        for row in model.all_rows.filter(is_destroyed=False).iterator():
            try:
                source = store.open(row.place, "rb")
            except FileNotFoundError:
                continue
            target = files / FOLDER / row.place
            target.parent.mkdir(parents=True, exist_ok=True)
            with source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1024 * 1024)


@contextmanager
def put_back(files: Path) -> Iterator[None]:
    """Put the evidence of a backup into the storage; what was added is gone where the block raises.

    What is there under the same name already is the same file: names are given once.
    """
    added: list[str] = []
    store = storage()
    try:
        if lies_elsewhere():
            for path in sorted((files / FOLDER).rglob("*")):
                place = path.relative_to(files / FOLDER).as_posix()
                if path.is_file() and not store.exists(place):
                    added.append(place)
                    with path.open("rb") as source:
                        if store.save(place, File(source)) != place:
                            raise Refused(f"The storage of evidence keeps {place} elsewhere.")
        yield
        if lies_elsewhere():  # What was copied along with the uploaded files is there twice.
            shutil.rmtree(Path(settings.MEDIA_ROOT) / FOLDER, ignore_errors=True)
    except BaseException:
        for place in added:
            store.delete(place)
        raise
