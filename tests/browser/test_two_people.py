"""Two officers edit one failure: the second sees both versions and chooses, field by field."""

import pytest

from accounts.models import Role
from incidents.models import Incident, IncidentUpdate
from tests import factories
from tests.browser import axe

NARROW = 390


@pytest.fixture
def failure(record) -> Incident:
    return Incident.objects.get(title__startswith="Mosaic")


@pytest.fixture
def ann_and_ben(a_visitor, scripts):
    """Two windows, the second a narrow one."""
    people = [factories.a_person(name, Role.INCIDENT_OFFICER) for name in ("Ann", "Ben")]
    return [
        a_visitor(people[0], scripts=scripts),
        a_visitor(people[1], width=NARROW, scripts=scripts),
    ]


def test_on_the_site_the_second_keeps_theirs_for_one_field_and_loses_no_word(
    failure, ann_and_ben, scripts
):
    ann, ben = ann_and_ben
    pages = [each.at("admin:failure_act", failure.pk, "update") for each in ann_and_ben]
    for page, name in zip(pages, ("Ann", "Ben"), strict=True):
        page.get_by_label("What is new").fill(f"News of {name}")
        page.get_by_label("Next action").fill(f"{name} calls Capita")
    ann.presses("Add an update")
    ben.presses("Add an update")

    ben.sees("Somebody else saved this meanwhile", "Ann saved it at", "Ann calls Capita")
    ben.sees("Ben calls Capita", "News of Ben", "Nothing of yours is saved yet")
    assert ben.overflow() <= 0
    assert not scripts or axe.violations(ben.page) == []  # axe is a script itself.
    assert not IncidentUpdate.objects.filter(text="News of Ben").exists()

    ben.presses("Save what I chose")
    ben.sees("There is a problem", "Choose which version of “Next action” to keep.")
    assert not scripts or axe.violations(ben.page) == []  # axe is a script itself.
    ben.page.get_by_role("group", name="Next action").get_by_label("Theirs").check()
    ben.presses("Save what I chose")

    ben.sees("The update stands in the timeline.")
    failure.refresh_from_db()
    assert failure.next_action == "Ann calls Capita"
    assert IncidentUpdate.objects.filter(text="News of Ben").count() == 1


def test_in_the_back_office_the_second_sees_both_versions_side_by_side(
    failure, ann_and_ben, scripts
):
    ann, ben = ann_and_ben
    pages = [each.at("admin:incidents_incident_change", failure.pk) for each in ann_and_ben]
    for page, name in zip(pages, ("Ann", "Ben"), strict=True):
        page.get_by_label("Title").fill(f"Mosaic, says {name}")
    pages[1].get_by_role("textbox", name="Affected").fill("Carers")
    ann.leaves_by(pages[0].get_by_role("button", name="Save", exact=True))
    ben.leaves_by(pages[1].get_by_role("button", name="Save", exact=True))

    ben.sees("Somebody else saved this meanwhile", "Mosaic, says Ann", "Mosaic, says Ben", "Carers")
    assert not scripts or axe.violations(ben.page) == []  # axe is a script itself.
    ben.page.get_by_label("Theirs: Title").check()
    ben.leaves_by(ben.page.get_by_role("button", name="Save what I chose"))

    failure.refresh_from_db()
    assert (failure.title, failure.affected) == ("Mosaic, says Ann", "Carers")
