"""An officer keeps a file with a failure; a councillor has it sent; it is withdrawn."""

from pathlib import Path

import pytest

from accounts.models import Role
from incidents.models import FailureFile, Incident
from tests.evidence import GOOD, PDF

pytestmark = pytest.mark.usefixtures("evidence")


@pytest.fixture
def mosaic(record) -> Incident:
    return Incident.objects.get(title__startswith="Mosaic")


def test_a_file_is_brought_with_a_mistake_mended_downloaded_and_withdrawn(
    mosaic, as_role, scripts, tmp_path
):
    page_as_pdf, letter = tmp_path / "page.pdf", tmp_path / "Letter of May 2018.pdf"
    page_as_pdf.write_bytes(b"<script>alert(1)</script>")
    letter.write_bytes(PDF)

    officer = as_role(Role.INCIDENT_OFFICER, scripts=scripts)
    page = officer.at("admin:failure", mosaic.pk)
    officer.sees("No file is kept with it.")
    officer.follows("Add a file")
    page.get_by_label("The file", exact=True).set_input_files(page_as_pdf)
    page.get_by_label("What it is").fill("The supplier’s letter")
    officer.presses("Add the file")
    officer.sees("There is a problem", "This is not a PDF, although its name says so.")
    assert page.get_by_label("What it is").input_value() == "The supplier’s letter"
    page.get_by_label("The file", exact=True).set_input_files(letter)
    officer.presses("Add the file")
    officer.sees("The file is kept.", "Letter of May 2018.pdf", "The supplier’s letter")
    assert officer.overflow() == 0

    councillor = as_role(Role.COUNCILLOR, scripts=scripts, width=390)
    reading = councillor.at("admin:failure", mosaic.pk)
    kept = FailureFile.objects.get()
    councillor.sees(kept.sha256)
    assert councillor.overflow() == 0
    with reading.expect_download() as coming:
        reading.get_by_role("link", name="Letter of May 2018.pdf").click()
    assert coming.value.suggested_filename == "Letter of May 2018.pdf"
    assert Path(coming.value.path()).read_bytes() == PDF == GOOD["letter.pdf"]

    officer.follows("withdraw it")
    page.get_by_label("Why it is withdrawn").fill("It is of another contract.")
    officer.presses("Withdraw the file")
    officer.sees("The file is withdrawn.", "It is of another contract.")
    reading.reload()
    councillor.sees("Withdrawn", "It is of another contract.")
    assert reading.get_by_role("link", name="Letter of May 2018.pdf").count() == 0
