"""Two officers on one record: the second is asked, and of what either typed nothing is lost."""

import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.core import signing
from django.db import transaction

from accounts.backoffice.versions import hold
from accounts.models import Role
from barnetwatch.lib import versions
from contracts.models import Contract, Service
from incidents.models import Incident, IncidentUpdate
from tests import everything, factories
from tests.actors import signed_in
from tests.forms import as_it_stands, page
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    return unescape(re.sub(r"\s+", " ", answer.content.decode()))


def carried(answer, **chosen) -> dict[str, object]:
    """What a browser sends of the page of both versions."""
    clash = answer.context["clash"]
    sent: dict[str, object] = {"version": clash.version, "opened": clash.before}
    for name, value in answer.context["carried"]:
        sent.setdefault(name, []).append(value)  # type: ignore[union-attr]
    asked = [each for each in clash.differences if each.is_asked]
    sent["differs"] = [each.name for each in asked]
    sent |= {f"keep:{each.name}": each.chosen for each in asked if each.chosen}
    return sent | {f"keep:{name}": value for name, value in chosen.items()}


def by_name(answer) -> dict[str, tuple[str, str, str]]:
    return {
        each.name: (each.before, each.theirs, each.yours)
        for each in answer.context["clash"].differences
    }


@pytest.fixture
def ann(db):
    return signed_in(factories.a_person("Ann Officer", Role.INCIDENT_OFFICER))


@pytest.fixture
def ben(db):
    return signed_in(factories.a_person("Ben Officer", Role.INCIDENT_OFFICER))


@pytest.fixture
def failure(db):
    return factories.an_incident(
        factories.a_contract("CSG"), title="Mosaic fails", description="It is slow.", impact=""
    )


class TestInTheBackOffice:
    @pytest.fixture
    def where(self, failure):
        return page(Incident, "change", failure.pk)

    @pytest.fixture
    def clash(self, ann, ben, where):
        """Ann saved a title and an effect; Ben, who had it open, another title and a text."""
        hers, his = as_it_stands(ann, where), as_it_stands(ben, where)
        hers |= {"title": "Mosaic is down", "affected": "Carers"}
        assert ann.post(where, hers).status_code == 302
        return ben.post(where, his | {"title": "Mosaic crawls", "description": "Six minutes."})

    def test_whoever_saves_second_sees_both_versions_and_nothing_is_saved(self, clash, failure):
        failure.refresh_from_db()
        assert clash.status_code == 200
        assert (failure.title, failure.description) == ("Mosaic is down", "It is slow.")
        assert by_name(clash) == {
            "title": ("Mosaic fails", "Mosaic is down", "Mosaic crawls"),
            "affected": ("Empty", "Carers", "Empty"),
            "description": ("It is slow.", "", "Six minutes."),
        }
        html = text_of(clash)
        assert "Ann Officer saved it at" in html
        assert "Nothing of yours is saved yet" in html
        assert 'value="Six minutes."' in html
        assert LogEntry.objects.count() == 1

    def test_a_choice_is_asked_for_where_both_changed_it(self, ben, clash, where, failure):
        again = ben.post(where, carried(clash) | {"versions": "chosen"})
        failure.refresh_from_db()
        assert failure.title == "Mosaic is down"
        assert again.context["missing"] == ["title"]
        assert 'value="Six minutes."' in text_of(again)

    def test_is_chosen_field_by_field(self, ben, clash, where, failure):
        done = ben.post(where, carried(clash, title="theirs") | {"versions": "chosen"})
        assert done.status_code == 302
        failure.refresh_from_db()
        assert (failure.title, failure.affected) == ("Mosaic is down", "Carers")
        assert failure.description == "Six minutes."

    def test_mine_is_kept_as_a_whole(self, ben, clash, where, failure):
        assert ben.post(where, carried(clash) | {"versions": "mine"}).status_code == 302
        failure.refresh_from_db()
        assert (failure.title, failure.affected) == ("Mosaic crawls", "")
        assert failure.description == "Six minutes."

    def test_theirs_is_kept_and_nothing_of_mine_saved(self, ben, clash, where, failure):
        done = ben.post(where, carried(clash) | {"versions": "theirs"}, follow=True)
        assert "Their version stands" in text_of(done)
        failure.refresh_from_db()
        assert (failure.title, failure.description) == ("Mosaic is down", "It is slow.")

    def test_is_edited_before_it_is_saved(self, ben, clash, where, failure):
        form = ben.post(where, carried(clash, title="mine") | {"versions": "edit"})
        failure.refresh_from_db()
        assert failure.title == "Mosaic is down"
        bound = form.context["adminform"].form
        assert bound["title"].value() == "Mosaic crawls"
        assert bound["affected"].value() == "Carers"
        assert bound["description"].value() == "Six minutes."
        sent = as_it_stands(ben, where) | {"title": "Both", "version": form.context["version"]}
        assert ben.post(where, sent).status_code == 302

    def test_a_third_who_saved_while_the_second_chose_is_seen_too(
        self, ann, ben, clash, where, failure
    ):
        ann.post(where, as_it_stands(ann, where) | {"title": "A third"})
        again = ben.post(where, carried(clash, title="mine") | {"versions": "chosen"})
        assert by_name(again)["title"] == ("Mosaic is down", "A third", "Mosaic crawls")
        failure.refresh_from_db()
        assert failure.title == "A third"

    def test_what_both_wrote_alike_is_no_clash(self, ann, ben, where):
        hers, his = as_it_stands(ann, where), as_it_stands(ben, where)
        ann.post(where, hers | {"title": "The same"})
        assert ben.post(where, his | {"title": "The same"}).status_code == 302

    @pytest.mark.parametrize("stamp", ["", "forged", "another"])
    def test_without_its_own_stamp_nothing_is_overwritten_unasked(self, ben, where, failure, stamp):
        sent = as_it_stands(ben, where)
        if stamp == "another":
            other = page(Incident, "change", factories.an_incident(title="Other").pk)
            stamp = as_it_stands(ben, other)["version"]
        answer = ben.post(where, sent | {"title": "Over it", "version": stamp})
        failure.refresh_from_db()
        assert failure.title == "Mosaic fails"
        assert by_name(answer) == {"title": ("Not known", "Mosaic fails", "Over it")}

    def test_what_became_hidden_meanwhile_answers_like_what_is_absent(self, ben, where, failure):
        sent = as_it_stands(ben, where) | {"title": "Peep"}
        Incident.all_rows.filter(pk=failure.pk).update(**factories.exempt(1))
        assert ben.post(where, sent).status_code == 404
        assert ben.post(where, sent | {"versions": "theirs"}).status_code == 404

    def test_the_stamp_holds_nothing_hidden(self, ben):
        secret = factories.a_contract("SEC-9", **factories.exempt(1))
        paper = factories.a_source("Secret paper", **factories.exempt(1))
        shown = factories.an_incident(factories.a_contract("CSG"), sources=[paper])
        stamp = as_it_stands(ben, page(Incident, "change", shown.pk))["version"]
        held = signing.loads(stamp, salt="barnetwatch.lib.versions")
        assert held["stood"]["sources"] == {"sources": []}
        assert secret.title not in str(held)

    def test_two_officers_at_once_save_one_and_ask_the_other(self, ann, ben, where):
        one, two = as_it_stands(ann, where), as_it_stands(ben, where)
        first = ann.post(where, one | {"title": "First"})
        second = ben.post(where, two | {"title": "Second"})
        assert (first.status_code, second.status_code) == (302, 200)


