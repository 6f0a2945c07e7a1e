"""The one door through which a record's restriction changes: who decided, when, why, until when.

Each change is kept as a row that is only ever added. What was written about the record before it
was restricted is taken out of the back office's log; digests and lists of questions look up what
their texts rest on whenever they are shown.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.access import Grant, RestrictionChange
from accounts.audit import Act
from accounts.rowrefs import nameless
from accounts.visibility import Restrictable, Restriction, sight_of

if TYPE_CHECKING:
    from accounts.models import User

#: How strict each restriction is.
STRICT = (Restriction.OPEN, Restriction.EXEMPT, Restriction.CONFIDENTIAL)
#: What the log says of a record instead of what it said before that was restricted.
LEFT_OUT = "What was done is left out: the record has been restricted since."

#: What a form says that would open a record among other things, without a reason.
OPENED_ELSEWHERE = gettext_lazy(
    "It is restricted. Open it by “Decide who may see it” on its page in the back office, which "
    "asks for the reason."
)


def kinds() -> list[type[Restrictable]]:
    """Every kind of record that can be restricted."""
    return [model for model in apps.get_models() if issubclass(model, Restrictable)]


def kind_of(label: str) -> type[Restrictable] | None:
    """The kind by its name, such as contracts.contract; None where there is none."""
    return next((model for model in kinds() if model._meta.label_lower == label), None)


def known_to(model: type[Restrictable], by: "User") -> models.QuerySet[Any]:
    """The records of a kind whose restriction somebody may decide on, and let others in to: those
    they see, and those that they restricted themself, whether they may still see them or not.

    What they see by leave alone is not among them: it is not theirs to pass on.
    """
    if not by.is_active:
        return model.all_rows.none()
    sight = replace(sight_of(by), granted=frozenset())
    seen = model.objects.seen_by(sight).order_by().values("pk")
    return model.all_rows.filter(Q(restriction_decided_by=by) | Q(pk__in=seen))


@dataclass(frozen=True)
class Named:
    """A record as somebody may be told of it."""

    row: Any
    title: str
    is_seen: bool


def named(rows: models.QuerySet[Any], by: "User") -> Iterator[Named]:
    """Records with their titles for those who see them; the others by kind and number."""
    found = list(rows)
    if not found:
        return
    model = rows.model
    seen = set(
        model.objects.visible_to(by)
        .filter(pk__in=[row.pk for row in found])
        .order_by()
        .values_list("pk", flat=True)
    )
    for row in found:
        name = nameless(model._meta.label_lower, row.pk)
        said = f"{model._meta.verbose_name}: {row}"
        yield Named(row, said if row.pk in seen else name, row.pk in seen)


@transaction.atomic
def reclassify(
    record: Restrictable,
    *,
    by: "User",
    restriction: str,
    reason: str,
    at: dt.datetime,
    exempt_paragraph: int | None = None,
    negotiation_terms: bool = False,
    review_on: dt.date | None = None,
) -> Any:
    """Restrict a record, restrict it otherwise, or open it; gives it as it stands then.

    Raises ValidationError where nothing would change, where a restricted record is given no
    paragraph, reason or later day of review, and where `by` neither sees it nor restricted it.
    """
    model = type(record)
    rows = known_to(model, by).select_for_update(of=("self",)).order_by()
    row = rows.filter(pk=record.pk).first()
    if row is None:
        raise ValidationError(_("There is no such record, or it is not yours to decide on."))
    is_exempt, is_open = restriction == Restriction.EXEMPT, restriction == Restriction.OPEN
    check(restriction, exempt_paragraph, reason, review_on, on=timezone.localdate(at))
    wanted = {
        "restriction": restriction,
        "exempt_paragraph": exempt_paragraph if is_exempt else None,
        "negotiation_terms": is_exempt and negotiation_terms,
        "restriction_reason": "" if is_open else reason.strip(),
        "restriction_review_on": None if is_open else review_on,
    }
    if all(getattr(row, name) == value for name, value in wanted.items()):
        raise ValidationError(_("That is how it stands already."))
    last, before = _stood(row), audit.fields_of(row)
    for name, value in wanted.items():
        setattr(row, name, value)
    model.all_rows.filter(pk=row.pk).update(**wanted)
    found = _decided(row, last, reason.strip(), by, at)
    audit.record(
        Act.RESTRICTED,
        by=by,
        subject=row,
        before=before,
        after=audit.fields_of(row),
        reason=reason.strip(),
    )
    return found


def check(
    restriction: str,
    exempt_paragraph: int | None,
    reason: str,
    review_on: dt.date | None,
    *,
    on: dt.date,
) -> None:
    """Raise ValidationError, by field, for what a restriction decided on a day lacks."""
    wrong: dict[str, str] = {}
    if restriction not in Restriction.values:
        wrong["restriction"] = _("Choose who may see it.")
    if restriction == Restriction.EXEMPT and exempt_paragraph is None:
        wrong["exempt_paragraph"] = _("Choose the paragraph of Schedule 12A.")
    if not reason.strip():
        wrong["reason"] = _("Say why.")
    if restriction != Restriction.OPEN and (fault := review_fault(review_on, on=on)):
        wrong["review_on"] = fault
    if wrong:
        raise ValidationError(wrong)


def review_fault(day: dt.date | None, row: Any = None, *, on: dt.date | None = None) -> str:
    """What is wrong with the day on which a restricted record is looked at again; empty if nothing.

    One that is past may stay as it stands on the row: it is on the list of reviews that are due.
    """
    if day is None:
        return _("Give the day on which somebody looks at it again.")
    if day <= (on or timezone.localdate()) and getattr(row, "restriction_review_on", None) != day:
        return _("Give a day after today on which somebody looks at it again.")
    return ""


def settle(record: Any, *, by: "User", at: dt.datetime | None = None) -> RestrictionChange | None:
    """Keep who decided on a restriction that a form has just written with the rest of a record.

    None where the record cannot be restricted, or stands as it was last decided.
    """
    if not isinstance(record, Restrictable):
        return None
    if record.is_open and record.restriction_decided_at is None:
        return None
    last = changes(record).first()
    now = (*_standing(record), record.restriction_review_on, record.restriction_reason)
    if last is not None:
        reason = "" if last.restriction == Restriction.OPEN else last.reason
        then = (last.restriction, last.exempt_paragraph, last.negotiation_terms, last.review_on)
        if (*then, reason) == now:
            return None
    before = (last.restriction, last.exempt_paragraph) if last else ("", None)
    _decided(record, before, record.restriction_reason, by, at or timezone.now())
    return changes(record).first()


def changes(record: models.Model) -> models.QuerySet[RestrictionChange]:
    """What was decided about a record, the latest first. For those alone who may see it, or who
    decided on it: `known_to`.
    """
    return RestrictionChange.objects.filter(kind=record._meta.label_lower, key=record.pk)


def due_for_review(model: type[Restrictable], by: "User", on: dt.date) -> models.QuerySet[Any]:
    """Restricted records of a kind that somebody is to look at again by a day, or whose
    restriction has no such day; of those that they may decide on.
    """
    late = Q(restriction_review_on__lte=on) | Q(restriction_review_on__isnull=True)
    return known_to(model, by).exclude(restriction=Restriction.OPEN).filter(late)


def _standing(row: Any) -> tuple[str, int | None, bool]:
    return row.restriction, row.exempt_paragraph, row.negotiation_terms


def _stood(row: Any) -> tuple[str, int | None]:
    return row.restriction, row.exempt_paragraph


@transaction.atomic
def _decided(
    row: Any, before: tuple[str, int | None], reason: str, by: "User", at: dt.datetime
) -> Any:
    """Write down who decided and when, on the record and beside it."""
    kind = row._meta.label_lower
    RestrictionChange.objects.create(
        kind=kind,
        key=row.pk,
        before=before[0],
        paragraph_before=before[1],
        restriction=row.restriction,
        exempt_paragraph=row.exempt_paragraph,
        negotiation_terms=row.negotiation_terms,
        reason=reason,
        review_on=row.restriction_review_on,
        decided_by=by,
        decided_at=at,
    )
    row.restriction_decided_by, row.restriction_decided_at = by, at
    type(row).all_rows.filter(pk=row.pk).update(
        restriction_decided_by=by, restriction_decided_at=at
    )
    if not row.is_open:
        _neutralise(row)
    if _is_stricter(before[0], row.restriction):
        _end_grants(row, by, at)
    return row


def _is_stricter(before: str, now: str) -> bool:
    """Whether a record became confidential: leave given before was given for less."""
    return now == Restriction.CONFIDENTIAL and before != Restriction.CONFIDENTIAL


def _end_grants(row: Any, by: "User", at: dt.datetime) -> None:
    Grant.objects.filter(kind=row._meta.label_lower, key=row.pk, ended_at__isnull=True).update(
        ended_by=by, ended_at=at, ended_reason=_("The record became confidential.")
    )


def _neutralise(row: Any) -> None:
    """Take out of the back office's log what it says of a record."""
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk)
    ).update(object_repr=nameless(row._meta.label_lower, row.pk)[:200], change_message=LEFT_OUT)
