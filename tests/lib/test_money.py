"""Money: what a person may type, how it is printed, and that no penny is lost in between."""

import json
from decimal import Decimal

import pytest
from django import forms
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Avg, Case, Count, F, Max, Min, Sum, Value, When
from django.db.models.functions import Abs, Coalesce, Greatest
from hypothesis import example, given
from hypothesis import strategies as st

from barnetwatch.lib import appendonly, money
from barnetwatch.lib.money import (
    LARGEST,
    PoundsField,
    PoundsFormField,
    in_prose,
    in_sentence,
    in_table,
    parse_pounds,
    to_pence,
    to_pounds,
)
from contracts.models import Award
from costs.models import CostEntry
from scrutiny.models import DecisionCost
from tests.factories import a_contract, a_line, an_award, post, undone

a_sum = st.decimals(-LARGEST, LARGEST, places=2)
NBSP, THIN, MINUS = "\u00a0", "\u2009", "\u2212"


def in_pounds(expression: models.Expression) -> models.ExpressionWrapper:
    """Arithmetic on the columns says what comes out of it."""
    return models.ExpressionWrapper(expression, PoundsField())


class TestWhatAPersonMayType:
    @pytest.mark.parametrize(
        ("typed", "pounds"),
        [
            ("0", "0.00"),
            ("250", "250.00"),
            ("164176", "164176.00"),
            ("164,176", "164176.00"),
            ("£4,200,000.00", "4200000.00"),
            ("£ 4,200,000", "4200000.00"),
            ("1.5", "1.50"),
            ("1.05", "1.05"),
            ("1.", "1.00"),
            ("007", "7.00"),
            ("  12.30  ", "12.30"),
            ("\t12.30\n", "12.30"),
            (f"{NBSP}£{NBSP}12.30{NBSP}", "12.30"),
            (f"{THIN}12.30{THIN}", "12.30"),
            ("-250", "-250.00"),
            (f"{MINUS}250", "-250.00"),
            ("- 250", "-250.00"),
            ("-£250", "-250.00"),
            ("£-250", "-250.00"),
            ("250-", "-250.00"),
            (f"250{MINUS}", "-250.00"),
            ("£250 -", "-250.00"),
            ("(1,040.22)", "-1040.22"),
            ("(£1,040.22)", "-1040.22"),
            ("( 1040.22 )", "-1040.22"),
            ("-0", "0.00"),
            ("(0.00)", "0.00"),
            ("100,000,000,000.00", "100000000000.00"),
        ],
    )
    def test_is_read(self, typed, pounds):
        assert str(parse_pounds(typed)) == pounds

    @pytest.mark.parametrize(
        "typed",
        [
            "£",
            "-",
            "()",
            "£-",
            "pounds",
            "4.2m",
            "£4.2 million",
            "GBP 5",
            "$5",
            "1e3",
            "1E+3",
            "1_000",
            "0x10",
            "+5",
            "NaN",
            "Infinity",
            "-Infinity",
            ".50",
            "1.2.3",
            "1,00",
            "34,551,00",
            "1,0000",
            ",100",
            "100,",
            "1,000,00.00",
            "1.000,00",
            "1 000",
            f"1{NBSP}000",
            f"1{THIN}000",
            "1'000",
            "１２３",
            "£１",
            "१२३",
            "٣",
            "²",
            "½",
            "--5",
            "5--",
            "-5-",
            "£--5",
            "£-5-",
            f"{MINUS}-5",
            "-(5)",
            "(-5)",
            "(5-)",
            "(5)-",
            "((5))",
            "(5",
            "5)",
            "££5",
            "5£",
            "5p",
            "5%",
            "12 34",
            "12\n34",
            "=5",
        ],
    )
    def test_is_refused_with_a_remedy_when_it_is_not_an_amount(self, typed):
        with pytest.raises(ValidationError) as refusal:
            parse_pounds(typed)
        [sentence] = refusal.value.messages
        assert "is not an amount in pounds. Write it like 4,200,000.00 or -250." in sentence
        assert typed.strip().replace(NBSP, " ") in sentence

    @pytest.mark.parametrize("typed", ["1.005", "0.999", "£1,000.000", "-1.001", "(1.2345)"])
    def test_is_refused_rather_than_rounded(self, typed):
        with pytest.raises(ValidationError, match="more than two decimal places"):
            parse_pounds(typed)

    @pytest.mark.parametrize("typed", ["", "   ", NBSP])
    def test_is_asked_for_when_empty(self, typed):
        with pytest.raises(ValidationError, match="Enter an amount in pounds"):
            parse_pounds(typed)

    @pytest.mark.parametrize("typed", ["100000000000.01", "-100,000,000,000.01", "9" * 40])
    def test_is_refused_beyond_what_the_register_holds(self, typed):
        with pytest.raises(ValidationError, match="more than the £100 billion"):
            parse_pounds(typed)

    def test_is_repeated_only_in_part_when_it_is_long(self):
        with pytest.raises(ValidationError) as refusal:
            parse_pounds("x" * 5000)
        assert len(refusal.value.messages[0]) < 150

    @given(a_sum)
    def test_is_read_back_from_every_way_of_printing_it(self, pounds):
        assert parse_pounds(in_table(pounds)) == pounds
        assert parse_pounds(in_sentence(pounds)) == pounds
        assert parse_pounds(f"{pounds:.2f}") == pounds

    @given(st.text(max_size=20))
    def test_is_read_exactly_or_refused_whatever_it_is(self, typed):
        try:
            pounds = parse_pounds(typed)
        except ValidationError:
            return
        assert pounds == pounds.quantize(money.PENNY)
        assert abs(pounds) <= LARGEST


