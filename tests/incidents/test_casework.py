"""Failed deliveries: references, the acts that move a status, and the story they leave."""

from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from barnetwatch.lib.appendonly import AppendOnlyError
from contracts.models import Service
from incidents import casework
from incidents.casework import ACTS, act, attribute, next_reference, update
from incidents.models import Incident, IncidentCounter, IncidentUpdate
from tests.factories import (
    a_contract,
    a_line,
    a_person,
    a_source,
    a_supplier,
    an_incident,
    day,
    exempt,
    moment,
    the_officer,
)
from tests.threads import in_threads

pytestmark = pytest.mark.django_db

Status = Incident.Status


class TestReporting:
    def test_gives_a_reference_of_its_year_and_the_next_number(self):
        for at, reference in (
            ("2018-10-01", "INC-2018-0001"),
            ("2018-10-02", "INC-2018-0002"),
            ("2019-01-01 00:00", "INC-2019-0001"),
            ("2018-12-31 23:59", "INC-2018-0003"),
        ):
            assert an_incident(at=moment(at)).reference == reference

    def test_begins_the_story(self):
        incident = an_incident(at=moment("2018-10-01 09:30"))
        told = incident.updates.get()
        assert (told.text, told.status_before, told.status_after) == ("Reported.", "", "reported")
        assert (told.recorded_by, told.recorded_at) == (the_officer(), moment("2018-10-01 09:30"))
        assert incident.status == Status.REPORTED

    def test_keeps_services_sources_and_dates_as_precisely_as_they_are_known(self):
        contract, source = a_contract(), a_source()
        service = Service.objects.create(contract=contract, name="Adult social care")
        incident = an_incident(
            contract,
            services=[service],
            sources=[source],
            occurred_on=day("2017-04-01"),
            occurred_precision="month",
            occurred_year_inferred=True,
            reported_on=day("2018-07-16"),
        )
        incident.refresh_from_db()
        assert (str(incident.occurred), str(incident.noticed)) == ("April [2017]", "not known")
        assert incident.occurred_on == day("2017-04-30")
        assert (incident.services.get(), incident.sources.get()) == (service, source)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"title": ""}, "title"),
            ({"severity": "terrible"}, "severity"),
            ({"category": ""}, "category"),
            ({"description": ""}, "description"),
            ({"contract": None}, "__all__"),
        ],
    )
    def test_of_what_is_wrong_names_the_field_and_uses_up_no_number(self, wrong, field):
        given = {
            "title": "It fails",
            "category": "system",
            "severity": "major",
            "description": "It fails.",
            "contract": a_contract(),
            "by": the_officer(),
            **wrong,
        }
        with pytest.raises(ValidationError) as refusal:
            casework.report(**given)
        assert list(refusal.value.message_dict) == [field]
        assert (Incident.all_rows.count(), IncidentCounter.objects.count()) == (0, 0)

    def test_of_a_supplier_needs_no_contract(self):
        incident = casework.report(
            title="It fails",
            category="fraud",
            severity="critical",
            description="It fails.",
            supplier=a_supplier(),
            by=the_officer(),
        )
        assert incident.contract is None

    def test_counts_hidden_ones_too(self):
        at = moment("2018-10-01")
        an_incident(at=at, **exempt(1))
        assert an_incident(at=at).reference == "INC-2018-0002"

    def test_never_gives_a_reference_twice(self):
        an_incident(at=moment("2018-10-01"))
        IncidentCounter.objects.update(last=0)
        with pytest.raises((ValidationError, IntegrityError)), transaction.atomic():
            an_incident(at=moment("2018-10-01"))


