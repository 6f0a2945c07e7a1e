"""What looks like data about a private person, and what does not."""

import datetime as dt
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barnetwatch.lib.dates import in_words
from barnetwatch.lib.money import in_table
from barnetwatch.lib.personal import Kind, found_in, is_nhs_number

#: The Data Dictionary's own example, and one of the range kept for tests.
NHS = ("9434765919", "9990000018")
NINE = st.text("0123456789", min_size=9, max_size=9)
GAPS = st.sampled_from(["", " ", "-", ".", "\u00a0", "\u2011", "\u2013"])


def kinds(text: str) -> list[Kind]:
    return [found.kind for found in found_in(text)]


def check_digit(nine: str) -> int:
    """By the sum, written another way than in the code: the weighted sum of all ten is 0 mod 11."""
    fits = [
        last
        for last in range(10)
        if sum(int(d) * (10 - n) for n, d in enumerate(f"{nine}{last}")) % 11 == 0
    ]
    return fits[0] if fits else -1


@given(NINE, GAPS)
def test_every_nhs_number_is_found_however_it_is_spaced(nine, gap):
    last = check_digit(nine)
    number = f"{nine}{last}"
    if last < 0 or len(set(number)) == 1:
        assert not is_nhs_number(f"{nine}0") or len(set(number)) == 1
        return
    spaced = gap.join((number[:3], number[3:6], number[6:]))
    assert is_nhs_number(number)
    assert Kind.NHS in kinds(f"The client, {spaced}, was not billed.")


@given(NINE, st.integers(0, 9))
def test_ten_digits_with_another_check_digit_are_no_nhs_number(nine, last):
    if last != check_digit(nine):
        assert not is_nhs_number(f"{nine}{last}")


@pytest.mark.parametrize("number", NHS)
def test_known_nhs_numbers_are_found(number):
    assert is_nhs_number(number)
    assert kinds(f"NHS number {number}") == [Kind.NHS]


@pytest.mark.parametrize("digits", ["", "943476591", "94347659190", "1111111111", "943476591９"])
def test_what_is_no_nhs_number(digits):
    assert not is_nhs_number(digits)


@pytest.mark.parametrize(
    "text",
    [
        "９４３ ４７６ ５９１９",
        "943\u200b476\u200b5919",  # zero-width spaces
        "943\u00ad4765919",  # a soft hyphen
    ],
)
def test_digits_dressed_up_are_found_all_the_same(text):
    assert kinds(text) == [Kind.NHS]


@pytest.mark.parametrize(
    "text", ["QQ 12 34 56 C".replace("QQ", "AB"), "AB123456C", "ab123456c", "JM 98-76-54 A"]
)
def test_national_insurance_numbers_are_found(text):
    assert kinds(f"His number is {text}.") == [Kind.INSURANCE]


@pytest.mark.parametrize(
    "text",
    ["QQ123456C", "BG123456A", "AO123456A", "AB123456E", "by 10 11 12 a", "XAB123456C", "AB12345C"],
)
def test_what_is_no_national_insurance_number(text):
    assert kinds(text) == []


@given(
    st.sampled_from("ABCEGHJKLMNOPRSTWXYZ"),
    st.sampled_from("ABCEGHJKLMNPRSTWXYZ"),
    st.text("0123456789", min_size=6, max_size=6),
    st.sampled_from("ABCD"),
    st.sampled_from(["", " "]),
)
def test_every_issued_form_of_national_insurance_number_is_found(first, second, six, last, gap):
    if f"{first}{second}" not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}:
        number = gap.join((f"{first}{second}", six[:2], six[2:4], six[4:], last))
        assert Kind.INSURANCE in kinds(f"({number})")


@pytest.mark.parametrize(
    "text",
    [
        "020 8359 2000",
        "(020) 8359 2000",
        "02083592000",
        "07700 900123",
        "07700-900-123",
        "+44 7700 900123",
        "+44 (0)20 8359 2000",
        "0044 20 8359 2000",
        "0800 123 456",
        "01204 12345 6",
        "tel 0120412345",
        "020 8359 2000 12 people rang",
    ],
)
def test_phone_numbers_are_found(text):
    assert kinds(text) == [Kind.PHONE]


@pytest.mark.parametrize(
    "text",
    [
        "£4,200,000.00 and £164,176",
        "£9434765919",
        "9434765919.00",
        "1,943,476,591.90",
        "0.1234567890",
        "01-04-2016 12 incidents",
        "from 01.02.2016 to 31.03.2016",
        "weeks 01 02 03 04 05 06",
        "payment reference 07700900123",
        "Ref: 9434765919",
        "invoice no. 02083592000",
        "contract DN9434765919",
        "CSG-2013-07700900123",
        "document 5100001234",
        "company number 08345678",
        "2013/0123456789",
        "0700123456",
        "in 2016/17, 2017/18 and 2018/19",
        "SHA-256 0a07700900123ff",
    ],
)
def test_sums_dates_and_references_are_left_alone(text):
    assert kinds(text) == []


@given(st.decimals(0, Decimal("99999999999.99"), places=2))
def test_no_sum_as_the_site_prints_it_looks_like_a_person(sum_):
    assert found_in(f"It cost {in_table(sum_)} in all.") == []


@given(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)), st.sampled_from("./- "))
def test_no_date_looks_like_a_person(day, mark):
    texts = [in_words(day), day.isoformat(), day.strftime(f"%d{mark}%m{mark}%Y")]
    assert found_in(f"Between {texts[0]} and {texts[1]}, that is by {texts[2]} at 09.30.") == []


@given(st.integers(10**9, 10**10 - 1), st.sampled_from(["payment", "Ref.", "invoice no", "PO"]))
def test_no_reference_that_says_so_looks_like_a_person(number, word):
    assert found_in(f"See {word} {number}") == []


@pytest.mark.parametrize(
    "text",
    [
        "Mrs A. Example of 4 High Road, N12 8QT",
        "Mr Example, n12 8qt",
        "John Example lives in NW4 4BG",
        "NW44BG: Dr O'Neill",
        "Margaret Ann Smith, EC1A 1BB",
    ],
)
def test_a_postcode_beside_a_name_is_found(text):
    assert kinds(text) == [Kind.ADDRESS]


@pytest.mark.parametrize(
    "text",
    [
        "North London Business Park, N11 1NP",
        "Barnet House, 1255 High Road, N20 0EJ",
        "Hendon Town Hall, The Burroughs, NW4 4BG",
        "John Street and St Ann Road, N12 8QT",
        "Mr Example said so",
        "in Q1 2017",
        "Mr Example said so. " + "The service failed again and again. " * 6 + "N12 8QT",
    ],
)
def test_a_place_or_a_name_alone_is_left_alone(text):
    assert kinds(text) == []


@given(st.text(max_size=300))
def test_any_text_at_all_is_read(text):
    assert all(found.text for found in found_in(text))


def test_each_is_told_once():
    assert kinds("020 8359 2000, again 020 8359 2000") == [Kind.PHONE]


@pytest.mark.parametrize("part", ["0", "07 ", "A", "Mr ", "9434765919 ", "N12 8QT ", "(0", "+44 "])
def test_a_long_text_is_read_in_no_time(part):
    text = (part * 100_000)[:100_000]
    begun = time.perf_counter()
    found_in(text)
    assert time.perf_counter() - begun < 5
