"""The one door: what a person may see.

`objects` returns open rows only, so forgetting the door shows too little, never too much.
`visible_to(user)` is the way to more; `all_rows` is for migrations, jobs and imports.
What a person may not see is as if it did not exist.

A row is seen when its own restriction allows it and everything it belongs to
(`visible_through`) is seen too. Exempt rows are seen by clearance, by right or by a grant of
that one row (`accounts.granting`), confidential ones by a grant alone. Being superuser clears
nobody.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Restriction(models.TextChoices):
    """Whether the public may see a record."""

    #: Anyone who may sign in may see it.
    OPEN = "open", _("Open")
    #: Exempt under Local Government Act 1972, Schedule 12A, Part 1.
    EXEMPT = "exempt", _("Exempt")
    #: Given by government on terms, or closed by a court or a statute: stricter than exempt.
    CONFIDENTIAL = "confidential", _("Confidential")


class Paragraph(models.IntegerChoices):
    """The descriptions of exempt information in Schedule 12A, Part 1."""

    INDIVIDUAL = 1, _("1: any individual")
    IDENTITY = 2, _("2: the identity of an individual")
    FINANCIAL = 3, _("3: financial or business affairs")
    LABOUR = 4, _("4: labour relations")
    LEGAL = 5, _("5: legal professional privilege")
    NOTICES = 6, _("6: notices and orders")
    CRIME = 7, _("7: preventing or prosecuting crime")


@dataclass(frozen=True)
class Sight:
    """What somebody may see beyond what is open.

    Members must be shown paragraphs 3, except terms proposed in negotiation, and 6 (section 100F).
    """

    member: bool = False
    cleared: frozenset[int] = frozenset()
    #: Rows that this person alone has leave to see, each as its kind and key.
    granted: frozenset[tuple[str, int]] = frozenset()

    def granted_of(self, model: type[models.Model]) -> list[int]:
        """The keys of the rows of a model that were granted."""
        label = model._meta.label_lower
        return sorted(key for kind, key in self.granted if kind == label)

    def of(self, model: type[models.Model], prefix: str = "") -> Q:
        """The condition under which a row of a model is seen, its parents included."""
        condition = Q()
        if issubclass(model, Restrictable):
            own = Q(**{f"{prefix}restriction": Restriction.OPEN})
            exempt = Q(**{f"{prefix}restriction": Restriction.EXEMPT})
            if self.cleared:
                own |= exempt & Q(**{f"{prefix}exempt_paragraph__in": sorted(self.cleared)})
            if self.member:
                by_right = Q(**{f"{prefix}exempt_paragraph": Paragraph.NOTICES}) | Q(
                    **{
                        f"{prefix}exempt_paragraph": Paragraph.FINANCIAL,
                        f"{prefix}negotiation_terms": False,
                    }
                )
                own |= exempt & by_right
            if keys := self.granted_of(model):
                own |= Q(**{f"{prefix}pk__in": keys})
            condition &= own
        if seen_when := getattr(model, "seen_when", None):
            condition &= seen_when(self, prefix)
        for name in getattr(model, "visible_through", ()):
            field = model._meta.get_field(name)
            if field.related_model is model and prefix.endswith(f"{name}__"):
                continue  # what a row answers answers nothing itself
            above = self.of(field.related_model, f"{prefix}{name}__")  # type: ignore[arg-type]
            if field.null:
                above |= Q(**{f"{prefix}{name}__isnull": True})
            condition &= above
        return condition

    def allows(self, restriction: str, paragraph: int | None, negotiation_terms: bool) -> bool:
        """The same of one row by itself, whose restriction is given."""
        if restriction != Restriction.EXEMPT:
            return restriction == Restriction.OPEN
        if paragraph in self.cleared:
            return True
        by_right = paragraph == Paragraph.NOTICES or (
            paragraph == Paragraph.FINANCIAL and not negotiation_terms
        )
        return self.member and by_right

    def flag(self, model: type[models.Model], prefix: str = "") -> models.ExpressionWrapper:
        """The same condition as a column that is true or false for each row."""
        return models.ExpressionWrapper(self.of(model, prefix), models.BooleanField())


OPEN_ONLY = Sight()


def sight_of(user: Any, on: dt.date | None = None) -> Sight:
    """What a signed-in person may see beyond what is open, on a day (today unless given).

    Kept on the user object, which lives for one request: a clearance taken away is gone at the
    next one.
    """
    kept: Sight | None = getattr(user, "_sight", None)
    if kept is None or on is not None:
        held = _held(user, on or timezone.localdate())
        kept = Sight(
            member=(MEMBERS, "") in held[_ROLE],
            cleared=frozenset(int(paragraph) for paragraph, _ in held[_CLEARED]),
            granted=frozenset((kind, int(key)) for kind, key in held[_GRANTED]),
        )
        if on is None:
            user._sight = kept
            user._roles = frozenset(name for name, _ in held[_ROLE])
            user._allowed = frozenset(f"{app}.{name}" for app, name in held[_ALLOWED])
    return kept


def allowed_to(user: Any) -> frozenset[str]:
    """A signed-in person's permissions, by role or by themselves; kept on the user object."""
    if not hasattr(user, "_allowed"):
        sight_of(user)
    found: frozenset[str] = user._allowed
    return found