class TestPence:
    @pytest.mark.parametrize(
        ("pounds", "pence"),
        [("0", 0), ("0.01", 1), ("-0.01", -1), ("1E+3", 100_000), ("12.300", 1230)],
    )
    def test_are_whole(self, pounds, pence):
        assert to_pence(Decimal(pounds)) == pence

    @pytest.mark.parametrize(
        "pounds",
        [
            "0.001",
            "0.005",
            "NaN",
            "sNaN",
            "Infinity",
            "1.0000000000000000000000000000001",
            "99999999999999999999999999999.99001",
        ],
    )
    def test_are_never_rounded_to(self, pounds):
        with pytest.raises(ValidationError, match="is not a sum of pounds and whole pence"):
            to_pence(Decimal(pounds))

    @given(st.integers(-(10**13), 10**13))
    def test_and_pounds_are_the_same_sum(self, pence):
        assert to_pence(to_pounds(pence)) == pence
        assert to_pounds(pence).as_tuple().exponent == -2


class TestHowMoneyIsPrinted:
    @pytest.mark.parametrize(
        ("pounds", "table", "sentence", "prose"),
        [
            ("0", "£0.00", "£0", "£0"),
            ("-0.00", "£0.00", "£0", "£0"),
            ("0.05", "£0.05", "£0.05", "£0.05"),
            ("250", "£250.00", "£250", "£250"),
            ("-250.5", "-£250.50", "-£250.50", "-£250.50"),
            ("164176", "£164,176.00", "£164,176", "£164,176"),
            ("999999.99", "£999,999.99", "£999,999.99", "£999,999.99"),
            ("1000000", "£1,000,000.00", "£1,000,000", "£1 million"),
            ("4200000", "£4,200,000.00", "£4,200,000", "£4.2 million"),
            ("-4120000", "-£4,120,000.00", "-£4,120,000", "-£4.12 million"),
            ("4123456", "£4,123,456.00", "£4,123,456", "£4,123,456"),
            ("320000000", "£320,000,000.00", "£320,000,000", "£320 million"),
            ("1000000000", "£1,000,000,000.00", "£1,000,000,000", "£1 billion"),
            ("1234000000", "£1,234,000,000.00", "£1,234,000,000", "£1,234 million"),
            ("100000000000", "£100,000,000,000.00", "£100,000,000,000", "£100 billion"),
        ],
    )
    def test_in_a_table_a_sentence_and_prose(self, pounds, table, sentence, prose):
        assert in_table(Decimal(pounds)) == table
        assert in_sentence(Decimal(pounds)) == sentence
        assert in_prose(Decimal(pounds)) == prose