@pytest.mark.django_db(transaction=True)
class TestSeveralAtOnce:
    def test_get_references_of_their_own(self):
        found = in_threads(8, lambda n: [next_reference(2018) for _ in range(3)])
        references = sorted(reference for each in found for reference in each)
        assert references == [f"INC-2018-{n:04d}" for n in range(1, 25)]

    def test_that_report_get_references_of_their_own(self):
        contract, by = a_contract(), the_officer()
        in_threads(6, lambda n: an_incident(contract, by=by, at=moment("2018-10-01")))
        assert Incident.objects.values("reference").distinct().count() == 6

    def test_that_close_one_failure_close_it_once(self):
        incident, by = an_incident(), the_officer()
        refusals = []

        def close(n: int) -> None:
            try:
                casework.close(Incident.objects.get(pk=incident.pk), reason="Done.", by=by)
            except ValidationError as refusal:
                refusals.append(refusal)

        in_threads(6, close)
        assert len(refusals) == 5
        assert incident.updates.filter(status_after=Status.CLOSED).count() == 1


#: Where each act leads from each status; what is not here is refused.
LEADS = {
    ("confirm", "reported"): "confirmed",
    ("confirm", "disputed"): "confirmed",
    ("remedy", "confirmed"): "remediation",
    ("remedy", "disputed"): "remediation",
    ("resolve", "reported"): "resolved",
    ("resolve", "confirmed"): "resolved",
    ("resolve", "remediation"): "resolved",
    ("resolve", "disputed"): "resolved",
    ("close", "reported"): "closed",
    ("close", "resolved"): "closed",
    ("close", "disputed"): "closed",
    ("dispute", "reported"): "disputed",
    ("dispute", "confirmed"): "disputed",
    ("dispute", "remediation"): "disputed",
    ("reopen", "resolved"): "reported",
    ("reopen", "closed"): "reported",
}


class TestAnAct:
    @pytest.mark.parametrize(("name", "status"), list(product(ACTS, Status.values)))
    def test_leads_from_its_statuses_and_from_no_other(self, name, status):
        incident = an_incident()
        Incident.objects.update(status=status)
        stories = incident.updates.count()
        target = LEADS.get((name, status))
        if target:
            told = act(incident, name, reason=" Because. ", by=the_officer())
            assert (told.text, told.status_before, told.status_after) == (
                "Because.",
                status,
                target,
            )
        else:
            with pytest.raises(ValidationError, match=r"cannot be moved to .*Reload the page"):
                act(incident, name, reason="Because.", by=the_officer())
        assert Incident.objects.get().status == (target or status)
        assert incident.updates.count() == stories + bool(target)

    @pytest.mark.parametrize("name", ACTS)
    def test_has_a_verb_of_its_own(self, name):
        incident, by = an_incident(), a_person()
        status = next(status for act_name, status in LEADS if act_name == name)
        Incident.objects.update(status=status)
        told = getattr(casework, name)(incident, reason="Because.", by=by)
        assert (told.status_after, told.recorded_by) == (LEADS[name, status], by)
        assert incident.status == LEADS[name, status]

    @pytest.mark.parametrize("reason", ["", "  \n"])
    def test_needs_a_reason(self, reason):
        incident = an_incident()
        with pytest.raises(ValidationError) as refusal:
            casework.close(incident, reason=reason, by=the_officer())
        assert list(refusal.value.message_dict) == ["reason"]
        assert incident.updates.count() == 1

    def test_goes_by_the_status_on_record_whatever_the_page_showed(self):
        incident = an_incident()
        as_shown = Incident.objects.get()
        casework.resolve(incident, reason="It works.", by=the_officer())
        with pytest.raises(ValidationError, match="is resolved"):
            casework.confirm(as_shown, reason="It happened.", by=the_officer())

    def test_on_a_hidden_failure_is_done_all_the_same(self):
        incident = an_incident(**exempt(1))
        assert casework.confirm(incident, reason="It happened.", by=the_officer()).pk


