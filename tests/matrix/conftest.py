"""The record of the matrix, built once for all of its tests and taken back after the last."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.conftest import FIGURES
from tests.matrix.addresses import addresses, patterns
from tests.matrix.people import CLOSEST, GRANTED, KEYS, ROLES
from tests.matrix.queries import queries
from tests.matrix.record import CHILD_OF_EXEMPT, EXEMPT_CHILD
from tests.matrix.sweep import Asked, Sweep
from tests.matrix.world import World


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """The record and the people."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def _django_db_helper(world, django_db_blocker) -> Iterator[None]:
    """What a test marked `django_db` runs in, here: a part of the module's own transaction. (That
    of pytest-django closes the connection after each test, and the record would be gone.)
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="package")
def sweep(world, django_db_blocker, pytestconfig) -> Iterator[Sweep]:
    """Every pattern asked for by everybody, about the open row; by one of them also its
    files, suggestions and the form sent empty; by the control also of a hidden row.
    """
    sweep = Sweep(world)
    with django_db_blocker.unblock(), sweep.walking():
        for pattern in patterns():
            sweep.counts["URL patterns"] += 1
            for who in (*ROLES, KEYS):
                for address in addresses(pattern, world, who):
                    sweep.keep(Asked(pattern, who, address))
                    if who == CLOSEST:
                        for query in queries(pattern, world, who, few=True):
                            sweep.keep(Asked(pattern, who, address + query))
                        sweep.keep(Asked(pattern, who, address, "POST"))
            for address in addresses(pattern, world, KEYS, "exempt 1"):
                sweep.keep(Asked(pattern, KEYS, address))
            for address in addresses(pattern, world, GRANTED, CHILD_OF_EXEMPT):
                sweep.keep(Asked(pattern, GRANTED, address, about=CHILD_OF_EXEMPT))
            for address in addresses(pattern, world, CLOSEST, EXEMPT_CHILD):
                sweep.keep(Asked(pattern, CLOSEST, address, about=EXEMPT_CHILD))
        yield sweep
        sweep.tell(pytestconfig.stash.setdefault(FIGURES, []).append)
