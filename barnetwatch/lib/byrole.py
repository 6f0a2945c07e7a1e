"""People who stand by their role unless they act in public: the columns, and how they are settled.

A row says who in four columns: what every reader sees (`made_by`), whether the person acts in
public (`made_by_public`), the role (`made_by_role`) and the name that is kept back
(`made_by_name`). Pages, search, exports and mails read the first and know nothing of the last.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.personal import holds_office, names_in

#: The columns that say who, where a name beside a role can be kept back.
NAMED = ("speaker", "made_by", "taken_by", "party", "said_by")


def role_of(shown: str) -> str:
    """The column of the role beside a column that says who."""
    return "role" if shown == "speaker" else f"{shown}_role"


#: The columns of names that are kept back: no history and no audit trail holds them.
KEPT_BACK = frozenset(f"{shown}_name" for shown in NAMED)
#: Columns in which people stand by their role; where one is not in NAMED, by their role alone.
BY_ROLE = frozenset({*NAMED, *map(role_of, NAMED), "stated_by", "concerns"})


def public_field() -> models.BooleanField:
    """Whether the person acts in public."""
    return models.BooleanField(
        _("acts in public"),
        default=False,
        help_text=_("The name may be shown. Else readers see the role where one is given."),
    )


def role_field() -> models.CharField:
    """The person's role."""
    return models.CharField(
        _("role"),
        max_length=150,
        blank=True,
        help_text=_("Readers see it instead of a name that is not to be shown."),
    )


def kept_name_field() -> models.CharField:
    """The name that is kept back; only `settle_name` writes it."""
    return models.CharField(
        max_length=150, blank=True, editable=False, help_text=_("The name that is kept back.")
    )


@dataclass(frozen=True)
class Who:
    """The column that says who, and those beside it that readers see with it."""

    shown: str
    beside: tuple[str, ...] = ()

    @property
    def public(self) -> str:
        """The column of the tick."""
        return f"{self.shown}_public"

    @property
    def name(self) -> str:
        """The column of the name that is kept back."""
        return f"{self.shown}_name"

    @property
    def role(self) -> str:
        """The column of the role."""
        return role_of(self.shown)


class ByRole(models.Model):
    """Base of rows that say who, by `who`: they declare its four columns."""

    who: ClassVar[Who]

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        self.settle_name()

    def settle_name(self) -> None:
        """Put the role where readers look and keep the name back, unless they act in public.

        Whoever holds a public office acts in public. What is given without a role is taken for one.
        """
        who = self.who
        shown, role, kept = (getattr(self, each) for each in (who.shown, who.role, who.name))
        if getattr(self, who.public):
            if kept and not names_in(shown):
                shown = kept
            kept = ""
        elif not role:
            if kept:
                raise ValidationError({who.role: _("Give the role: the name is not to be shown.")})
        elif kept and not names_in(shown):
            shown = role  # The name is kept already; the role may have changed.
        elif shown not in self._seen_with() and not holds_office(shown):
            shown, kept = role, shown
        setattr(self, who.shown, shown)
        setattr(self, who.name, kept)

    def name_for(self, user: Any) -> str:
        """Who it was, by name for those who may change the row, else as every reader sees it."""
        shown, kept = getattr(self, self.who.shown), getattr(self, self.who.name)
        meta = self._meta
        if kept and user.has_perm(f"{meta.app_label}.change_{meta.model_name}"):
            return f"{kept} ({shown})"
        return str(shown)

    @property
    def by(self) -> str:
        """Who it was as readers see it, with the role and what stands beside it."""
        parts = (getattr(self, self.who.shown), *self._seen_with())
        return ", ".join(dict.fromkeys(filter(None, parts)))

    def _seen_with(self) -> tuple[str, ...]:
        return tuple(getattr(self, each) for each in (self.who.role, *self.who.beside))


def names_for(rows: Iterable[ByRole], user: Any) -> list[str]:
    """The names that some rows keep back, as far as a reader may know them."""
    told = ((row.name_for(user), getattr(row, row.who.shown)) for row in rows)
    return list(dict.fromkeys(name for name, shown in told if name != shown))