def roles_of(user: Any) -> frozenset[str]:
    """The names of a signed-in person's roles; kept on the user object, too."""
    if not hasattr(user, "_roles"):
        sight_of(user)
    found: frozenset[str] = user._roles
    return found


_ALLOWED, _CLEARED, _ROLE, _GRANTED = "allowed", "cleared", "role", "granted"


def _held(user: Any, today: dt.date) -> dict[str, set[tuple[str, str]]]:
    """All that decides what a person may do and see, by one question: every page asks it."""
    current = Q(ends_on__isnull=True) | Q(ends_on__gte=today)
    nothing = Value("")
    allowed = (Value(_ALLOWED), "content_type__app_label", "codename")
    permissions = Permission.objects.order_by()
    rows = permissions.filter(user=user).values_list(*allowed)
    rows = rows.union(
        permissions.filter(group__user=user).values_list(*allowed),
        user.groups.order_by().values_list(Value(_ROLE), "name", nothing),
        user.clearances.order_by()
        .filter(current)
        .values_list(Value(_CLEARED), Cast("paragraph", models.CharField()), nothing),
        user.grants.order_by()
        .filter(ended_at__isnull=True, ends_on__gte=today)
        .values_list(Value(_GRANTED), "kind", Cast("key", models.CharField())),
    )
    held: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for kind, *what in rows:
        held[kind].add(tuple(what))
    return held


#: The group whose people are elected members.
MEMBERS = "Councillor"


class VisibleQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Rows that know who may see them."""

    def open(self) -> "VisibleQuerySet":
        """Only what anybody who may sign in may see."""
        return self.filter(OPEN_ONLY.of(self.model))

    def visible_to(self, user: Any) -> "VisibleQuerySet":
        """Only what this person may see; nothing for somebody not signed in or not active."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.filter(sight_of(user).of(self.model))


Made = TypeVar("Made")


def kept_by_sight(size: int) -> Callable[[Callable[..., Made]], Callable[..., Made]]:
    """Keep what is put together for a sight, which comes last among the arguments.

    What one person's grants give is put together each time: it would serve nobody else.
    """

    def keep(make: Callable[..., Made]) -> Callable[..., Made]:
        kept = lru_cache(maxsize=size)(make)

        @wraps(make)
        def found(*about: Any) -> Made:
            return make(*about) if about[-1].granted else kept(*about)

        found.cache_clear = kept.cache_clear  # type: ignore[attr-defined]
        return found

    return keep


@kept_by_sight(512)
def _seen(model: type[models.Model], queryset: type[VisibleQuerySet], sight: Sight) -> Any:
    """The rows that a sight shows, to be copied and never read: putting the condition together
    took longer than asking the database for fifty rows.
    """
    return queryset(model).filter(sight.of(model))


