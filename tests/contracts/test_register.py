"""The register: awards and preferences, sums, variations, commitments and what was measured."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from barnetwatch.lib.appendonly import AppendOnlyError
from contracts import register
from contracts.awards import standing_award, standing_awards
from contracts.models import (
    Capability,
    CapabilityGap,
    Commitment,
    Contract,
    Discrepancy,
    Measurement,
    Reading,
    Recheck,
    Service,
    Variation,
)
from tests.factories import (
    a_contract,
    a_source,
    a_supplier,
    an_award,
    day,
    moment,
    the_officer,
)

pytestmark = pytest.mark.django_db


class TestAwards:
    def test_that_are_alone_stand(self):
        contract = a_contract(award=320_000_000)
        assert standing_award(contract).amount == Decimal(320_000_000)
        assert standing_award(a_contract()) is None

    def test_that_disagree_stand_once_one_is_preferred_and_the_latest_mark_holds(self):
        contract = a_contract()
        awards = [an_award(contract, amount) for amount in (154, 126, 130)]
        assert standing_award(contract) is None
        for award in (awards[0], awards[1], awards[0]):
            register.prefer(award, reason="The better source.", by=the_officer())
            assert standing_award(contract) == award

    def test_are_found_for_many_contracts_at_once(self, django_assert_num_queries):
        contracts = [a_contract(award=n) for n in range(1, 6)]
        disputed = a_contract(award=7)
        register.prefer(an_award(disputed, 8), reason="Why.", by=the_officer())
        undecided = a_contract(award=9)
        an_award(undecided, 10)
        ids = [contract.pk for contract in (*contracts, disputed, undecided, a_contract())]
        with django_assert_num_queries(2):
            found = standing_awards(ids)
        assert {pk: award.amount for pk, award in found.items()} == {
            **{contract.pk: n for n, contract in enumerate(contracts, 1)},
            disputed.pk: 8,
        }

    def test_are_never_edited(self):
        award = an_award(a_contract(), 100)
        award.amount = Decimal(200)
        with pytest.raises(AppendOnlyError):
            award.save()

    def test_ask_for_a_recheck_of_any_day(self):
        contract = a_contract()
        at = moment("2018-10-01")
        an_award(contract, 100, at=at)
        recheck = Recheck.objects.get()
        assert (recheck.moved_on, recheck.only_rose, recheck.asked_at) == (None, False, at)

    def test_are_preferred_for_a_reason(self):
        with pytest.raises(ValidationError):
            register.prefer(an_award(a_contract(), 100), reason="", by=the_officer())


class TestVariations:
    def vary(self, contract: Contract, **fields) -> Variation:
        given = {
            "title": "Variation 1",
            "takes_effect_on": day("2018-04-01"),
            "rationale": " More services. ",
            "source": a_source(),
            "by": the_officer(),
            **fields,
        }
        return register.vary(contract, **given)

    def test_of_each_kind_keep_the_old_and_the_new(self):
        contract = a_contract()
        value = self.vary(
            contract, kind="value", value_before=Decimal(320), value_after=Decimal(400)
        )
        assert (value.value_before, value.value_after) == (320, 400)
        assert value.rationale == "More services."
        term = self.vary(
            contract, kind="term", end_before=day("2023-08-31"), end_after=day("2026-09-30")
        )
        assert term.end_after == day("2026-09-30")
        with_sum = self.vary(
            contract,
            kind="term",
            end_before=day("2023-08-31"),
            end_after=day("2026-09-30"),
            value_before=Decimal(320),
            value_after=Decimal(400),
        )
        assert with_sum.value_after == 400
        assert self.vary(contract, kind="scope", scope_after="Less.").scope_after == "Less."

    def test_may_begin_on_the_contracts_first_day(self):
        assert self.vary(
            a_contract(), kind="scope", scope_after="Less.", takes_effect_on=day("2013-09-01")
        ).pk

    def test_of_value_need_both_values_in_the_database_too(self):
        row = self.vary(
            a_contract(), kind="value", value_before=Decimal(320), value_after=Decimal(400)
        )
        row.pk, row.value_after, row._state.adding = None, None, True
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


class TestCommitments:
    def a_commitment(self, **fields) -> Commitment:
        given = {
            "contract": a_contract(),
            "title": "Disaster recovery",
            "tier": "silver",
            "measure": "rto",
            "target": Decimal(48),
            "unit": "hours",
            "source": a_source(),
            **fields,
        }
        return Commitment.objects.create(**given)

    def measure(self, commitment: Commitment, **fields) -> Measurement:
        given = {
            "how": "audited",
            "said_by": "Internal audit",
            "source": a_source(),
            "by": the_officer(),
            **fields,
        }
        return register.measure(commitment, **given)

    def test_are_measured_by_a_value_or_as_lost_or_not_at_all(self):
        commitment = self.a_commitment()
        assert self.measure(commitment, value=Decimal(96)).value == 96
        assert self.measure(commitment, not_recoverable=True).value is None
        unknown = self.measure(commitment)
        assert (unknown.value, unknown.not_recoverable) == (None, False)
        assert self.measure(commitment, value=Decimal(0)).value == 0

    def test_are_not_both_lost_and_given_a_figure(self):
        with pytest.raises(ValidationError, match="Not recoverable has no figure"):
            self.measure(self.a_commitment(), value=Decimal(1), not_recoverable=True)

    def test_are_measured_on_a_day_as_precisely_as_it_is_known(self):
        found = self.measure(self.a_commitment(), measured_on=day("2016-04-01"), precision="month")
        assert (found.measured_on, str(found.measured)) == (day("2016-04-30"), "April 2016")

    def test_have_no_negative_target_or_value(self):
        with pytest.raises(ValidationError, match="not negative"):
            self.measure(self.a_commitment(), value=Decimal(-1))
        with pytest.raises(IntegrityError), transaction.atomic():
            self.a_commitment(target=Decimal(-1))


class TestWhatDoesNotWork:
    def a_gap(self, **fields) -> CapabilityGap:
        service = Service.objects.create(contract=a_contract(), name="Adult social care")
        capability = Capability.objects.create(
            service=service,
            name="bill clients",
            live_on=day("2017-04-30"),
            live_precision="month",
            live_year_inferred=True,
        )
        given = {"first_reported_on": day("2018-07-16"), "source": a_source(), **fields}
        return CapabilityGap.objects.create(capability=capability, **given)

    def test_is_counted_from_the_first_report_where_the_start_is_not_known(self):
        gap = self.a_gap(not_before="not before April [2017]")
        assert str(gap.capability.live) == "April [2017]"
        assert str(gap.since) == "not known"
        days = [gap.days_missing(day(on)) for on in ("2018-07-15", "2018-07-16", "2018-07-17")]
        assert days == [0, 0, 1]
        assert gap.days_missing(day("2018-10-01")) == 77

    def test_is_counted_from_the_start_where_it_is_known(self):
        gap = self.a_gap(since_on=day("2018-07-01"))
        assert gap.days_missing(day("2018-07-16")) == 15

    def test_is_counted_until_it_worked_again(self):
        gap = self.a_gap(restored_on=day("2018-08-16"))
        assert gap.days_missing(day("2018-08-01")) == 16
        assert gap.days_missing(day("2026-01-01")) == 31
        assert CapabilityGap.objects.lasting().count() == 0

    def test_is_recorded_once_while_it_lasts(self):
        gap = self.a_gap()
        with pytest.raises(IntegrityError), transaction.atomic():
            CapabilityGap.objects.create(
                capability=gap.capability, first_reported_on=day("2018-09-01"), source=gap.source
            )

    @pytest.mark.parametrize("fields", [{"since_on": "2018-07-17"}, {"restored_on": "2018-07-15"}])
    def test_begins_before_it_is_reported_and_ends_after(self, fields):
        with pytest.raises(IntegrityError), transaction.atomic():
            self.a_gap(**{name: day(value) for name, value in fields.items()})


class TestContracts:
    def test_are_running_by_their_status_from_their_first_day(self):
        a_contract("Runs")
        a_contract("Later", starts_on=day("2019-01-01"))
        a_contract("No dates", starts_on=None, ends_on=None)
        a_contract("Ended", status=Contract.Status.ENDED)
        found = Contract.objects.running(day("2018-10-01")).values_list("reference", flat=True)
        assert set(found) == {"Runs", "No dates"}

    def test_end_on_or_after_the_day_they_start(self):
        with pytest.raises(ValidationError, match="ends on or after the day it starts"):
            a_contract(starts_on=day("2018-01-02"), ends_on=day("2018-01-01"))

    def test_say_when_they_were_signed_as_precisely_as_it_is_known(self):
        assert str(a_contract(signed_on=day("2013-08-05")).signed) == "5 August 2013"

    def test_share_no_reference(self):
        a_contract("CSG")
        with pytest.raises(ValidationError, match="That reference is not available"):
            a_contract("CSG")

    def test_belong_to_a_supplier_that_is_no_part_of_itself(self):
        supplier = a_supplier()
        supplier.group = supplier
        with pytest.raises(IntegrityError), transaction.atomic():
            supplier.save()


class TestDiscrepancies:
    def test_keep_every_reading_and_mark_one(self):
        dispute = Discrepancy.objects.create(question="When did the committee meet?")
        readings = [
            Reading.objects.create(discrepancy=dispute, says=says, source=a_source())
            for says in ("Thursday July 26", "28 July 2016")
        ]
        for reading in readings:
            register.prefer_reading(reading, reason="The day of the week.", by=the_officer())
        marks = [reading.preferences.get() for reading in readings]
        assert max(marks, key=lambda mark: mark.recorded_at).reading == readings[1]
        with pytest.raises(ValidationError):
            register.prefer_reading(readings[0], reason="", by=the_officer())
        with pytest.raises(AppendOnlyError):
            marks[0].delete()
