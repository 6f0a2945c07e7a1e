"""The two news reports, entered by officers through the site's own forms, as `loadrecord` has them.

Each row of the file is typed into the page on which an officer would enter it; where the site has
no page of its own, into the back office's form. What stands on the record in the end is compared
with what the file loads, field by field, without numbers, times and people.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from barnetwatch.record.loader import PUBLIC_RECORD, load
from barnetwatch.record.reading import FileRow, fields_of, read
from barnetwatch.record.tables import TABLES
from tests import factories
from tests.actors import signed_in
from tests.forms import as_it_stands, page

pytestmark = pytest.mark.django_db

#: The rows that are compared, by table of the file.
COMPARED = (
    "source",
    "service",
    "capability",
    "capability_gap",
    "commitment",
    "measurement",
    "discrepancy",
    "reading",
    "cost_line",
    "cost_entry",
    "incident",
    "incident_update",
    "incident_cost",
    "decision",
    "decision_cost",
    "promise",
    "statement",
    "claim_party",
    "party_answer",
)
#: What the system gives a row itself.
OWN = {"id", "recorded_by", "recorded_at", "incident.reference", "incident.officer"}
CONTRACTS, COSTS, INCIDENTS = Role.CONTRACT_OFFICER, Role.FINANCE_OFFICER, Role.INCIDENT_OFFICER
Fields = dict[str, Any]


@pytest.fixture(autouse=True)
def nothing_was_sent_before():
    cache.clear()


@pytest.fixture
def parts(tmp_path) -> dict[str, Path]:
    """The contracts and who is party to them, alone; and the same with the two news reports."""
    text = PUBLIC_RECORD.read_text(encoding="utf-8")
    second, fourth = (
        re.search(rf"^# =+\n# {number}\. ", text, re.MULTILINE).start() for number in (2, 4)
    )
    found = {"before": tmp_path / "before.toml", "after": tmp_path / "after.toml"}
    found["before"].write_text(text[:second], encoding="utf-8")
    found["after"].write_text(text[:fourth], encoding="utf-8")
    return found


def plain(value: Any) -> Any:
    """A value as it is compared: a row by what it is called."""
    if isinstance(value, models.Model):
        return getattr(value, "name", None) or str(value)
    return value.normalize() if isinstance(value, Decimal) else value


def described(row: models.Model) -> tuple[Any, ...]:
    """A row field by field, without number, time and people."""
    meta = row._meta
    found = [(each.name, plain(getattr(row, each.name))) for each in meta.fields]
    found += [
        (each.name, tuple(sorted(plain(other) for other in getattr(row, each.name).all())))
        for each in meta.many_to_many
    ]
    own = {name.removeprefix(f"{meta.model_name}.") for name in OWN}
    return tuple((name, value) for name, value in found if name not in own)


def the_record() -> dict[str, list[tuple[Any, ...]]]:
    """Every row that is compared, by table."""
    return {
        name: sorted((described(row) for row in TABLES[name].every_row().all()), key=repr)
        for name in COMPARED
    }


class Officers:
    """Three officers, each before a browser, and what they have entered so far."""

    def __init__(self, there: dict[str, list[FileRow]]) -> None:
        self.browsers = {
            role: signed_in(factories.a_person(f"The {role.label.lower()}", role))
            for role in (CONTRACTS, COSTS, INCIDENTS)
        }
        self.entered: dict[tuple[type[models.Model], str], models.Model] = {}
        self.rows: dict[str, list[FileRow]] = {}
        for name, rows in there.items():
            for row in rows:
                self._remember_what_is_there(name, row)

    def _remember_what_is_there(self, name: str, row: FileRow) -> None:
        from barnetwatch.record.models import LoadedRow

        held = LoadedRow.objects.filter(key=row.address).first()
        if held is not None:
            model = TABLES[name].model
            self.entered[model, row.key] = TABLES[name].every_row().get(pk=held.row)

    def find(self, model: type[models.Model], key: str) -> models.Model:
        """What a key of the file stands for."""
        return self.entered[model, key]

    def enter(self, rows: dict[str, list[FileRow]]) -> None:
        """Type every row of the file, in the order in which it is loaded."""
        self.rows = rows
        for name, table in TABLES.items():
            for row in rows.get(name, ()):
                if (table.model, row.key) in self.entered:
                    continue
                fields = fields_of(row, table.model, self.find)
                before = set(table.every_row().values_list("pk", flat=True))
                ENTRIES.get(name, in_the_back_office)(self, row, fields)
                added = table.every_row().exclude(pk__in=before)
                self.entered[table.model, row.key] = self._found(name, row, added)

    def _found(self, name: str, row: FileRow, added: Any) -> models.Model:
        """The row that came of it; parties are named with their claim, answers with theirs."""
        if name in ("claim_party", "party_answer"):
            wanted = fields_of(row, TABLES[name].model, self.find)
            return TABLES[name].every_row().get(**wanted)
        return added.latest("pk")

    def beside(self, name: str, field: str, key: str) -> list[FileRow]:
        """The rows of a table that name another in a field."""
        return [row for row in self.rows.get(name, ()) if row.values[field] == key]

    def sends(self, role: Role, address: str, data: Fields) -> Any:
        """Fill in a page and send it; it must be taken."""
        sent = {name: value for name, value in data.items() if value is not None}
        answer = self.browsers[role].post(address, sent)
        if answer.status_code != 302:
            context = answer.context
            form = context["adminform"].form if "adminform" in context else context["form"]
            raise AssertionError((address, form.errors))
        return answer


# As forms take it ------------------------------------------------------------------------


def in_boxes(name: str, fields: Fields, stem: str, box: str = "year_inferred") -> Fields:
    """A date as three boxes send it, no more precise than the source gives it.

    `box` is the one to tick where the year is inferred.
    """
    prefix = f"{stem}_" if stem else ""
    day = fields.get(f"{stem}_on" if stem else "effective_on")
    if day is None:
        return {}
    precision = fields.get(f"{prefix}precision", "day")
    return {
        f"{name}_day": day.day if precision == "day" else "",
        f"{name}_month": "" if precision == "year" else day.month,
        f"{name}_year": day.year,
        box: "on" if fields.get(f"{prefix}year_inferred") else None,
    }


def as_typed(value: Any) -> Any:
    """A value as the back office's forms send it."""
    if isinstance(value, list):
        return [each.pk for each in value]
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, bool):
        return "on" if value else None
    return value.strftime("%d/%m/%Y") if hasattr(value, "strftime") else str(value)


