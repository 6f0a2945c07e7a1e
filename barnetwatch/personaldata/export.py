"""All that the system holds about one person, as one tree with plain headings.

Every foreign key to a person is walked, found by asking the models: a kind of row made tomorrow is
in the export without a line here. Two sorts of keys:

* what is *about* somebody (their clearance, subscription, lists): the row with its fields, and the
  rows that belong to it, such as the mails that were sent to them;
* what somebody *did* (recorded by, granted by): which row, in what capacity, and when. Its text is
  the council's record and not data about its writer, and may be restricted or about others.

Whoever reads the export sees no row that they may not see in the record, nor another's own notes.
"""

import datetime as dt
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from accounts.models import User
from accounts.rowrefs import seen as refs_seen
from accounts.visibility import Visible
from barnetwatch.personaldata.named import rows_naming, seen_by

Told = dict[str, Any]
#: The names of keys by which a row is about somebody; all others say what somebody did.
ABOUT = frozenset({"user", "owner", "asked_by"})
#: Columns that open something: never given out, to nobody.
SECRET = frozenset(
    {"password", "digest", "session_key", "session_data", "secret", "token", "message_id"}
    | {"data", "held_by"}
)
#: Columns that are a secret in one kind of row, and no more than a number in another.
SECRET_OF = {"digests.subscription": {"key"}}
#: Kept for one person alone: others see that they are there, and how many.
OWN = frozenset(
    {
        "accounts.accessrequest",
        "scrutiny.questionlist",
        "scrutiny.question",
        "incidents.incidentdraft",
    }
)
#: Of what somebody did: the columns that say what, when and from where.
OF_AN_ACT = frozenset({"act", "place", "kind", "row", "request", "action_flag", "name"})
#: Said in every export, whether or not it left anything out, so that it tells nobody.
LEFT_OUT = (
    "Rows of the record that whoever made this export may not see; somebody cleared makes theirs.",
    "The texts of what the person recorded. They are the council's record; each row is named.",
    "Passwords, second factors, keys of links and sessions. They open things; that they exist is.",
    "Lists of questions, notes, drafts, requests, unless the person makes it. Their number is.",
    "The logs of the web server and of the processes, which name no person.",
)


def export(person: User, *, reader: Any, at: dt.datetime) -> Told:
    """All that is held about somebody who signs in, as a reader may see it.

    With no reader (somebody at the server's own command line), open rows only.
    """
    told: Told = {
        "About this export": {
            "Of": person.email,
            "Made at": at,
            "Made by": reader.email if reader is not None else "the command line",
            "Not in it": list(LEFT_OUT),
        },
        "Account": _fields(person),
        "Roles": sorted(group.name for group in person.groups.all()),
        "Permissions given beside a role": sorted(map(str, person.user_permissions.all())),
        "Sessions": list(_sessions(person)),
    }
    about: dict[str, list[Told]] = defaultdict(list)
    did: dict[str, list[Told]] = defaultdict(list)
    for model, key in keys_to_people():
        rows = seen_by(model, reader).filter(**{key.name: person}).order_by("pk")
        if key.name in ABOUT:
            _tell_about(about, model, rows, person, reader)
        else:
            heading = f"{model._meta.verbose_name_plural}: {key.verbose_name}"
            did[heading] += [_act(row) for row in _seen(rows, reader)]
    told["About the person"] = {name: rows for name, rows in sorted(about.items()) if rows}
    told["What the person did"] = {name: rows for name, rows in sorted(did.items()) if rows}
    told["Where the record names the person"] = rows_naming(person.name, reader)
    return told


def export_named(name: str, *, reader: Any, at: dt.datetime) -> Told:
    """All that the record says of somebody who does not sign in, by their name."""
    return {
        "About this export": {
            "Of": name,
            "Made at": at,
            "Made by": reader.email if reader is not None else "the command line",
            "Not in it": list(LEFT_OUT[:1]),
        },
        "Where the record names the person": rows_naming(name, reader),
    }


def keys_to_people() -> Iterator[tuple[type[models.Model], Any]]:
    """Every foreign key to a person, of every kind of row, hidden relations included."""
    for relation in User._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel):
            model = relation.related_model
            if not model._meta.auto_created:  # Roles and permissions are told by their names.
                yield model, relation.field


def as_json(told: Told) -> str:
    """The tree as text that a person can read and a program, too."""
    return json.dumps(told, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)


