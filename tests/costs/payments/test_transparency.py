"""The Transparency Code file: 22 columns, safe to open, and nothing lost when it is read again."""

import datetime as dt
import io
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from barnetwatch.lib.exports import original_text, reversible_text, safe_text
from costs.models import Payment
from costs.payments import importing, transparency
from costs.payments.cells import is_kept_back
from costs.payments.reading import read
from tests import factories
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring, publisher

APRIL = (dt.date(2018, 4, 1), dt.date(2018, 4, 30))

#: Texts as the reader keeps them: stripped, without control characters.
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=30).map(str.strip)
SUPPLIERS = TEXTS.filter(lambda text: text and text != "\ufeff")
PAYMENTS = st.lists(
    st.builds(
        SimpleNamespace,
        supplier=SUPPLIERS,
        paid_on=st.dates(dt.date(2010, 1, 1), dt.date(2040, 12, 31)),
        amount=st.integers(-(10**12), 10**12).map(lambda pence: Decimal(pence).scaleb(-2)),
        reference=TEXTS,
        directorate=TEXTS,
        department=TEXTS,
        expenditure_type=TEXTS,
        purpose=TEXTS,
        contract_reference=TEXTS,
    ),
    min_size=1,
    max_size=8,
)
FIELDS = (
    "paid_on",
    "amount",
    "reference",
    "directorate",
    "department",
    "expenditure_type",
    "purpose",
    "contract_reference",
)


def payment(**fields):
    """A payment as the writer takes it."""
    label = SimpleNamespace(name="London Borough of Barnet")
    given = {
        "supplier": "Capita Ltd",
        "paid_on": dt.date(2018, 4, 10),
        "amount": Decimal("20.00"),
        **dict.fromkeys(FIELDS[2:], ""),
        "redacted": False,
        **fields,
    }
    payee = SimpleNamespace(name=given.pop("supplier"), publisher=label)
    return SimpleNamespace(payee=payee, **given)


def read_again(*payments) -> list:
    text = "".join(transparency.lines(payments))
    found = read(io.BytesIO(text.encode()))
    assert not found.problems, (text, found.problems)
    return found.rows


@hypothesis_settings(max_examples=300, deadline=None)
@given(PAYMENTS)
@example([SimpleNamespace(**(vars(payment()) | {"supplier": "'=1+1", "purpose": "''-5"}))])
@example([SimpleNamespace(**(vars(payment()) | {"supplier": "Smith' + Sons", "purpose": "−5"}))])
@example([SimpleNamespace(**(vars(payment()) | {"supplier": "total", "amount": Decimal(0)}))])
def test_what_is_written_is_read_again_with_nothing_lost(given_rows):
    kept_back = [is_kept_back(row.supplier) for row in given_rows]
    written = [
        payment(
            supplier=row.supplier, redacted=hidden, **{name: getattr(row, name) for name in FIELDS}
        )
        for row, hidden in zip(given_rows, kept_back, strict=True)
    ]
    rows = read_again(*written)
    assert len(rows) == len(written)
    for row, was in zip(rows, written, strict=True):
        assert [getattr(row, name) for name in FIELDS] == [getattr(was, name) for name in FIELDS]
        assert row.supplier == was.payee.name
        assert row.redacted == was.redacted


@given(TEXTS)
@example("'=1")
@example("''=1")
@example("=1")
@example("\N{FULLWIDTH EQUALS SIGN}1")
def test_a_text_is_safe_and_comes_back(text):
    written = reversible_text(text)
    assert safe_text(written) == written
    assert original_text(written) == text


def test_it_has_the_twenty_two_columns_and_their_forms():
    heading, row = "".join(transparency.lines([payment(amount=Decimal("-1234.5"))])).splitlines()
    assert len(heading.split(",")) == 22
    cells = dict(zip(heading.split(","), row.split(","), strict=True))
    assert cells["OrganisationLabel"] == "London Borough of Barnet"
    assert (cells["PaymentDate"], cells["Amount"]) == ("10/04/2018", "-1234.50")
    assert cells["IrrecoverableVATAmount"] == cells["CardTransaction"] == ""