class TestListsUnderAForm:
    @pytest.fixture
    def contract(self, db):
        contract = factories.a_contract("CSG")
        for name in ("Housing", "Payroll"):
            Service.objects.create(contract=contract, name=name)
        return contract

    @pytest.fixture
    def two(self, db):
        return [signed_in(factories.a_person(name, Role.CONTRACT_OFFICER)) for name in ("Cy", "Di")]

    def rows(self, contract) -> set[str]:
        return set(Service.objects.filter(contract=contract).values_list("name", flat=True))

    def name_at(self, sent, name) -> str:
        return next(key for key, value in sent.items() if value == name and key.endswith("-name"))

    def test_a_row_that_both_changed_is_chosen(self, contract, two):
        where = page(Contract, "change", contract.pk)
        hers, his = (as_it_stands(browser, where) for browser in two)
        place = self.name_at(his, "Housing")
        two[0].post(where, hers | {place: "Homes"})
        answer = two[1].post(where, his | {place: "Dwellings"})
        assert len(by_name(answer)) == 1, by_name(answer)
        [(name, words)] = by_name(answer).items()
        assert words == ("Housing", "Homes", "Dwellings")
        assert self.rows(contract) == {"Homes", "Payroll"}
        done = two[1].post(where, carried(answer, **{name: "theirs"}) | {"versions": "chosen"})
        assert done.status_code == 302
        assert self.rows(contract) == {"Homes", "Payroll"}
        again = two[1].post(where, carried(answer) | {"versions": "mine"})
        assert again.status_code == 302
        assert self.rows(contract) == {"Dwellings", "Payroll"}

    def test_a_row_that_was_added_meanwhile_stays(self, contract, two):
        where = page(Contract, "change", contract.pk)
        his = as_it_stands(two[1], where)
        Service.objects.create(contract=contract, name="A new one")
        assert two[1].post(where, his | {"title": "Other"}).status_code == 302
        assert self.rows(contract) == {"Housing", "Payroll", "A new one"}

    @pytest.mark.parametrize(("choice", "left"), [("theirs", False), ("mine", True)])
    def test_a_row_that_was_removed_meanwhile_is_asked_about(self, contract, two, choice, left):
        where = page(Contract, "change", contract.pk)
        his = as_it_stands(two[1], where)
        Service.objects.get(name="Housing").delete()
        his[self.name_at(his, "Housing")] = "Dwellings"
        answer = two[1].post(where, his)
        assert len(by_name(answer)) == 1, by_name(answer)
        [(name, words)] = by_name(answer).items()
        assert words[1] == "Removed"
        assert "Dwellings" in words[2]
        done = two[1].post(where, carried(answer, **{name: choice}) | {"versions": "chosen"})
        assert done.status_code == 302
        assert self.rows(contract) == {"Payroll"} | ({"Dwellings"} if left else set())