class AllRows(models.Manager):  # type: ignore[type-arg]
    """Every row, hidden ones included: for migrations, jobs and imports. A test names every use."""


class OpenRows(models.Manager):  # type: ignore[type-arg]
    """The default manager: open rows, and the way to what one person may see."""

    def get_queryset(self) -> Any:
        return super().get_queryset().open()

    def seen_by(self, sight: Sight) -> Any:
        """What somebody with this sight may see: for a queryset that is put together once for all
        who see alike. Whether the person may sign in at all is for the caller to ask.
        """
        return _seen(self.model, self._queryset_class, sight).all()

    def visible_to(self, user: Any) -> Any:
        """What this person may see; through a related manager, of that row's relatives only."""
        related = getattr(self, "_apply_rel_filters", None)
        if related is None and self._db is None and user.is_authenticated and user.is_active:
            return self.seen_by(sight_of(user))
        rows = self._queryset_class(self.model, using=self._db, hints=self._hints)
        return (related(rows) if related else rows).visible_to(user)


def open_rows(queryset: type[VisibleQuerySet] = VisibleQuerySet) -> Any:
    """The default manager over a model's own queryset."""
    return OpenRows.from_queryset(queryset)()


def every_row(queryset: type[VisibleQuerySet] = VisibleQuerySet) -> Any:
    """The `all_rows` manager over a model's own queryset."""
    return AllRows.from_queryset(queryset)()


class Visible(models.Model):
    """Base of rows that are seen when what they belong to is seen."""

    #: Names of the foreign keys to what a row belongs to.
    visible_through: tuple[str, ...] = ()

    objects = open_rows()
    all_rows = every_row()

    class Meta:
        abstract = True


class Restrictable(Visible):
    """Base of rows that can be restricted in their own right."""

    restriction = models.CharField(
        max_length=12,
        choices=Restriction,
        default=Restriction.OPEN,
        help_text=_("Open unless an officer has decided that the public may not see it."),
    )
    exempt_paragraph = models.PositiveSmallIntegerField(
        choices=Paragraph,
        null=True,
        blank=True,
        help_text=_("For an exempt record: the paragraph of Schedule 12A that makes it exempt."),
    )
    negotiation_terms = models.BooleanField(
        default=False,
        help_text=_("It gives terms proposed in negotiating a contract; members do not see these."),
    )
    restriction_reason = models.TextField(
        blank=True,
        help_text=_("Why the public interest in keeping it back outweighs that in showing it."),
    )
    restriction_review_on = models.DateField(
        _("look at it again on"),
        null=True,
        blank=True,
        help_text=_("For a restricted record: the day on which somebody asks whether it still is."),
    )
    #: Written by accounts.restricting alone.
    restriction_decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("decided by"),
    )
    restriction_decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)

    class Meta:
        abstract = True
        constraints = (
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_exempt_has_paragraph",
                condition=Q(restriction=Restriction.EXEMPT, exempt_paragraph__isnull=False)
                | Q(~Q(restriction=Restriction.EXEMPT), exempt_paragraph__isnull=True),
                violation_error_message=_(
                    "An exempt record names its paragraph of Schedule 12A; others name none."
                ),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_restriction_has_reason",
                condition=Q(restriction=Restriction.OPEN) | ~Q(restriction_reason=""),
                violation_error_message=_("Say why this record is kept back."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_restriction_review",
                condition=Q(restriction_review_on__isnull=True) | ~Q(restriction=Restriction.OPEN),
                violation_error_message=_("Only a restricted record is looked at again."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_restriction_decided",
                condition=Q(
                    restriction_decided_by__isnull=True, restriction_decided_at__isnull=True
                )
                | Q(restriction_decided_by__isnull=False, restriction_decided_at__isnull=False),
                violation_error_message=_("Say who decided on a restriction, and when."),
            ),
        )

    @property
    def is_open(self) -> bool:
        """Whether the record itself is open; what it belongs to may still hide it."""
        return self.restriction == Restriction.OPEN