def of(fields: Fields, *names: str) -> Fields:
    """Some of the fields, as they are typed."""
    return {name: as_typed(fields[name]) for name in names if name in fields}


# The pages -------------------------------------------------------------------------------


def in_the_back_office(officers: Officers, row: FileRow, fields: Fields) -> None:
    """A form of the back office, as an officer finds it, with the row's own words."""
    model = TABLES[row.table].model
    role = COSTS if row.table == "cost_line" else CONTRACTS
    address = page(model, "add")
    stands = as_it_stands(officers.browsers[role], address)
    stands |= {name: 0 for name in stands if name.endswith("-TOTAL_FORMS")}  # No row below it.
    typed = {name: as_typed(value) for name, value in fields.items()}
    officers.sends(role, address, stands | typed)


def measured(officers: Officers, row: FileRow, fields: Fields) -> None:
    """The page of a commitment."""
    found = "lost" if fields.get("not_recoverable") else "value"
    data = of(fields, "value", "how", "said_by", "source", "note") | {"found": found}
    address = reverse("admin:commitment_measure", args=[fields["commitment"].pk])
    officers.sends(CONTRACTS, address, data | in_boxes("measured", fields, "measured"))


def said(officers: Officers, row: FileRow, fields: Fields) -> None:
    """The page of a claim, of an answer to one; what is neither, in the back office."""
    if fields["kind"] == "statement":
        in_the_back_office(officers, row, fields)
        return
    names = ("speaker", "speaker_public", "role", "organisation", "political_group", "words")
    data = of(fields, *names, "is_quotation", "amount", "amount_status", "source", "note")
    data |= in_boxes("said", fields, "said")
    if fields["kind"] == "claim":
        concerned = [each.values for each in officers.beside("claim_party", "claim", row.key)]
        data |= of(fields, "contract", "incident", "supplier")
        data["concerns"] = "\n".join(
            ", ".join(filter(None, (each["party"], each.get("organisation")))) for each in concerned
        )
        officers.sends(CONTRACTS, reverse("admin:claim_add"), data)
        return
    given = [each.values["party"] for each in officers.beside("party_answer", "response", row.key)]
    parties = {each.key: each for each in officers.rows["claim_party"]}
    claim = fields["answers"]
    data["parties"] = [
        claim.parties.get(
            party=parties[key].values["party"],
            organisation=parties[key].values.get("organisation", ""),
        ).pk
        for key in given
    ]
    officers.sends(CONTRACTS, reverse("admin:claim_answer", args=[claim.pk]), data)


