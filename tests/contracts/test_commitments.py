"""Commitments by their latest measurement, and the service credits that breaches give."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from barnetwatch.lib.appendonly import AppendOnlyError
from contracts import crediting, register
from contracts.breach import assess
from contracts.models import Commitment, Measurement, ServiceCredit, Standing
from costs import crediting as receiving
from costs.models import CostEntry, CreditReceived
from tests.factories import a_contract, a_line, a_source, day, exempt, moment, post, the_officer

pytestmark = pytest.mark.django_db


def a_commitment(**fields) -> Commitment:
    given = {
        "title": f"Recovery {Commitment.all_rows.count() + 1}",
        "tier": "silver",
        "measure": "rto",
        "target": 48,
        "unit": "hours",
        "source": a_source(),
        **fields,
    }
    given.setdefault("contract", None)
    given["contract"] = given["contract"] or a_contract()
    return Commitment.objects.create(**given)


def measure(commitment: Commitment, value=None, on: str | None = None, **fields) -> Measurement:
    return register.measure(
        commitment,
        how="tested",
        said_by="Capita",
        source=a_source(),
        by=the_officer(),
        value=None if value is None else Decimal(value),
        measured_on=on and day(on),
        **fields,
    )


def standing_of(commitment: Commitment):
    rows = Commitment.objects.with_standing(Measurement.objects.all())
    return rows.get(pk=commitment.pk)


def a_credit(commitment: Commitment, amount=100, step="due", **fields) -> ServiceCredit:
    given = {"stated_by": "The council", "source": a_source(), "by": the_officer()}
    return crediting.credit(commitment, step=step, amount=Decimal(amount), **{**given, **fields})


class TestStanding:
    @pytest.mark.parametrize(
        ("direction", "value", "expected"),
        [
            ("at_most", "48", "met"),
            ("at_most", "48.01", "breached"),
            ("at_least", "48", "met"),
            ("at_least", "47.99", "breached"),
            ("at_most", "0", "met"),
            ("at_most", None, "unknown"),
        ],
    )
    def test_is_that_of_the_latest_measurement_and_unknown_is_not_nought(
        self, direction, value, expected
    ):
        commitment = a_commitment(direction=direction)
        assert standing_of(commitment).standing == Standing.NEVER
        measure(commitment, 1000 if direction == "at_most" else 0, "2016-01-01")
        measure(commitment, value, "2016-02-01")
        found = standing_of(commitment)
        assert (found.standing, found.latest_on) == (expected, day("2016-02-01"))

    def test_by_the_latest_day_and_not_the_latest_entered(self):
        commitment = a_commitment()
        measure(commitment, 96, "2016-02-01")
        measure(commitment, 40, "2016-01-01")
        measure(commitment, 41)
        assert standing_of(commitment).latest_value == 96

    def test_ranks_as_the_breaches_do_what_was_lost_worst(self):
        cases = [
            ({"target": 48}, None, False),
            ({"target": 48}, 40, False),
            ({"target": 48}, 96, False),
            ({"target": 48, "direction": "at_least"}, 12, False),
            ({"target": 1}, 24, False),
            ({"target": 0}, 1, False),
            ({"target": 48}, None, True),
        ]
        ranks = {}
        for fields, value, lost in cases:
            commitment = a_commitment(**fields)
            measure(commitment, value, not_recoverable=lost)
            at_most = commitment.direction == "at_most"
            ranks[commitment.pk] = assess(
                Decimal(commitment.target), at_most, None if value is None else Decimal(value), lost
            ).rank
        rows = Commitment.objects.with_standing(Measurement.objects.all())
        found = list(rows.order_by("severity").values_list("pk", flat=True))
        assert found == sorted(ranks, key=lambda pk: ranks[pk])

    def test_does_not_count_what_the_reader_may_not_see(self):
        commitment = a_commitment(contract=a_contract(**exempt()))
        measure(commitment, 96)
        rows = Commitment.all_rows.with_standing(Measurement.objects.all())
        assert rows.get().standing == Standing.NEVER


class TestServiceCredits:
    def test_are_never_changed_and_a_wrong_one_is_replaced_once(self):
        commitment = a_commitment()
        wrong = a_credit(commitment, 100)
        right = a_credit(commitment, 90, replaces=wrong)
        assert list(ServiceCredit.objects.standing()) == [right]
        with pytest.raises(ValidationError, match="took its place already"):
            a_credit(commitment, 80, replaces=wrong)
        wrong.amount = Decimal(1)
        with pytest.raises(AppendOnlyError):
            wrong.save()

    def test_of_nothing_only_take_a_wrong_one_back(self):
        commitment = a_commitment()
        with pytest.raises(ValidationError, match="more than nothing"):
            a_credit(commitment, 0)
        a_credit(commitment, 0, replaces=a_credit(commitment))
        assert ServiceCredit.objects.standing().get().amount == 0

    def test_take_the_place_of_their_own_kind_alone(self):
        due = a_credit(a_commitment())
        with pytest.raises(ValidationError, match="of its own commitment and step"):
            a_credit(due.commitment, step="claimed", replaces=due)
        with pytest.raises(ValidationError, match="of its own commitment and step"):
            a_credit(a_commitment(), replaces=due)

    def test_come_from_a_breach_of_their_own_commitment(self):
        other = measure(a_commitment(), 96)
        with pytest.raises(ValidationError, match="measurement of another commitment"):
            a_credit(a_commitment(), measurement=other)

    def test_keep_the_date_as_precisely_as_it_is_known(self):
        row = a_credit(
            a_commitment(),
            stated_on=day("2016-07-01"),
            stated_precision="month",
            at=moment("2020-01-01 12:00"),
        )
        assert (str(row.stated), row.recorded_at) == ("July 2016", moment("2020-01-01 12:00"))


class TestReceiving:
    def test_marks_a_credited_entry_on_a_service_credit_of_the_contract(self):
        commitment = a_commitment()
        line = a_line(commitment.contract, kind="service_credit")
        entry = post(line, "credited", 100, "2018-01-01")
        assert receiving.receive(commitment, entry, by=the_officer()).entry == entry
        with pytest.raises(ValidationError, match="already exists"):
            receiving.receive(commitment, entry, by=the_officer())

    @pytest.mark.parametrize(
        ("kind", "stage", "reason"),
        [
            ("service_credit", "approved", "Only a credited entry"),
            ("remediation", "credited", "Only a credited entry"),
        ],
    )
    def test_takes_no_other_entry(self, kind, stage, reason):
        commitment = a_commitment()
        entry = post(a_line(commitment.contract, kind=kind), stage, 100, "2018-01-01")
        with pytest.raises(ValidationError, match=reason):
            receiving.receive(commitment, entry, by=the_officer())

    def test_takes_none_of_another_contract(self):
        entry = post(a_line(a_contract(), kind="service_credit"), "credited", 1, "2018-01-01")
        with pytest.raises(ValidationError, match="beside another contract"):
            receiving.receive(a_commitment(), entry, by=the_officer())
        assert CostEntry.objects.count() == 1
        assert not CreditReceived.objects.exists()