@pytest.mark.django_db
class TestTheColumn:
    @given(a_sum.filter(bool))
    @example(LARGEST)
    @example(-LARGEST)
    @example(Decimal("0.01"))
    @example(Decimal("99999999999.99"))
    @example(Decimal("-99999999999.99"))
    def test_gives_back_every_sum_it_was_given(self, pounds):
        with connection.cursor() as cursor:
            placed = PoundsField().get_db_prep_value(pounds, connection)
            cursor.execute("SELECT CAST(%s AS BIGINT)", [placed])
            found = PoundsField().from_db_value(cursor.fetchone()[0], None, connection)
        assert (found, str(found)) == (pounds, f"{pounds:.2f}")

    @pytest.mark.parametrize(
        "pounds", [LARGEST, Decimal("0.01"), Decimal("99999999999.99"), Decimal("81999999999")]
    )
    def test_keeps_extremes_in_a_row(self, pounds):
        award = an_award(a_contract(), pounds)
        found = Award.objects.get(pk=award.pk).amount
        assert (found, str(found)) == (pounds, f"{pounds:.2f}")

    def test_adds_up_exactly(self):
        contract = a_contract()
        for amount in ("0.10", "0.20"):
            an_award(contract, amount)
        total = Award.objects.aggregate(total=Sum("amount"))["total"]
        assert total == Decimal("0.30")
        assert not total > Decimal("0.30")

    @given(st.lists(st.decimals(Decimal("0.01"), LARGEST, places=2), min_size=1, max_size=6))
    def test_sums_as_decimals_do(self, amounts):
        with undone():
            contract = a_contract()
            source = an_award(contract, 1).source
            Award.objects.bulk_create(
                Award(contract=contract, amount=a, source=source, recorded_by_id=1) for a in amounts
            )
            rows = Award.objects.exclude(pk=Award.objects.order_by("pk").first().pk)
            found = rows.aggregate(Sum("amount"), Min("amount"), Max("amount"), Count("amount"))
        assert found["amount__sum"] == sum(amounts)
        assert (found["amount__min"], found["amount__max"]) == (min(amounts), max(amounts))
        assert found["amount__count"] == len(amounts)

    def test_aggregates_in_pounds(self):
        contract, other = a_contract("A"), a_contract("B")
        for amount in ("10.01", "20.03"):
            an_award(contract, amount)
        rows = Award.objects.all()
        mean = Avg("amount", output_field=PoundsField())
        assert rows.aggregate(mean=mean)["mean"] == Decimal("15.02")
        sums = type(contract).objects.annotate(sum=Sum("awards__amount")).values_list("pk", "sum")
        assert dict(sums) == {contract.pk: Decimal("30.04"), other.pk: None}
        whole = type(contract).objects.annotate(
            sum=Coalesce(Sum("awards__amount"), Value(Decimal("0.00"), PoundsField()))
        )
        assert whole.get(pk=other.pk).sum == Decimal("0.00")
        assert rows.none().aggregate(total=Sum("amount"))["total"] is None

    def test_takes_part_in_expressions(self):
        award = an_award(a_contract(), "10.50")
        less = in_pounds(F("amount") - Value(Decimal("20.00"), PoundsField()))
        found = Award.objects.annotate(
            twice=in_pounds(F("amount") + F("amount")),
            more=in_pounds(F("amount") + Value(Decimal("0.25"), PoundsField())),
            less=less,
            size=Abs(less),
            larger=Greatest("amount", Value(Decimal("11"), PoundsField())),
            if_any=Case(When(amount__gt=Decimal("10"), then="amount"), output_field=PoundsField()),
        ).get(pk=award.pk)
        assert (found.twice, found.more) == (Decimal("21.00"), Decimal("10.75"))
        assert (found.less, found.size) == (Decimal("-9.50"), Decimal("9.50"))
        assert (found.larger, found.if_any) == (Decimal("11.00"), Decimal("10.50"))

    def test_counts_a_bare_literal_in_an_expression_as_pence(self):
        an_award(a_contract(), "10.50")
        more = in_pounds(F("amount") + 25)
        assert Award.objects.annotate(more=more).get().more == Decimal("10.75")

    def test_gives_pence_from_arithmetic_that_does_not_name_the_column(self):
        an_award(a_contract(), "10.50")
        assert Award.objects.annotate(twice=F("amount") + F("amount")).get().twice == 2100

    @pytest.mark.parametrize(
        ("lookup", "finds"),
        [
            ({"amount": Decimal("10.50")}, True),
            ({"amount": "10.50"}, True),
            ({"amount": "£10.50"}, True),
            ({"amount": 10}, False),
            ({"amount__gt": Decimal("10.49")}, True),
            ({"amount__gt": Decimal("10.50")}, False),
            ({"amount__gte": Decimal("10.50")}, True),
            ({"amount__lt": Decimal("10.51")}, True),
            ({"amount__lt": Decimal("10.50")}, False),
            ({"amount__lte": Decimal("10.50")}, True),
            ({"amount__lt": 11}, True),
            ({"amount__in": [Decimal("1"), Decimal("10.50")]}, True),
            ({"amount__in": [Decimal("1")]}, False),
            ({"amount__range": (Decimal("10"), Decimal("10.50"))}, True),
            ({"amount__isnull": True}, False),
            ({"amount__gt": Decimal("99999999999999999999")}, False),
            ({"amount__lt": Decimal("99999999999999999999")}, True),
        ],
    )
    def test_is_looked_up_in_pounds(self, lookup, finds):
        an_award(a_contract(), "10.50")
        assert Award.objects.filter(**lookup).exists() == finds

    @pytest.mark.parametrize(
        "value", [10.5, True, Decimal("10.505"), "10.505", b"10", Decimal("NaN")]
    )
    def test_is_not_looked_up_by_what_is_not_money(self, value):
        with pytest.raises(ValidationError):
            Award.objects.filter(amount=value).exists()

    def test_is_ordered_by_size(self):
        contract = a_contract()
        for amount in ("9.99", "100.00", "20.00"):
            an_award(contract, amount)
        found = Award.objects.order_by("amount").values_list("amount", flat=True)
        assert list(found) == [Decimal("9.99"), Decimal("20.00"), Decimal("100.00")]

    def test_is_updated_by_an_expression(self):
        line = post(a_line(a_contract()), "approved", "0.10", "2018-01-01").line
        post(line, "approved", "0.20", "2018-01-01")
        assert line.stage_totals.get().net == Decimal("0.30")

    @pytest.mark.parametrize("pence", [10**13 + 1, -(10**13) - 1])
    def test_is_bounded_by_the_database_itself(self, pence):
        row = post(a_line(a_contract()), "approved", 1, "2018-01-01")
        with appendonly.lifted(connection), pytest.raises(IntegrityError), transaction.atomic():
            CostEntry.all_rows.filter(pk=row.pk).update(amount=in_pounds(Value(pence)))

    @pytest.mark.parametrize(
        "amount", [LARGEST + money.PENNY, -LARGEST - money.PENNY, Decimal("0.001")]
    )
    def test_is_bounded_by_its_validator(self, amount):
        with pytest.raises(ValidationError):
            DecisionCost._meta.get_field("amount").clean(amount, None)

    def test_never_takes_a_float(self):
        with pytest.raises(ValidationError, match="not float"):
            PoundsField().get_prep_value(0.1)

        field = PoundsField(default=0.1)
        field.set_attributes_from_name("amount")
        assert [found.id for found in field.check()] == ["money.E001"]

    def test_survives_a_migrations_writer(self):
        _, path, args, options = PoundsField("sum", null=True).deconstruct()
        assert (path, args) == ("barnetwatch.lib.money.PoundsField", [])
        assert options == {"verbose_name": "sum", "null": True}


