"""A site of its own whose disk fills up: python -m tests.faults.fulldisk TIMES, on DATABASE_URL.

A limit on the size of this process's files stands for the disk: what is written past it fails as
it does where nothing is left. Each time one page more fits before. Prints what came of it as JSON.
"""

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django

#: A page of SQLite's in its log, with its head; the log's own head.
FRAME, HEAD = 4096 + 24, 32


def main(times: int) -> None:
    """Post one entry after another on a disk that is full, and again on one that is not; migrate
    before that where it is not done."""
    django.setup()

    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    if not connection.introspection.table_names():
        call_command("migrate", verbosity=0)
    json.dump([_one(number) for number in range(times)], sys.stdout)


@contextmanager
def a_disk_with_room_for(size: int) -> Iterator[None]:
    """No file of this process grows past so many bytes meanwhile."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def _one(number: int) -> dict[str, Any]:
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.db import connection
    from django.urls import reverse

    from accounts.models import Role
    from costs.models import CostEntry, PaymentUpload, UploadChunk
    from tests import factories
    from tests.actors import signed_in
    from tests.pages.test_database_gone import confirmed, written

    line = factories.a_line(factories.a_contract())
    browser = signed_in(factories.a_person("", Role.FINANCE_OFFICER))
    browser.raise_request_exception = False
    address, page = reverse("admin:cost_post", args=[line.pk]), confirmed(browser, line)
    with connection.cursor() as cursor:  # An empty log, so that its next page is the first.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = written()
    with a_disk_with_room_for(HEAD + number % 16 * FRAME):
        full = browser.post(address, page)
        read = browser.get(reverse("admin:costs"))
    after = written()
    again = browser.post(address, page)

    file = SimpleUploadedFile("april.csv", b"Date,Supplier,Amount\n" + b"x" * 3_000_000)
    with a_disk_with_room_for(HEAD + number % 16 * FRAME):
        refused = browser.post(reverse("admin:payment_import"), {"new": "Barnet", "file": file})
    kept = PaymentUpload.objects.count() + UploadChunk.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        intact = cursor.fetchall()
    return {
        "status": full.status_code,
        "text": full.content.decode(),
        "is_absent": after == before,
        "read": read.status_code,
        "again": again.status_code,
        "entries": CostEntry.objects.filter(line=line).count(),
        "line": line.pk,
        "file_status": refused.status_code,
        "file_text": refused.content.decode(),
        "file_kept": kept,
        "integrity": intact,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
