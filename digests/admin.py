"""Mails and who gets them. Nothing of what a mail says stands here: it may have been restricted
since, and its page masks it.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.backoffice import Act, ActForm, ReadOnlyAdmin, journal
from digests.models import Content, Edition, Subscription
from digests.preparing import resend

ENDED = (Edition.State.FAILED, Edition.State.SENT)

SEND_AGAIN = Act(
    slug="send-again",
    label=_("Send again"),
    permission="digests.change_edition",
    form=ActForm,
    do=lambda row, fields, by: resend([row], timezone.now(), by=by),
    done=_("It is in the queue and will be sent within a minute."),
    applies=lambda row: row.state in ENDED,
    explains=_("The mail goes out once more under the same Message-ID."),
)


class TwiceFilter(admin.SimpleListFilter):
    """Whether a second copy may have gone out."""

    title = _("possibly twice")
    parameter_name = "twice"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("yes", _("Possibly twice")), ("no", _("Once"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "yes":
                return queryset.filter(possibly_twice__gt=0)
            case "no":
                return queryset.filter(possibly_twice=0)
        return queryset


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    """Mails, how far each has come, and what the mail server said."""

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
    list_filter = ["state", TwiceFilter]
    date_hierarchy = "due_at"
    search_fields = ["to", "week", "server_said"]
    ordering = ["-due_at", "-pk"]

    @admin.display(description=_("mail"), ordering="due_at")
    def name(self, row: Edition) -> str:
        return row.name

    @admin.display(description=_("what it says"))
    def as_read(self, row: Edition) -> str:
        return format_html('<a href="{}">{}</a>', row.get_absolute_url(), row.name)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whether mails may be put back in the queue."""
        return bool(request.user.has_perm("digests.change_edition"))

    @admin.action(description=_("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, rows: Any) -> None:
        ended = [row for row in rows if row.state in ENDED]
        for row in ended:
            journal.write(request.user, row, CHANGE, f"{SEND_AGAIN.label}.")
        count = resend(ended, timezone.now(), by=request.user)
        said = "1 mail is" if count == 1 else f"{count} mails are"
        level = messages.SUCCESS if count else messages.WARNING
        left = len(rows) - count
        rest = f" Left alone, since not yet sent or failed: {left}." if left else ""
        self.message_user(request, f"{said} in the queue.{rest}", level)


@admin.register(Content)
class ContentAdmin(ReadOnlyAdmin):
    """What was compiled, once for everybody who follows the same, and how many it went to."""

    fields = ["kind", "week", "since_at", "until_at", "readers", "sent", "failed", "as_read"]
    readonly_fields = ["readers", "sent", "failed", "as_read"]
    list_display = ["name", "since_at", "until_at", "readers", "sent", "failed"]
    list_filter = ["kind"]
    date_hierarchy = "until_at"
    search_fields = ["week"]
    ordering = ["-until_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).defer("text", "html", "picture", "items")
        return rows.annotate(
            mails=Count("editions"),
            went=Count("editions", filter=Q(editions__state=Edition.State.SENT)),
            lost=Count("editions", filter=Q(editions__state=Edition.State.FAILED)),
        )

    @admin.display(description=_("content"), ordering="until_at")
    def name(self, row: Content) -> str:
        return row.name

    @admin.display(description=_("readers"), ordering="mails")
    def readers(self, row: Any) -> int:
        return row.mails

    @admin.display(description=_("sent"), ordering="went")
    def sent(self, row: Any) -> int:
        return row.went

    @admin.display(description=_("failed"), ordering="lost")
    def failed(self, row: Any) -> int:
        return row.lost

    @admin.display(description=_("what it says"))
    def as_read(self, row: Content) -> str:
        edition = row.editions.order_by("pk").first()
        if edition is None:
            return str(_("Nobody got it."))
        return format_html('<a href="{}">{}</a>', edition.get_absolute_url(), edition)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Who follows what. Each person changes only their own, on their own page."""

    fields = [
        "user",
        "everything",
        "followed",
        "bodies_followed",
        "failures_followed",
        "cadence",
        "started_at",
        "cut_at",
        "stopped_at",
    ]
    readonly_fields = ["followed", "bodies_followed", "failures_followed"]
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

    @admin.display(description=_("bodies"))
    def bodies_followed(self, row: Subscription) -> str:
        """By name."""
        return ", ".join(row.bodies.values_list("name", flat=True)) or "none"

    @admin.display(description=_("failures"))
    def failures_followed(self, row: Subscription) -> str:
        """Open ones by reference."""
        return ", ".join(row.failures.values_list("reference", flat=True)) or "none shown"