def reported(officers: Officers, row: FileRow, fields: Fields) -> None:
    """A failure, question by question; then, in the back office, what no question asks."""
    answers: dict[str, Fields] = {
        "contract": of(fields, "contract"),
        "services": of(fields, "services"),
        "what": of(fields, "title", "category", "severity", "description", "affected"),
        "when": in_boxes("reported", fields, "reported"),
        "source": {"known": "record", "source": fields["sources"][0].pk},
        "obligation": of(fields, "obligation"),
        "publication": {"restriction": "open"},
    }
    answers["contract"]["where"] = answers["contract"].pop("contract")
    for step, data in answers.items():
        officers.sends(INCIDENTS, reverse("admin:failure_report_step", args=[step]), data)
    check = reverse("admin:failure_report_check")
    token = officers.browsers[INCIDENTS].get(check).context["token"]
    officers.sends(INCIDENTS, check, {"token": token})
    model = TABLES["incident"].model
    address = page(model, "change", model.all_rows.latest("pk").pk)
    stands = as_it_stands(officers.browsers[INCIDENTS], address)
    officers.sends(INCIDENTS, address, stands | of(fields, "sources", "duration"))


def moved(officers: Officers, row: FileRow, fields: Fields) -> None:
    """One act on the page of a failure."""
    act = {"confirmed": "confirm", "remediation": "remedy"}[fields["status_after"]]
    address = reverse("admin:failure_act", args=[fields["incident"].pk, act])
    officers.sends(INCIDENTS, address, {"reason": fields["text"]})


def attributed(officers: Officers, row: FileRow, fields: Fields) -> None:
    """A cost that a failure caused."""
    address = reverse("admin:failure_act", args=[fields["incident"].pk, "cost"])
    officers.sends(INCIDENTS, address, of(fields, "line", "why"))


def posted(officers: Officers, row: FileRow, fields: Fields) -> None:
    """A sum on a cost: the form, then what it would do, then the posting."""
    data = of(fields, "stage", "amount", "stated_by", "source", "note")
    data |= in_boxes("effective_on", fields, "")
    data["year_inferred"] = "on" if fields.get("year_inferred") else None
    address = reverse("admin:cost_post", args=[fields["line"].pk])
    sent = {name: value for name, value in data.items() if value is not None}
    shown = officers.browsers[COSTS].post(address, sent)
    assert shown.status_code == 200, shown
    carried = dict(shown.context["carried"])
    officers.sends(COSTS, address, carried | {"token": shown.context["token"], "confirmed": "1"})


def decided(officers: Officers, row: FileRow, fields: Fields) -> None:
    """A decision or a motion, with its vote."""
    data = of(fields, *(name for name in fields if not name.startswith("taken_")), "taken_by")
    data |= in_boxes("taken_on", fields, "taken", "taken_year_inferred")
    officers.sends(CONTRACTS, reverse("admin:decision_add"), data | {"restriction": "open"})


def authorised(officers: Officers, row: FileRow, fields: Fields) -> None:
    """A cost, on the page of the decision that authorised it."""
    address = reverse("admin:decision_cost", args=[fields["decision"].pk])
    officers.sends(CONTRACTS, address, of(fields, "line", "amount", "words"))


def promised(officers: Officers, row: FileRow, fields: Fields) -> None:
    """A promise in its exact words."""
    data = of(fields, *(name for name in fields if not name.startswith(("made_", "due_"))))
    data |= of(fields, "made_by", "due_words")
    data |= in_boxes("made_on", fields, "made", "made_year_inferred")
    data |= in_boxes("due_on", fields, "due", "due_year_inferred")
    officers.sends(CONTRACTS, reverse("admin:promise_add"), data | {"restriction": "open"})


def with_its_claim(officers: Officers, row: FileRow, fields: Fields) -> None:
    """Named already, on the page of the claim or of the answer."""


ENTRIES: dict[str, Callable[[Officers, FileRow, Fields], None]] = {
    "measurement": measured,
    "statement": said,
    "claim_party": with_its_claim,
    "party_answer": with_its_claim,
    "incident": reported,
    "incident_update": moved,
    "incident_cost": attributed,
    "cost_entry": posted,
    "decision": decided,
    "decision_cost": authorised,
    "promise": promised,
}


def test_the_forms_lead_to_the_same_record_as_the_file(parts):
    with factories.undone():
        load(parts["after"], at=timezone.now())
        expected = the_record()

    load(parts["before"], at=timezone.now())
    before, after = read(parts["before"]), read(parts["after"])
    assert {name for name in after if after[name] != before.get(name)} <= set(COMPARED)
    Officers(before).enter(after)

    found = the_record()
    for name in COMPARED:
        assert found[name] == expected[name], name


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("statement", "note"),
        ("decision", "votes_note"),
        ("decision", "reference"),
        ("decision_cost", "words"),
        ("promise", "due_words"),
    ],
)
def test_a_row_that_is_typed_otherwise_is_seen(parts, name, field):
    load(parts["after"], at=timezone.now())
    before = the_record()
    row = TABLES[name].every_row().first()
    TABLES[name].every_row().filter(pk=row.pk).update(**{field: "Another"})
    found = the_record()
    assert [each for each in COMPARED if found[each] != before[each]] == [name]