class TestActs:
    @pytest.fixture(
        params=["/failures/{}/update/", "/back-office/incidents/incident/{}/act/update/"]
    )
    def where(self, request, failure):
        return str(request.param.format(failure.pk))

    def test_the_second_sees_both_and_no_word_is_lost(self, ann, ben, where, failure):
        hers, his = (_opened(browser, where) for browser in (ann, ben))
        ann.post(where, hers | {"text": "One", "next_action": "Call Capita"})
        answer = ben.post(where, his | {"text": "Two", "next_action": "Write to Capita"})
        assert by_name(answer)["next_action"] == ("Empty", "Call Capita", "Write to Capita")
        assert "Ann Officer saved it" in text_of(answer)
        assert not IncidentUpdate.objects.filter(text="Two").exists()

        edit = ben.post(where, carried(answer, next_action="theirs") | {"versions": "edit"})
        assert edit.context["form"]["next_action"].value() == "Call Capita"
        assert edit.context["form"]["text"].value() == "Two"
        assert not IncidentUpdate.objects.filter(text="Two").exists()

        sent = carried(answer, next_action="theirs") | {"versions": "chosen"}
        assert ben.post(where, sent).status_code == 302
        failure.refresh_from_db()
        assert failure.next_action == "Call Capita"
        assert IncidentUpdate.objects.filter(text="Two").count() == 1

    def test_theirs_is_kept(self, ann, ben, where, failure):
        hers, his = (_opened(browser, where) for browser in (ann, ben))
        ann.post(where, hers | {"text": "One", "next_action": "Call"})
        answer = ben.post(where, his | {"text": "Two", "next_action": "Write"})
        ben.post(where, carried(answer) | {"versions": "theirs"})
        failure.refresh_from_db()
        assert failure.next_action == "Call"
        assert not IncidentUpdate.objects.filter(text="Two").exists()


def _opened(browser, where) -> dict[str, str]:
    context = browser.get(where).context
    return {"token": context["token"], "version": context["version"]}


@pytest.mark.django_db(transaction=True)
class TestRaced:
    def test_ten_officers_save_one_failure_and_one_is_first(self):
        failure = factories.an_incident(title="As it was")
        where = page(Incident, "change", failure.pk)
        browsers = [
            signed_in(factories.a_person(f"Officer {n}", Role.INCIDENT_OFFICER)) for n in range(10)
        ]
        sent = [as_it_stands(browser, where) for browser in browsers]

        def save(n: int) -> int:
            return browsers[n].post(where, sent[n] | {"title": f"Version {n}"}).status_code

        assert sorted(in_threads(10, save)) == [200] * 9 + [302]
        assert LogEntry.objects.filter(object_id=str(failure.pk)).count() == 1
        failure.refresh_from_db()
        assert failure.title.startswith("Version ")

    def test_ten_officers_on_one_page_of_the_site_too(self):
        failure = factories.an_incident()
        where = f"/failures/{failure.pk}/update/"
        browsers = [
            signed_in(factories.a_person(f"Officer {n}", Role.INCIDENT_OFFICER)) for n in range(10)
        ]
        sent = [_opened(browser, where) for browser in browsers]

        def save(n: int) -> int:
            typed = {"text": f"News {n}", "next_action": f"Step {n}"}
            return browsers[n].post(where, sent[n] | typed).status_code

        assert sorted(in_threads(10, save)) == [200] * 9 + [302]
        assert IncidentUpdate.objects.filter(text__startswith="News").count() == 1


def test_a_row_of_every_kind_can_be_held():
    reader = factories.a_person("Cleared", is_superuser=True, cleared=(1, 2, 3, 4, 5, 6, 7))
    rows = everything.a_contract_with_everything("Open")
    with transaction.atomic():
        for row in (reader, *rows.values()):
            hold(row, reader)


def test_a_stamp_is_of_one_row_only():
    now = factories.moment("2018-10-01 09:30")
    text = versions.stamp("incidents.incident:1", {"title": {"title": ["A"]}}, now)
    assert versions.read("incidents.incident:1", text)["stood"] == {"title": {"title": ["A"]}}
    assert versions.read("incidents.incident:2", text) is None
    assert versions.read("incidents.incident:1", text[:-1] + "x") is None