class TestTheStory:
    def test_is_added_to(self):
        incident = an_incident()
        told = update(
            incident,
            text=" Billing works for some. ",
            by=the_officer(),
            at=moment("2018-10-01"),
            next_action="Ask again",
            next_action_on=day("2018-11-01"),
        )
        incident.refresh_from_db()
        assert (told.text, told.status_after) == ("Billing works for some.", "")
        assert (incident.next_action, incident.next_action_on) == ("Ask again", day("2018-11-01"))

    def test_says_something(self):
        with pytest.raises(ValidationError):
            update(an_incident(), text="  ", by=the_officer())

    @pytest.mark.parametrize("field", ["status", "reference", "title", "restriction"])
    def test_changes_nothing_but_what_is_done_next_and_by_whom(self, field):
        incident = an_incident()
        with pytest.raises(TypeError, match=field):
            update(incident, text="News.", by=the_officer(), **{field: "closed"})
        assert Incident.objects.get().status == Status.REPORTED
        assert incident.updates.count() == 1

    def test_is_never_changed_or_cut(self):
        told = an_incident().updates.get()
        told.text = "Nothing happened."
        with pytest.raises(AppendOnlyError):
            told.save()
        with pytest.raises(AppendOnlyError):
            told.delete()
        with pytest.raises(IntegrityError), transaction.atomic():
            IncidentUpdate.objects.update(text="Nothing happened.")
        with pytest.raises(IntegrityError), transaction.atomic():
            IncidentUpdate.objects.all().delete()

    def test_tells_of_a_cost_without_its_title(self):
        incident = an_incident()
        line = a_line(incident.contract, "Secret partner", **exempt(3))
        row = attribute(incident, line, by=the_officer(), why="It had to be replaced.")
        assert row.why == "It had to be replaced."
        assert "Secret" not in incident.updates.last().text
        with pytest.raises(ValidationError, match="attributed to this failure already"):
            attribute(incident, a_line_again(line), by=the_officer())


def a_line_again(line):
    """The same line, opened to all: a form sees a clash only with what it may see."""
    type(line).all_rows.filter(pk=line.pk).update(
        restriction="open", exempt_paragraph=None, restriction_reason=""
    )
    return line


class TestSilence:
    ON = day("2018-10-31")

    def silent(self, days: int = 30) -> set[str]:
        return set(Incident.objects.silent_for(days, self.ON).values_list("title", flat=True))

    def test_of_exactly_thirty_days_is_not_more_than_thirty(self):
        an_incident(title="Thirty-one", at=moment("2018-09-30 23:59"))
        an_incident(title="Thirty", at=moment("2018-10-01 00:00"))
        assert (self.ON - day("2018-10-01")).days == 30
        assert self.silent() == {"Thirty-one"}

    def test_counts_from_the_last_word(self):
        first = an_incident(title="Spoken of", at=moment("2018-01-01"))
        an_incident(title="Silent", at=moment("2018-01-01"))
        update(first, text="News.", by=the_officer(), at=moment("2018-10-15"))
        assert self.silent() == {"Silent"}
        update(first, text="Entered late.", by=the_officer(), at=moment("2018-02-01"))
        assert self.silent() == {"Silent"}

    @pytest.mark.parametrize("act_name", ["resolve", "close"])
    def test_is_no_matter_once_it_is_over(self, act_name):
        incident = an_incident(at=moment("2018-01-01"))
        act(incident, act_name, reason="Over.", by=the_officer(), at=moment("2018-01-02"))
        assert self.silent() == set()

    def test_is_of_days_in_london(self):
        an_incident(title="Late at night", at=moment("2018-09-30 23:30"))
        assert self.silent() == {"Late at night"}

    def test_past_its_next_action_is_after_the_day_itself(self):
        for title, due in (("Yesterday", "2018-10-30"), ("Today", "2018-10-31"), ("None", None)):
            incident = an_incident(title=title)
            Incident.objects.filter(pk=incident.pk).update(next_action_on=due and day(due))
        late = Incident.objects.past_next_action(self.ON)
        assert [incident.title for incident in late] == ["Yesterday"]
