from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import Act, ActForm, ReadOnlyAdmin
from digests.models import Edition, Subscription
from digests.preparing import resend

ENDED = (Edition.State.FAILED, Edition.State.SENT)

SEND_AGAIN = Act(
    slug="send-again",
    label=_("Send again"),
    permission="digests.change_edition",
    form=ActForm,
    do=lambda row, fields, by: resend([row], timezone.now()),
    done=_("It is in the queue and will be sent within a minute."),
    applies=lambda row: row.state in ENDED,
    explains=_("The mail goes out once more under the same Message-ID."),
)


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    """Mails, how far each has come, and what the mail server said. What they say has a page."""

    acts = (SEND_AGAIN,)
    actions = ("send_again",)
    fields = [
        "subscription",
        "to",
        "week",
        "state",
        "due_at",
        "sent_at",
        "attempts",
        "possibly_twice",
        "server_said",
        "message_id",
        "as_read",
    ]
    readonly_fields = ["message_id", "as_read"]
    list_display = [
        "name",
        "to",
        "state",
        "due_at",
        "sent_at",
        "attempts",
        "possibly_twice",
        "server_said",
    ]
    list_filter = ["state", "week"]
    search_fields = ["to", "server_said"]
    ordering = ["-due_at", "-pk"]

    @admin.display(description=_("mail"), ordering="due_at")
    def name(self, row: Edition) -> str:
        return row.name

    @admin.display(description=_("what it says"))
    def as_read(self, row: Edition) -> str:
        return format_html('<a href="{}">{}</a>', row.get_absolute_url(), row.name)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whether mails may be put back in the queue."""
        return bool(request.user.has_perm("digests.change_edition"))

    @admin.action(description=_("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, rows: Any) -> None:
        count = resend(rows, timezone.now())
        said = "1 mail is" if count == 1 else f"{count} mails are"
        self.message_user(request, f"{said} in the queue.", messages.SUCCESS)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Who follows what. Each person changes only their own, on their own page."""

    fields = ["user", "everything", "followed", "cadence", "started_at", "cut_at", "stopped_at"]
    readonly_fields = ["followed"]
    list_display = ["user", "everything", "cadence", "started_at", "cut_at", "stopped_at"]
    list_filter = ["cadence", "everything", ("stopped_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__name", "user__email"]
    ordering = ["user__name", "pk"]

    @admin.display(description=_("contracts"))
    def followed(self, row: Subscription) -> str:
        """Open ones by name: the rest is for those who may see it, on its own page."""
        if row.everything:
            return "all"
        return ", ".join(row.contracts.values_list("reference", flat=True)) or "not shown"
