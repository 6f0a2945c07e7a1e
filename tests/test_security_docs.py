"""The threat model and the ASVS table rest on tests that exist; nothing is met without one."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAPERS = ("docs/asvs.md", "docs/threat-model.md", "docs/personal-data.md")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
ROW = re.compile(r"^\| (V(\d+)\.(\d+)\.(\d+)) \| (.+?) \| (.+?) \| (.+) \|$")
#: What stands at levels 1 and 2 in version 5.0.0, by section, counted in the standard's own table;
#: sections whose numbers jump have requirements of level 3 between.
COUNTED = {
    "V1.1": 2, "V1.2": 9, "V1.3": 11, "V1.4": 3, "V1.5": 2,
    "V2.1": 3, "V2.2": 3, "V2.3": 4, "V2.4": 1,
    "V3.2": 2, "V3.3": 4, "V3.4": 6, "V3.5": 5, "V3.7": 2,
    "V4.1": 3, "V4.2": 1, "V4.3": 2, "V4.4": 4,
    "V5.1": 1, "V5.2": 3, "V5.3": 2, "V5.4": 3,
    "V6.1": 3, "V6.2": 12, "V6.3": 4, "V6.4": 4, "V6.5": 5, "V6.6": 3, "V6.8": 4,
    "V7.1": 3, "V7.2": 4, "V7.3": 2, "V7.4": 5, "V7.5": 2, "V7.6": 2,
    "V8.1": 2, "V8.2": 3, "V8.3": 1, "V8.4": 1,
    "V9.1": 3, "V9.2": 4,
    "V11.1": 2, "V11.2": 3, "V11.3": 3, "V11.4": 4, "V11.5": 1, "V11.6": 1,
    "V12.1": 3, "V12.2": 2, "V12.3": 4,
    "V13.1": 1, "V13.2": 5, "V13.3": 2, "V13.4": 5,
    "V14.1": 2, "V14.2": 4, "V14.3": 3,
    "V15.1": 3, "V15.2": 3, "V15.3": 7,
    "V16.1": 1, "V16.2": 5, "V16.3": 4, "V16.4": 3, "V16.5": 3,
}  # fmt: skip


@lru_cache
def named_in(file: str) -> frozenset[str]:
    """The names of the tests of a file, in classes or not; none where there is no such file."""
    path = ROOT / file
    if not path.exists():
        return frozenset()
    return frozenset(
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def rows() -> list[re.Match[str]]:
    lines = (ROOT / "docs/asvs.md").read_text().splitlines()
    return [match for line in lines if (match := ROW.match(line))]


@pytest.mark.parametrize("paper", PAPERS)
def test_every_test_that_a_paper_names_exists(paper):
    text = (ROOT / paper).read_text()
    missing = [
        f"{file}::{name}" if name else file
        for file, name in NAMED.findall(text)
        if not named_in(file) or (name and name not in named_in(file))
    ]
    assert missing == []
    # A name in another shape would be looked up by nobody.
    assert text.count("`tests/test_") + text.count("tests/") >= len(NAMED.findall(text))
    assert not re.findall(r"tests/[\w/]+\.py(?![`:\w])", text)


def test_each_requirement_stands_once_in_the_order_of_the_standard():
    numbers = [tuple(map(int, row.group(2, 3, 4))) for row in rows()]
    assert numbers == sorted(set(numbers))
    written = [
        line for line in (ROOT / "docs/asvs.md").read_text().splitlines() if line.startswith("| V")
    ]
    assert len(written) == len(numbers)


def test_no_requirement_of_a_section_is_left_out():
    found: dict[str, int] = {}
    for row in rows():
        section = f"V{row[2]}.{row[3]}"
        found[section] = found.get(section, 0) + 1
    assert found == COUNTED


def test_what_is_met_names_a_test_and_all_else_says_why():
    for row in rows():
        number, state, why = row[1], row[6], row[7]
        assert state in {"met", "n/a", "open"}, number
        if state == "met":
            assert NAMED.search(why), number
        else:
            assert len(why) > 5, number


def test_every_threat_has_an_answer_or_is_said_to_be_open():
    lines = (ROOT / "docs/threat-model.md").read_text().splitlines()
    threats = [line for line in lines if re.match(r"^\| [STRIDE] \|", line)]
    letters = {line[2] for line in threats}
    assert letters == set("STRIDE")
    assert len(threats) > 40
    for line in threats:
        assert NAMED.search(line) or "open" in line, line


def test_the_search_for_names_finds_them():
    assert named_in("tests/test_security_docs.py") >= {"test_the_search_for_names_finds_them"}
    assert not named_in("tests/no_such_file.py")
    assert NAMED.findall("`tests/a/test_b.py::test_c`") == [("tests/a/test_b.py", "test_c")]
