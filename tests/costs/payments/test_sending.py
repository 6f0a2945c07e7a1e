"""What COPY is sent says what was given, whatever stands in it."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from costs.payments.sending import as_lines

TEXTS = st.text(alphabet='ab\\N.\t\n\r"é', max_size=4)
KINDS = (TEXTS, st.booleans(), st.integers(-9, 10**12))


@st.composite
def columns_of(draw):
    """Columns of one length, each of one kind, with or without some that are lacking."""
    rows = draw(st.integers(1, 5))
    kinds = draw(st.lists(st.sampled_from([*KINDS, *(k | st.none() for k in KINDS)]), min_size=1))
    return tuple(draw(st.lists(kind, min_size=rows, max_size=rows)) for kind in kinds[:4])


def as_copy_reads(lines: str) -> list[tuple[str | None, ...]]:
    """PostgreSQL's text format, as its manual has it."""
    marks = {"t": "\t", "n": "\n", "r": "\r"}
    rows = []
    for line in lines.removesuffix("\n").split("\n"):
        row = []
        for cell in line.split("\t"):
            text, held = "", iter(cell)
            for mark in held:
                if mark == "\\":
                    following = next(held)
                    text += marks.get(following, following)
                else:
                    text += mark
            row.append(None if cell == "\\N" else text)
        rows.append(tuple(row))
    return rows


@given(columns_of())
def test_what_is_read_is_what_was_written(columns):
    words = {True: "t", False: "f"}
    written = [
        [words[v] if isinstance(v, bool) else v if v is None else str(v) for v in column]
        for column in columns
    ]
    assert as_copy_reads(as_lines(columns)) == list(zip(*written, strict=True))


@pytest.mark.served
@pytest.mark.django_db
def test_postgresql_reads_it_so_too():
    texts = ["\\N", "a\tb", "\\.", "two\nlines", "", "C:\\", "é", "\r"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE sent (number bigint, word text, other text)")
        with cursor.copy("COPY sent (number, word, other) FROM STDIN") as copy:
            copy.write(as_lines((range(len(texts)), texts, [None] * len(texts))))
        cursor.execute("SELECT number, word, other FROM sent ORDER BY number")
        found = cursor.fetchall()
    assert found == [(number, text, None) for number, text in enumerate(texts)]
