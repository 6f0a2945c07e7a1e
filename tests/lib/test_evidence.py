"""Which files are taken for evidence: by the ending of the name and by what is inside."""

import io
import zipfile

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from barnetwatch.lib import evidence
from barnetwatch.lib.evidence import packed
from barnetwatch.lib.filenames import ending_of, safe_name
from tests.evidence import GOOD, MB, docx, xlsx


def look(name: str, data: bytes) -> str:
    return evidence.check(io.BytesIO(data), name, len(data))


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_of_each_kind_passes_and_is_set_back_to_its_beginning(name):
    file = io.BytesIO(GOOD[name])
    kind = evidence.check(file, name.upper(), len(GOOD[name]))
    assert kind == ending_of(name).replace("jpeg", "jpg")
    assert file.tell() == 0


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("other", GOOD)
def test_a_file_of_one_kind_is_no_other(name, other):
    """But that a mail and a table are texts too."""
    kinds = [ending_of(each).replace("jpeg", "jpg") for each in (name, other)]
    texts = {"csv", "txt"}
    if kinds[0] == kinds[1] or (kinds[1] in texts and kinds[0] in texts | {"eml"}):
        assert look(other, GOOD[name]) == kinds[1]
        return
    with pytest.raises(ValidationError) as refused:
        look(other, GOOD[name])
    assert refused.value.error_dict.keys() == {"file"}


def test_a_file_of_exactly_25_mb_is_kept_and_one_byte_more_is_not():
    assert evidence.MOST_BYTES == 25 * MB
    assert look("a.txt", b"a" * 25 * MB) == "txt"
    with pytest.raises(ValidationError, match=r"larger than 25 MB\. Choose a smaller one\."):
        look("a.txt", b"a" * (25 * MB + 1))


def test_workbooks_and_documents_as_programs_write_them_are_kept():
    import docx as python_docx
    import openpyxl
    import xlsxwriter

    written = io.BytesIO()
    python_docx.Document().save(written)
    assert look("a.docx", written.getvalue()) == "docx"
    written = io.BytesIO()
    openpyxl.Workbook().save(written)
    assert look("a.xlsx", written.getvalue()) == "xlsx"
    written = io.BytesIO()
    with xlsxwriter.Workbook(written) as book:
        book.add_worksheet().write(0, 0, "Capita")
    assert look("a.xlsx", written.getvalue()) == "xlsx"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Capita\n",
        "a\tb\r\n",
        "£4.20 – “so”\f",
        "MZ begins this note",
        "<script>alert(1)</script>",
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_may_be_written_in_any_way_that_is_in_use(text, coding):
    data = (text or "a").encode(coding)
    assert look("a.txt", data) == "txt"


def test_the_words_say_what_to_do():
    for name, data, says in (
        ("a.exe", b"MZ", "Choose one that ends in .pdf, .png"),
        ("a.pdf", b"", "The file is empty. Choose another one."),
        ("a.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "Save it without a password as .docx"),
        ("a.xlsx", xlsx({"xl/vbaProject.bin": "x"}), "Save it as .xlsx without them"),
        ("a.pdf", GOOD["letter.pdf"][:40], "This PDF is cut off"),
    ):
        with pytest.raises(ValidationError) as refused:
            look(name, data)
        assert says in refused.value.messages[0]


def test_a_packed_file_is_not_unpacked_to_be_looked_at(monkeypatch):
    large = docx({"word/media/big.xml": b"\0" * 50 * MB})
    too_large = docx({f"word/{n}.xml": b"\0" * 90 * MB for n in range(5)})
    opened = []
    real = zipfile.ZipFile.open

    def watched(self, name, *args, **options):
        opened.append(name)
        return real(self, name, *args, **options)

    monkeypatch.setattr(zipfile.ZipFile, "open", watched)
    look("a.docx", large)
    assert opened == ["[Content_Types].xml"]
    with pytest.raises(ValidationError, match="far more than its size says"):
        look("a.docx", too_large)
    assert len(opened) == 1
    assert packed.MOST_UNPACKED < 450 * MB


@hypothesis_settings(max_examples=400)
@given(st.sampled_from(sorted(GOOD)), st.binary(max_size=300), st.integers(0, 400))
def test_whatever_the_bytes_are_the_answer_is_a_kind_or_a_sentence(name, noise, at):
    data = GOOD[name][:at] + noise + GOOD[name][at:]
    try:
        said = look(name, data)
    except ValidationError as refused:
        said = refused.messages[0]
    assert said in evidence.KINDS or said.endswith(".")


@hypothesis_settings(max_examples=400)
@given(st.text(max_size=400))
def test_whatever_a_file_is_called_its_name_is_one_printable_line(text):
    name = safe_name(text)
    assert 0 < len(name) <= 255
    assert name.isprintable() or all(not char.isspace() or char == " " for char in name)
    assert not set(name) & set("/\\\r\n\0\u202e\u200f")