def as_zip(told: Told) -> bytes:
    """The same in an archive, with a word on what it is."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("personal-data.json", as_json(told))
        archive.writestr("READ-ME.txt", "\n\n".join(("What is not in this export:", *LEFT_OUT)))
    return held.getvalue()


def _sessions(person: User) -> Iterator[Told]:
    for session in Session.objects.order_by("expire_date").iterator(chunk_size=500):
        if str(session.get_decoded().get("_auth_user_id")) == str(person.pk):
            yield {"Ends": session.expire_date}


def _tell_about(
    about: dict[str, list[Told]], model: Any, rows: Any, person: User, reader: Any
) -> None:
    """Put rows about somebody, and what belongs to them, under the names of their kinds."""
    name = str(model._meta.verbose_name_plural)
    if model._meta.label_lower in OWN and reader != person:
        if number := rows.count():
            about[name].append({"Number, read by the person alone": number})
        return
    found = list(rows) if key_is_theirs(model) else _seen(rows, reader)
    about[name] += [_fields(row, reader) for row in found]
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.on_delete != models.CASCADE:
            continue
        below: Any = relation.related_model
        if below is not model and below is not User and found and not below._meta.auto_created:
            under = seen_by(below, reader).filter(**{f"{relation.field.name}__in": found})
            _tell_about(about, below, under.order_by("pk"), person, reader)


def key_is_theirs(model: Any) -> bool:
    """Whether rows that name a record concern the person whatever the record: leave to see it."""
    return bool(model._meta.label_lower == "accounts.grant")


def _seen(rows: Any, reader: Any) -> list[models.Model]:
    """Of rows that name a record by kind and number, as the histories do, those of records that
    the reader may see; of others all.
    """
    found = list(rows)
    named = {row.pk: name for row in found if (name := _record_of(row))}
    seen = refs_seen(set(named.values()), reader)
    return [row for row in found if named.get(row.pk) is None or named[row.pk] in seen]


def _record_of(row: Any) -> str:
    """The record that a row names, as accounts.rowrefs has it; empty where it names none."""
    if isinstance(row, LogEntry):
        kind, key = (row.content_type and ".".join(row.content_type.natural_key())), row.object_id
    else:
        kind, key = getattr(row, "kind", ""), getattr(row, "row", getattr(row, "key", None))
    try:
        model = apps.get_model(kind) if kind and "." in str(kind) and key else None
    except LookupError:
        return ""
    return f"{kind}:{key}" if model is not None and issubclass(model, Visible) else ""


def _fields(row: models.Model, reader: Any = None) -> Told:
    """A row's own columns by their names, without secrets; other rows by kind and number."""
    label = row._meta.label_lower
    secret = SECRET | SECRET_OF.get(label, set())
    told: Told = {}
    rests_on = getattr(row, "rests_on", None)
    hidden = bool(rests_on) and set(rests_on) - refs_seen(rests_on, reader)
    for field in row._meta.concrete_fields:
        if field.name in secret:
            told[str(field.verbose_name)] = "held, not given out"
        elif isinstance(field, models.ForeignKey):
            told[str(field.verbose_name)] = _pointed(field, field.value_from_object(row))
        elif not (hidden and isinstance(field, models.TextField | models.JSONField)):
            told[str(field.verbose_name)] = _plain(field.value_from_object(row))
    for many in row._meta.many_to_many:
        model: Any = many.related_model
        if issubclass(model, Visible):
            source, target = many.m2m_field_name(), many.m2m_reverse_field_name()
            held = many.remote_field.through._default_manager.filter(**{source: row})
            keys = seen_by(model, reader).filter(pk__in=held.values(target))
            told[str(many.verbose_name)] = [
                _pointed(many, key) for key in keys.order_by("pk").values_list("pk", flat=True)
            ]
    return told


def _act(row: models.Model) -> Told:
    told: Told = {"Row": f"{row._meta.verbose_name} {row.pk}"}
    for field in row._meta.concrete_fields:
        said = field.name in OF_AN_ACT and not isinstance(row, Visible)
        when = isinstance(field, models.DateTimeField)
        where = isinstance(field, models.GenericIPAddressField)
        if (said or when or where) and (value := field.value_from_object(row)) is not None:
            told[str(field.verbose_name)] = _plain(value)
    return told


def _pointed(field: Any, key: Any) -> str | None:
    """Another row, named by its kind and number: its title may be restricted."""
    return None if key is None else f"{field.related_model._meta.verbose_name} {key}"


def _plain(value: Any) -> Any:
    return "bytes, not given out" if isinstance(value, bytes | memoryview) else value