@pytest.mark.django_db
class TestFixtures:
    @pytest.mark.parametrize("form", ["json", "jsonl", "xml", "yaml"])
    @pytest.mark.parametrize("amount", ["164176", "0.01", "100000000000.00"])
    def test_carry_every_penny(self, form, amount):
        award = an_award(a_contract(), amount)
        text = serializers.serialize(form, [Award.objects.get()])
        [found] = serializers.deserialize(form, text)
        assert found.object.amount == award.amount
        assert f"{award.amount:.2f}" in text

    def test_go_through_dumpdata_and_loaddata(self, tmp_path):
        award, path = an_award(a_contract(), "4200000"), tmp_path / "record.json"
        call_command("dumpdata", "contracts.award", output=str(path), verbosity=0)
        assert json.loads(path.read_text())[0]["fields"]["amount"] == "4200000.00"
        with appendonly.lifted(connection):
            Award.all_rows.all()._raw_delete("default")
        call_command("loaddata", str(path), verbosity=0)
        assert Award.objects.get(pk=award.pk).amount == Decimal("4200000.00")

    def test_carry_no_sum_as_none(self):
        [found] = serializers.deserialize(
            "json", serializers.serialize("json", [DecisionCost(pk=1, words="No sum.")])
        )
        assert found.object.amount is None


class AwardForm(forms.ModelForm):
    class Meta:
        model = Award
        fields = ["amount"]


@pytest.mark.django_db
class TestTheFormField:
    def test_takes_money_as_people_type_it(self):
        form = AwardForm({"amount": " £4,200,000 "})
        assert form.is_valid()
        assert form.cleaned_data["amount"] == Decimal("4200000.00")

    @pytest.mark.parametrize("typed", ["1.005", "1e3", "１２３", "100000000000.01", ""])
    def test_refuses_the_rest_beside_the_field(self, typed):
        form = AwardForm({"amount": typed})
        assert not form.is_valid()
        assert list(form.errors) == ["amount"]

    def test_shows_what_was_typed_again_after_a_refusal(self):
        assert 'value="4.2m"' in str(AwardForm({"amount": "4.2m"})["amount"])

    def test_shows_a_kept_sum_with_commas_and_pence(self):
        form = AwardForm(instance=Award(amount=Decimal("4200000.00")))
        assert 'value="4,200,000.00"' in str(form["amount"])
        assert 'inputmode="decimal"' in str(form["amount"])

    def test_may_be_empty_where_the_column_may(self):
        assert DecisionCost._meta.get_field("amount").formfield().clean("") is None

    @pytest.mark.parametrize(
        ("typed", "changed"),
        [("4,200,000.00", False), ("4200000", False), ("4200001", True), ("rubbish", True)],
    )
    def test_knows_whether_a_sum_was_changed(self, typed, changed):
        assert PoundsFormField().has_changed(Decimal("4200000.00"), typed) is changed

    def test_passes_over_bounds_meant_for_numbers(self):
        assert PoundsFormField(min_value=1, max_value=2).clean("5") == Decimal("5.00")
