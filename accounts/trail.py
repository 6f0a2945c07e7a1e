"""The audit trail's rows: who did what to which row, when, from where, with what before and after.

Written by `accounts.audit.record` alone, in the transaction of the act, and never changed.
"""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from barnetwatch.lib.appendonly import AppendOnly


class Act(models.TextChoices):
    """What may be done. An act is added here by a line; no migration is needed."""

    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    REMOVED = "removed", _("Removed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REVERSED = "reversed", _("Reversed")
    READ = "read", _("Read, though restricted")
    EXPORTED = "exported", _("Exported")
    IMPORTED = "imported", _("Imported")
    DISCARDED = "discarded", _("Thrown away")
    GRANTED = "granted", _("Leave to see granted")
    TAKEN_AWAY = "taken_away", _("Leave to see taken away")
    ASKED = "asked", _("Asked to see")
    REFUSED = "refused", _("Refused")
    RESTRICTED = "restricted", _("Decided who may see it")
    SIGNED_IN = "signed_in", _("Signed in")
    SIGNED_OUT = "signed_out", _("Signed out")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    PASSWORD_SET = "password_set", _("Password set")
    INVITED = "invited", _("Invited")
    FACTOR_SET_UP = "factor_set_up", _("Second factor set up")
    FACTOR_GIVEN_UP = "factor_given_up", _("Second factor turned off")
    FACTOR_RESET = "factor_reset", _("Second factor reset")
    CODE_WRONG = "code_wrong", _("Wrong code")
    CODE_SPENT = "code_spent", _("Recovery code used")
    CODES_MADE = "codes_made", _("New recovery codes")
    SESSION_ENDED = "session_ended", _("Session ended")
    BACKED_UP = "backed_up", _("Backed up")
    RESTORED = "restored", _("Restored")


class AuditEntry(AppendOnly):
    """One act. `kind` and `row` name the row it was done to, as accounts.rowrefs does."""

    act = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
        help_text=_("Empty for what a job or somebody unknown did."),
    )
    place = models.CharField(
        max_length=80, blank=True, help_text=_("An address, a task or a command.")
    )
    request = models.CharField(max_length=40, blank=True, help_text=_("The request's number."))
    kind = models.CharField(max_length=80, blank=True)
    row = models.BigIntegerField(null=True)
    filed_kind = models.CharField(
        max_length=80, blank=True, help_text=_("The record on whose page the act is told.")
    )
    filed_row = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    reason = models.TextField(blank=True)
    kept_back = models.JSONField(
        default=list,
        help_text=_("How the row, and what it belongs to, was restricted at that moment."),
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("act of the audit trail")
        verbose_name_plural = _("audit trail")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["kind", "row", "-id"], name="accounts_audit_row"),
            models.Index(fields=["filed_kind", "filed_row", "-id"], name="accounts_audit_filed"),
            models.Index(fields=["by", "-id"], name="accounts_audit_by"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.kind} {self.row or ''}".strip()
