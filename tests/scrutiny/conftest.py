"""A contract, and an officer who may write about it."""

import pytest

from accounts.models import Role
from tests import factories


@pytest.fixture
def csg(db):
    return factories.a_contract("CSG", title="Customer and Support Group")


@pytest.fixture
def officer(db):
    return factories.a_person("Con Tract", Role.CONTRACT_OFFICER)