def test_a_name_that_is_kept_back_is_never_written_out():
    [row] = read_again(payment(supplier="Jane Doe", redacted=True))
    assert (row.supplier, row.redacted) == ("REDACTED PERSONAL DATA", True)
    kept = "REDACTED COMMERCIAL CONFIDENTIALITY"
    [row] = read_again(payment(supplier=kept, redacted=True))
    assert (row.supplier, row.redacted) == (kept, True)


def test_an_apostrophe_within_a_name_stays_where_it_is():
    text = "Date,Supplier,Amount\n20/04/2018,Smith' + Sons,1.00\n20/04/2018,'=1+1,2.00\n"
    assert [row.supplier for row in read(io.BytesIO(text.encode())).rows] == [
        "Smith' + Sons",
        "=1+1",
    ]


@pytest.mark.django_db
class TestWhichPayments:
    def test_are_those_that_count_of_the_days(self):
        march = bring(table("R,D,T,1,A Ltd,1.00,31/03/2018"), name="march.csv").file
        bring(table("R,D,T,2,A Ltd,2.00,01/04/2018", "R,D,T,3,A Ltd,3.00,01/05/2018"), name="a.csv")
        gone = bring(table("R,D,T,4,B Ltd,4.00,09/04/2018"), name="gone.csv").file
        importing.withdraw(gone, reason="No.", by=factories.the_officer())
        bring(
            table("R,D,T,5,C Ltd,5.00,09/04/2018"), name="harrow.csv", publisher=publisher("Harrow")
        )
        found = transparency.payments_of(march.publisher, *APRIL)
        assert [row.amount for row in found] == [2]

    def test_come_back_from_the_file_as_they_are_on_the_record(self):
        rows = (
            "Resources,IT,Support,=SUM(A1),O'Brien & Co,-20.50,05/04/2018",
            "Adults,Care,Homes,7,REDACTED PERSONAL DATA,250.00,16/04/2018",
        )
        file = bring(table(*rows)).file
        text = "".join(transparency.lines(transparency.payments_of(file.publisher, *APRIL)))
        assert "'=SUM(A1)" in text
        again = bring(text, name="lga.csv", publisher=publisher("Barnet again")).file
        columns = (*FIELDS, "payee__name", "payee__key", "redacted")
        was, became = (
            list(Payment.objects.filter(file=each).order_by("line").values_list(*columns))
            for each in (file, again)
        )
        assert was == became

    def test_cost_the_same_queries_however_many(self, django_assert_num_queries):
        file = bring(table(*(f"R,D,T,{n},S{n},1.00,05/04/2018" for n in range(30)))).file
        with django_assert_num_queries(1):
            assert len(list(transparency.lines(transparency.payments_of(file.publisher, *APRIL))))


@pytest.mark.django_db
class TestTheCommand:
    def write(self, **options) -> str:
        out = io.StringIO()
        given = {"publisher": "Barnet", "first": "2018-04-01", "last": "2018-04-30", **options}
        call_command("writetransparency", stdout=out, **given)
        return out.getvalue()

    def test_writes_out_here(self):
        bring(table("R,D,T,1,A Ltd,1.00,10/04/2018"))
        heading, row = self.write().splitlines()
        assert heading.startswith("OrganisationLabel,")
        assert row.startswith("Barnet,,R,D,,A Ltd,")

    def test_writes_a_file_and_says_what_is_in_it(self, tmp_path):
        bring(table("R,D,T,1,A Ltd,1.00,10/04/2018"))
        path = tmp_path / "april.csv"
        said = self.write(output=path)
        assert "1 payments" not in said
        assert said.startswith("1 payment from 1 April 2018 to 30 April 2018 was written to")
        assert len(path.read_text().splitlines()) == 2
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (
                {"publisher": "Nobody"},
                "No payments of “Nobody” are on the record. Of these: Barnet.",
            ),
            ({"first": "2018-05-01"}, "The first day is after the last"),
            ({"last": "April"}, "“April” is not a date"),
        ],
    )
    def test_says_what_is_wrong_with_what_it_was_asked(self, options, says):
        publisher()
        with pytest.raises(CommandError, match=says) as refused:
            self.write(**options)
        assert refused.value.returncode == 2

    def test_a_file_that_cannot_be_written_is_said(self, tmp_path):
        publisher()
        with pytest.raises(CommandError, match="cannot be written"):
            self.write(output=tmp_path / "no folder" / "april.csv")
