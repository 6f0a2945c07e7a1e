"""People who sign in, the roles they hold and what they are cleared for."""

from typing import Any

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import AccessRequest, Grant, RestrictionChange
from accounts.trail import AuditEntry as AuditEntry
from accounts.visibility import MEMBERS, Paragraph, allowed_to


class Role(models.TextChoices):
    """The groups; what each may do is written in barnetwatch.roles."""

    #: Elected members: they read, and see paragraphs 3 and 6 by right.
    COUNCILLOR = MEMBERS, _("Councillor")
    #: Enters failed deliveries and keeps them up to date.
    INCIDENT_OFFICER = "Incident officer", _("Incident officer")
    #: Keeps contracts, variations, commitments and the scrutiny record.
    CONTRACT_OFFICER = "Contract officer", _("Contract officer")
    #: Posts costs and imports payments.
    FINANCE_OFFICER = "Finance officer", _("Finance officer")
    #: Reads everything that is open and changes nothing.
    AUDITOR = "Auditor", _("Auditor")
    #: Gives people their roles; is cleared for nothing by that.
    ADMINISTRATOR = "Administrator", _("Administrator")


class UserManager(BaseUserManager["User"]):
    """Makes people; their address is kept in lower case, so nobody exists twice."""

    def _create(self, email: str, password: str | None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A person needs an email address to sign in with.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who can sign in and, until given a role, may do nothing."""
        return self._create(email, password, **{"is_superuser": False, **fields})

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person whom Django allows everything; restricted records stay hidden from them."""
        return self._create(email, password, **{**fields, "is_superuser": True})

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in, by email."""

    email = models.EmailField(_("email address"), max_length=254)
    name = models.CharField(
        max_length=150, help_text=_("As it should stand beside what they write.")
    )
    job_title = models.CharField(
        max_length=150, blank=True, help_text=_("Ward for a councillor, post for an officer.")
    )
    is_staff = models.BooleanField(
        _("may sign in"), default=True, help_text=_("The whole site stands behind the sign-in.")
    )
    is_active = models.BooleanField(
        default=True, help_text=_("Untick instead of deleting: what somebody wrote keeps its name.")
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                name="accounts_user_email",
                violation_error_message=_("Somebody already signs in with this address."),
            ),
            models.CheckConstraint(
                name="accounts_user_email_lower",
                condition=Q(email=Lower("email")),
                violation_error_message=_("Write the email address in lower case."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def post(self) -> str:
        """The post of an officer who stands by it; the name where none is given."""
        return self.job_title or str(self)

    def clean(self) -> None:
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """As Django's own says, of all objects alike, without a question of its own."""
        if obj is not None or (self.is_active and self.is_superuser):
            return super().has_perm(perm, obj)
        return self.is_active and perm in allowed_to(self)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether anything of an app is allowed."""
        if self.is_active and self.is_superuser:
            return super().has_module_perms(app_label)
        return self.is_active and any(each.startswith(f"{app_label}.") for each in allowed_to(self))


class Clearance(models.Model):
    """Leave for one person to see what is exempt under one paragraph."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="clearances")
    paragraph = models.PositiveSmallIntegerField(choices=Paragraph)
    reason = models.TextField(help_text=_("Why this person needs to see it."))
    granted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="clearances_granted"
    )
    granted_at = models.DateTimeField(auto_now_add=True)
    ends_on = models.DateField(
        null=True, blank=True, help_text=_("The last day of the clearance; empty for no end.")
    )

    class Meta:
        ordering = ["user", "paragraph", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "paragraph"],
                name="accounts_clearance_once",
                violation_error_message=_(
                    "This person already has a clearance for that paragraph."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, paragraph {self.paragraph}"


__all__ = [
    "AccessRequest",
    "AuditEntry",
    "Clearance",
    "Grant",
    "RestrictionChange",
    "Role",
    "User",
    "UserManager",
]
