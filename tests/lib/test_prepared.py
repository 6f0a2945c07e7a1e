"""A question put together once answers as its queryset does, whatever ids come and whoever asks."""

from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Count, F, Sum
from django.test.utils import CaptureQueriesContext

from barnetwatch.lib.prepared import Prepared
from contracts.models import Award, Contract
from tests import factories
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def contracts():
    return [factories.a_contract(f"C{number}", award=number + 1) for number in range(5)]


def rows():
    return Contract.objects.order_by().values_list("pk", "reference", "supplier__name", "signed_on")


def test_it_answers_as_its_queryset_does(contracts):
    asked = Prepared(rows())
    for wanted in ([], [contracts[0].pk], [row.pk for row in contracts[1:4]], [-1]):
        assert sorted(asked.of(wanted)) == sorted(rows().filter(pk__in=wanted))


def test_sums_come_in_pounds_and_are_grouped_by_what_leads_to_the_ids(contracts):
    sums = Award.objects.order_by().values_list("contract").annotate(Sum("amount"), Count("pk"))
    found = Prepared(sums, "contract").of([contracts[1].pk, contracts[3].pk])
    assert sorted(found) == [
        (contracts[1].pk, Decimal("2.00"), 1),
        (contracts[3].pk, Decimal("4.00"), 1),
    ]


def test_an_id_of_a_row_above_does_too(contracts):
    named = Contract.objects.order_by().annotate(whose=F("supplier__name")).values_list("whose")
    supplier = contracts[0].supplier
    assert Prepared(named, "supplier").of([supplier.pk])[0] == (supplier.name,)


def test_each_asking_is_one_query_and_reads_anew(contracts):
    asked = Prepared(rows())
    asked.of([contracts[0].pk])
    Contract.objects.filter(pk=contracts[0].pk).update(reference="Other")
    with CaptureQueriesContext(connection) as queries:
        assert asked.of([contracts[0].pk])[0][1] == "Other"
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_every_thread_asks_on_its_own_connection():
    contract = factories.a_contract("C")
    asked = Prepared(rows())
    found = in_threads(4, lambda _number: asked.of([contract.pk]))
    assert found == [asked.of([contract.pk])] * 4
