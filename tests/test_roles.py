"""Each role may do what its work needs, and nothing besides."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from accounts.models import Role
from barnetwatch import roles

pytestmark = pytest.mark.django_db

OFFICERS = (Role.INCIDENT_OFFICER, Role.CONTRACT_OFFICER, Role.FINANCE_OFFICER)
READERS = (Role.COUNCILLOR, *OFFICERS, Role.AUDITOR)
#: Rows that are written by nobody on the site: the system keeps them.
KEPT_BY_THE_SYSTEM = {"overrunalert", "alertrevision", "stagetotal", "runningtotal", "recheck"}


def held(role: Role) -> set[str]:
    """What a role's group may do, as the database has it."""
    found = Permission.objects.filter(group__name=role).select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in found}


def writing(role: Role) -> set[str]:
    return {name for name in held(role) if ".view_" not in name}


@pytest.mark.parametrize("role", Role)
def test_a_migration_gives_each_group_exactly_the_table(role):
    assert held(role) == roles.permissions_of(role)
    assert held(role)


def test_a_permission_that_is_not_listed_is_taken_away_and_one_taken_away_comes_back():
    group = Group.objects.get(name=Role.COUNCILLOR)
    group.permissions.add(Permission.objects.get(codename="add_costentry"))
    group.permissions.remove(Permission.objects.get(codename="view_contract"))

    call_command("migrate", verbosity=0)

    assert held(Role.COUNCILLOR) == roles.permissions_of(Role.COUNCILLOR)


def test_a_table_that_is_in_place_writes_nothing(django_assert_max_num_queries):
    with django_assert_max_num_queries(2 * len(Role)):
        roles.make()


@pytest.mark.parametrize("role", READERS)
def test_readers_read_the_whole_record(role):
    for name in (
        "contracts.view_contract",
        "contracts.view_award",
        "contracts.view_source",
        "costs.view_costline",
        "costs.view_costentry",
        "costs.view_overrunalert",
        "incidents.view_incident",
        "incidents.view_incidentupdate",
        "scrutiny.view_statement",
        "scrutiny.view_promise",
    ):
        assert name in held(role), name


def test_auditors_write_nothing():
    assert writing(Role.AUDITOR) == set()


def test_councillors_write_their_own_questions_alone():
    assert writing(Role.COUNCILLOR) == {
        f"scrutiny.{verb}_{model}"
        for verb in ("add", "change", "delete")
        for model in ("question", "questionlist")
    }


@pytest.mark.parametrize("role", [role for role in Role if role != Role.COUNCILLOR])
def test_nobody_but_a_councillor_keeps_questions(role):
    assert not [name for name in held(role) if name.endswith(("_question", "_questionlist"))]


def test_incident_officers_write_failures():
    assert writing(Role.INCIDENT_OFFICER) == {
        "contracts.add_source",
        "contracts.add_sourcefile",
        "incidents.add_failurefile",
        "incidents.change_failurefile",
        "costs.add_alertacknowledgement",
        "incidents.add_incident",
        "incidents.change_incident",
        "incidents.add_incidentupdate",
        "incidents.add_incidentcost",
    }


def test_finance_officers_write_costs():
    assert writing(Role.FINANCE_OFFICER) == {
        "contracts.add_source",
        "contracts.add_sourcefile",
        "costs.add_alertacknowledgement",
        "costs.add_costline",
        "costs.change_costline",
        "costs.add_costentry",
        "costs.add_creditreceived",
        "costs.add_threshold",
        "costs.change_threshold",
        "costs.add_publisher",
        "costs.change_publisher",
        "costs.add_paymentfile",
        "costs.add_filewithdrawal",
        "costs.add_attributionrule",
        "costs.add_ruletakenback",
        "costs.add_paymentallocation",
        "costs.add_allocationreleased",
    }


def test_contract_officers_write_contracts_and_the_scrutiny_record():
    writes = writing(Role.CONTRACT_OFFICER)
    answers = {"accounts.change_accessrequest", "accounts.change_grant"}
    assert {name for name in writes if name.startswith("accounts")} == answers
    apps = {"accounts", "contracts", "scrutiny", "costs"}
    assert {name.split(".")[0] for name in writes} == apps
    assert {name for name in writes if name.startswith("costs")} == {
        "costs.add_alertacknowledgement"
    }
    append_only = ("award", "awardpreference", "contractedsum", "variation", "withdrawal")
    for model in (*append_only, "readingpreference", "servicecredit"):
        assert f"contracts.add_{model}" in writes
        assert f"contracts.change_{model}" not in writes
    for model in ("partyanswer", "claimstate"):
        assert f"scrutiny.add_{model}" in writes
        assert f"scrutiny.change_{model}" not in writes


def test_an_administrator_gives_roles_and_clearances_and_does_not_read_the_record():
    assert held(Role.ADMINISTRATOR) == {
        "accounts.view_user",
        "accounts.add_user",
        "accounts.change_user",
        "accounts.view_auditentry",
        "accounts.view_clearance",
        "accounts.add_clearance",
        "accounts.delete_clearance",
        "accounts.view_grant",
        "accounts.change_grant",
        "auth.view_group",
        "contracts.view_recheck",
        "digests.view_subscription",
        "digests.view_content",
        "digests.view_edition",
        "digests.change_edition",
    }


@pytest.mark.parametrize("role", Role)
def test_nobody_writes_what_the_system_keeps_or_deletes_the_record(role):
    for name in writing(role):
        verb, model = name.split(".")[1].split("_")
        assert model not in KEPT_BY_THE_SYSTEM
        own = {"question", "questionlist"}  # A councillor's own, no part of the record.
        assert verb != "delete" or model in {"suppliername", "clearance"} | own


def test_a_table_that_names_an_unknown_kind_of_row_is_refused(monkeypatch):
    monkeypatch.setitem(roles.ROLES, Role.AUDITOR, "view contracts contrakt")
    with pytest.raises(LookupError, match="does not exist"):
        roles.make()
