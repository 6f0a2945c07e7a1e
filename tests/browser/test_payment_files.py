"""A finance officer brings a month's file in, watches it being imported, and undoes it."""

import pytest

from accounts.models import Role
from costs.models import Payment, PaymentFile, PaymentUpload
from tests.browser.paymentfiles import BAD, FOREIGN
from tests.costs.payments.test_importing import bring, month
from tests.workers.conftest import a_beat, a_worker, start
from tests.workers.processes import wait_until

__all__ = ["a_beat", "a_worker", "start"]  # Fixtures: a real worker and a real scheduler.


@pytest.fixture
def the_file(tmp_path):
    """A month with two rows that cannot be read."""
    path = tmp_path / "june 2018.csv"
    path.write_text(month(6, *BAD))
    return path


def brings(visitor, path, publisher: str = "London Borough of Barnet"):
    """From the register of files to the preview of a new one."""
    page = visitor.at("admin:payment_files")
    visitor.follows("Import payments")
    page.get_by_label("Who published it").fill(publisher)
    page.get_by_label("The file", exact=True).set_input_files(path)
    visitor.presses("Upload")
    return page


def checks_and_confirms(visitor, path):
    """The preview, nothing corrected, and Import."""
    page = brings(visitor, path)
    visitor.sees("20 payments, £210.00 in all", "2 rows cannot be read", "“lots”", "“soon”")
    visitor.sees("Vendor Name", "Day first: 5/4/2018 is 5 April")
    assert not PaymentFile.objects.exists()
    visitor.presses("Import")
    return page


def test_the_report_arrives_by_itself(record, as_role, the_file, a_worker, a_beat):
    visitor = as_role(Role.FINANCE_OFFICER)
    page = checks_and_confirms(visitor, the_file)
    visitor.sees("waits to be imported")

    a_worker()
    a_beat()

    page.get_by_text("Its payments are on the record").wait_for(timeout=60_000)
    visitor.follows("See the report")
    visitor.sees("20 payments, £210.00 in all; 2 rows could not be read", "“lots”")
    assert Payment.objects.counted().count() == 20


def test_without_scripts_it_is_there_when_the_page_is_loaded_again(
    record, as_role, the_file, a_worker, a_beat
):
    visitor = as_role(Role.FINANCE_OFFICER, scripts=False)
    page = checks_and_confirms(visitor, the_file)
    visitor.sees("waits to be imported", "Load the page again")

    a_worker()
    a_beat()

    done = PaymentUpload.objects.filter(state=PaymentUpload.State.IMPORTED)
    wait_until(done.exists, "the worker imports the file")
    page.reload()
    visitor.follows("See the report")
    visitor.sees("2 rows could not be read")


def test_an_import_is_cancelled_before_a_worker_comes(record, as_role, the_file, scripts):
    visitor = as_role(Role.FINANCE_OFFICER, scripts=scripts)
    checks_and_confirms(visitor, the_file)
    visitor.follows("Cancel this import")
    visitor.presses("Cancel this import")
    visitor.sees("Thrown away by Pat Finance officer")
    assert not PaymentFile.objects.exists()


def test_wrong_columns_are_corrected_and_the_next_file_is_read_like_it(
    record, as_role, tmp_path, scripts
):
    visitor = as_role(Role.FINANCE_OFFICER, scripts=scripts)
    path = tmp_path / "fremd.csv"
    path.write_text(FOREIGN)
    page = brings(visitor, path)
    visitor.sees("It cannot be imported like this", "Müller GmbH")
    visitor.follows("Correct how it is read")
    page.get_by_label("Amount", exact=True).select_option("No column holds it")
    visitor.presses("Read it like this")
    visitor.sees("There is a problem", "there is nothing to import")
    for meaning, header in (("Day of payment", "Wann"), ("Supplier", "Wer"), ("Amount", "Wieviel")):
        page.get_by_label(meaning, exact=True).select_option(header)
    visitor.presses("Read it like this")
    visitor.sees("From now on its files are read like this", "1 payment, £1.00 in all")

    path.write_text(FOREIGN.replace("1.00", "2.00"))
    page = visitor.at("admin:payment_import")
    page.get_by_label("The file", exact=True).set_input_files(path)
    visitor.presses("Upload")
    visitor.sees("1 payment, £2.00 in all")


def test_an_import_is_undone_with_a_reason(record, as_role, scripts):
    first = bring(month(4), name="april.csv").file
    second = bring(month(4, "R,D,T,9,A Ltd,1000.00,25/04/2018"), name="april-2.csv").file
    visitor = as_role(Role.FINANCE_OFFICER, scripts=scripts)
    page = visitor.at("admin:payment_file", second.pk)
    visitor.follows("Undo this import")
    visitor.sees("21 payments, £1,210.00 in all, will count no longer.")
    visitor.sees("april.csv, which it replaced, counts again.")
    visitor.presses("Undo the import")
    visitor.sees("There is a problem", "Say what was wrong with the file.")
    page.get_by_label("What was wrong").fill("It was a draft.")
    visitor.presses("Undo the import")
    visitor.sees("april-2.csv is withdrawn", "It was a draft.", "Withdrawn")
    assert list(PaymentFile.objects.current()) == [first]
