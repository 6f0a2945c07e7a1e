"""Uploads in the hands of real workers: killed, cancelled, and asked for by five at once.

On SQLite with messages in files and on PostgreSQL with Redis.
"""

import pytest
from django.utils import timezone

from costs.models import Payment, PaymentFile, PaymentUpload, UploadChunk
from costs.payments import importing, uploads, working
from costs.tasks import handle_uploads
from tests import factories
from tests.costs.payments.test_importing import month, table
from tests.workers.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

State = PaymentUpload.State
#: More than is told of at a time, and enough that a worker is caught in the middle.
ROWS = 200_000


def a_confirmed_upload(text: str) -> PaymentUpload:
    """An upload that was looked at and that an officer wants on the record."""
    by = factories.the_officer()
    upload = uploads.receive(
        [text.encode()], name="april.csv", publisher=importing.publisher_of("Barnet"), by=by
    )
    PaymentUpload.objects.filter(pk=upload.pk).update(state=State.READY, report={"why_not": ""})
    uploads.confirm(upload, by=by)
    return upload


def a_large_one() -> PaymentUpload:
    days = [f"{1 + n % 28:02}/04/2018" for n in range(ROWS)]
    rows = [f"R,D,T,{n},Supplier {n % 500},{n}.00,{day}" for n, day in enumerate(days)]
    return a_confirmed_upload(table(*rows))


def is_under_way(upload: PaymentUpload) -> bool:
    """Whether a worker is in the middle of it."""
    upload.refresh_from_db()
    assert upload.state != State.IMPORTED, "it was over before anybody looked: take more rows"
    return upload.rows_read > 0


def nothing_is_kept() -> bool:
    return not PaymentFile.objects.exists() and not Payment.objects.exists()


def test_a_killed_workers_import_leaves_nothing_and_another_takes_it_up(a_worker, finished):
    upload = a_large_one()
    with a_worker("first") as killed:
        handle_uploads.delay()
        wait_until(lambda: is_under_way(upload), "the worker is importing")
        killed.kill()
    assert nothing_is_kept()

    done = finished(a_worker("second"))
    done.wait_for({handle_uploads.delay().id})
    assert nothing_is_kept(), "the dead worker's lease has not run out"

    PaymentUpload.objects.update(held_until=timezone.now())
    done.wait_for({handle_uploads.delay().id})
    upload.refresh_from_db()
    assert (upload.state, upload.tries) == (State.IMPORTED, 2)
    assert (PaymentFile.objects.count(), Payment.objects.count()) == (1, ROWS)
    assert not UploadChunk.objects.exists()


def test_an_import_that_is_cancelled_in_the_middle_leaves_no_trace(a_worker, finished):
    upload = a_large_one()
    done = finished(a_worker())
    message = handle_uploads.delay().id
    wait_until(lambda: is_under_way(upload), "the worker is importing")
    uploads.cancel(upload, by=factories.the_officer())
    done.wait_for({message})
    upload.refresh_from_db()
    assert upload.state == State.CANCELLED
    assert nothing_is_kept()
    assert not UploadChunk.objects.exists()


def test_five_messages_in_parallel_are_one_import(a_worker, finished):
    upload = a_confirmed_upload(month(4))
    done = finished(a_worker("worker", "--concurrency", "5").started())
    done.wait_for({handle_uploads.delay().id for _ in range(5)})
    upload.refresh_from_db()
    assert (upload.state, upload.tries) == (State.IMPORTED, 1)
    assert (PaymentFile.objects.count(), Payment.objects.count()) == (1, 20)


def test_a_lease_is_longer_than_a_worker_is_silent():
    assert importing.TOLD_EVERY * 10 < ROWS
    assert working.LEASE.total_seconds() > 60
