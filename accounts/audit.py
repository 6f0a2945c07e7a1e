"""The audit trail: whoever writes what means something says so here, in the same transaction.

    audit.record(Act.ADDED, by=by, subject=row)
    audit.record(Act.CHANGED, by=by, subject=row, before=before, after=audit.fields_of(row))

`before` and `after` hold fields by name; what is the same in both is left out, and with a row that
was added all its fields are kept without being asked for. No password is ever kept. Where it came
from (address and number of the request, task, command) is found by itself; `request` is for whoever
has one that the middleware does not know. A restricted row's texts are kept here and shown to those
alone who may see the row now, and could have when it was written (`accounts.told`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest

from accounts.trail import Act, AuditEntry
from accounts.visibility import Restrictable
from barnetwatch.lib import origin
from barnetwatch.lib.byrole import KEPT_BACK

__all__ = ["Act", "fields_of", "kept_back", "reason_of", "record"]

Fields = Mapping[str, Any]
#: What is kept of no row: secrets, names that are kept back, and what the act itself says.
LEFT_OUT = frozenset(
    {"id", "password", "password1", "password2", "digest"}
    | {"last_login", "recorded_by", "recorded_at"}
    | KEPT_BACK
)


def record(
    act: Act,
    *,
    by: Any,
    subject: models.Model | None = None,
    before: Fields | None = None,
    after: Fields | None = None,
    reason: str = "",
    request: HttpRequest | None = None,
) -> AuditEntry:
    """Keep an act, in the caller's transaction; `by` is None for a job, or somebody unknown."""
    came = origin.current()
    if request is not None:
        address = origin.address_of(request.META, settings.PROXIES)
        came = origin.Origin(address, getattr(request, "number", came.request))
    if subject is not None and act == Act.ADDED and after is None:
        after = fields_of(subject)
    was, became = _printable(before or {}), _printable(after or {})
    filed = _filed_under(subject)
    entry = AuditEntry(
        act=act.value,
        by=by if getattr(by, "is_authenticated", False) else None,
        place=came.place[: origin.LONGEST],
        request=came.request[:40],
        kind=subject._meta.label_lower if subject else "",
        row=subject.pk if subject else None,
        filed_kind=filed._meta.label_lower if filed else "",
        filed_row=filed.pk if filed else None,
        before={name: value for name, value in was.items() if became.get(name) != value},
        after={
            name: value for name, value in became.items() if name not in was or was[name] != value
        },
        reason=_text(reason),
        kept_back=kept_back(subject, before),
    )
    entry.save()
    return entry


def fields_of(row: models.Model) -> dict[str, Any]:
    """A row's own columns by the names of their fields; of another row its key."""
    return {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.name not in LEFT_OUT
    }


def reason_of(row: models.Model) -> str:
    """The reason that a row itself gives, where its kind gives one."""
    return str(getattr(row, "reason", ""))


def _filed_under(row: models.Model | None) -> models.Model | None:
    """The record on whose page an act is told: the row's own, or what it belongs to."""
    while row is not None and not hasattr(row, "get_absolute_url"):
        above = next(_above(row), None)
        if above is None:
            break
        row = above
    return row


def _above(row: models.Model) -> Iterator[models.Model]:
    for name in getattr(row, "visible_through", ()):
        if (above := getattr(row, name)) is not None:
            yield above


def kept_back(row: models.Model | None, before: Fields | None = None) -> list[list[Any]]:
    """Each restriction that stood over a row, before the act or after it."""
    if row is None:
        return []
    found = []
    if isinstance(row, Restrictable):
        found = [_restriction(fields_of(row) | dict(before or {})), _restriction(fields_of(row))]
    found += [each for above in _above(row) for each in kept_back(above)]
    return [each for number, each in enumerate(found) if each and each not in found[:number]]


def _restriction(fields: Fields) -> list[Any]:
    if fields["restriction"] == "open":
        return []
    return [fields[name] for name in ("restriction", "exempt_paragraph", "negotiation_terms")]


def _printable(fields: Fields) -> dict[str, Any]:
    return {name: _plain(value) for name, value in fields.items() if name not in LEFT_OUT}


def _plain(value: Any) -> Any:
    """What JSON and both databases hold: of a row its key, of several their keys."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, list | tuple | set | models.QuerySet):
        return sorted([_plain(each) for each in value], key=str)
    return value


def _text(value: str) -> str:
    """PostgreSQL keeps no NUL and no half of a surrogate pair."""
    return value.replace("\x00", "").encode(errors="replace").decode()
