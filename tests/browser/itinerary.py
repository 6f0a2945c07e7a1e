"""Every page of the site, whole, empty, and with a mistake in it; and the rows they show."""

from collections.abc import Callable

from django.contrib.auth.tokens import default_token_generator
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import Role, User
from contracts.models import Contract, Supplier
from costs.models import CostLine, OverrunAlert
from digests.models import Content, Edition, Subscription
from incidents import drafts
from incidents.models import Incident
from tests import everything
from tests.actors import the_superuser
from tests.browser import allocatingpages, paymentfiles
from tests.browser.visits import (
    NOBODY,
    Rows,
    Visit,
    a_sum_to_check,
    just,
    nothing_typed,
    of,
    unfolded,
    wrong_password,
)

#: What somebody has answered who is about to report a failure, page by page.
ANSWERS: dict[str, Callable[[Rows], drafts.Sent]] = {
    "contract": lambda rows: {"where": [str(rows["CSG"].pk)]},
    "services": lambda rows: {},
    "what": lambda rows: {
        "title": ["Mosaic cannot bill clients"],
        "category": ["system"],
        "description": ["It should bill clients and does not."],
        "severity": ["major"],
    },
    "when": lambda rows: {"occurred_month": ["7"], "occurred_year": ["2018"]},
    "source": lambda rows: {"known": ["none"]},
    "obligation": lambda rows: {"obligation": ["Bills go out each month."]},
    "publication": lambda rows: {"restriction": ["open"]},
}


def the_rows() -> Rows:
    """One row of every kind beside the public record, and what the person who looks has begun."""
    rows = everything.a_contract_with_everything("Plain") | everything.people()
    rows |= paymentfiles.payment_rows()
    rows |= allocatingpages.allocating_rows()
    person = rows[User] = the_superuser()
    rows["CSG"] = Contract.objects.get(reference="CSG")
    rows["failure"] = Incident.objects.filter(contract=rows["CSG"]).first()
    rows["alert"] = OverrunAlert.objects.get(contract=rows["CSG"], threshold__percentage=1)
    rows["line"] = CostLine.objects.get(kind=CostLine.Kind.ASSURANCE, contract=rows["CSG"])
    rows[Subscription] = Subscription.objects.create(user=person)
    content = rows[Content]
    rows[Edition] = Edition.objects.create(
        subscription=rows[Subscription], content=content, week=content.week, to=person.email
    )
    for page, sent in ANSWERS.items():
        drafts.keep(person, page, sent(rows), at=timezone.now())
    return rows


def reset_link(rows: Rows) -> tuple[str, str]:
    """The end of the address in the mail for a forgotten password."""
    person = rows[User]
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    return uid, default_token_generator.make_token(person)


def the_entry(rows: Rows) -> tuple[int, int]:
    """An entry of the line, as its reversal names it."""
    return rows["line"].pk, rows["line"].entries.first().pk


SIGNING_IN = [
    Visit("admin:login", who=NOBODY),
    Visit("admin:login", "nothing typed", who=NOBODY, act=nothing_typed),
    Visit("admin:login", "a wrong password", who=NOBODY, act=wrong_password),
    Visit("admin_password_reset", who=NOBODY),
    Visit("admin_password_reset", "nothing typed", who=NOBODY, act=nothing_typed),
    Visit("password_reset_done", who=NOBODY),
    Visit("password_reset_confirm", args=reset_link, who=NOBODY),
    Visit("password_reset_confirm", "a mistake", reset_link, who=NOBODY, act=nothing_typed),
    Visit("password_reset_confirm", "a used link", just("x", "y"), who=NOBODY),
    Visit("password_reset_complete", who=NOBODY),
    Visit("admin:password_change"),
    Visit("admin:password_change", "nothing typed", act=nothing_typed),
    Visit("admin:password_change_done"),
]
STATEMENTS = [
    Visit("admin:accessibility", who=NOBODY),
    Visit("admin:privacy", who=NOBODY),
    Visit("admin:cookies", who=NOBODY),
    Visit("admin:help"),
    Visit("admin:help", "unfolded", act=unfolded),
]
READING = [
    Visit("admin:index"),
    Visit("admin:index", "a councillor's", who=Role.COUNCILLOR),
    Visit("admin:contracts", act=unfolded),
    Visit("admin:contracts", "nothing found", query="?words=nothing+has+this+name"),
    Visit("admin:contract", args=of(Contract)),
    Visit("admin:contract", "of the public record", of("CSG"), act=unfolded),
    Visit("admin:contract", "as known on a day", of("CSG"), query="?known=2018-10-01"),
    Visit("admin:contract", "before anything was known", of("CSG"), query="?known=2012-10-01"),
    Visit("admin:suppliers", act=unfolded),
    Visit("admin:supplier", args=of(Supplier)),
    Visit("admin:search"),
    Visit("admin:search", "found", query="?q=mosaic"),
    Visit("admin:search", "nothing found", query="?q=nothing+has+this+name"),
    Visit("admin:alerts", act=unfolded),
    Visit("admin:alert", args=of(OverrunAlert)),
    Visit("admin:alert", "of the public record", of("alert")),
    Visit("admin:alert_sum", args=of("alert")),
    Visit("admin:alert_acknowledge", args=of("alert")),
    Visit("admin:alert_acknowledge", "a mistake", of("alert"), act=nothing_typed),
    Visit("admin:failures", act=unfolded),
    Visit("admin:failures", "nothing found", query="?q=nothing+has+this+name"),
    Visit("admin:failure", args=of(Incident)),
    Visit("admin:failure", "of the public record", of("failure"), act=unfolded),
    Visit("admin:failure", "none", just(999_999)),
    Visit("admin:outbox", "not theirs to see", who=Role.COUNCILLOR),
]
POSTING = [
    Visit("admin:costs", act=unfolded),
    Visit("admin:costs", "nothing found", query="?q=nothing+has+this+name"),
    Visit("admin:ledger", act=unfolded),
    Visit("admin:cost_line", args=of(CostLine)),
    Visit("admin:cost_line", "of the public record", of("line")),
    Visit("admin:cost_post", args=of("line")),
    Visit("admin:cost_post", "a mistake", of("line"), act=nothing_typed),
    Visit("admin:cost_post", "what it would do", of("line"), act=a_sum_to_check),
    Visit("admin:cost_revise", args=of("line")),
    Visit("admin:cost_revise", "a mistake", of("line"), act=nothing_typed),
    Visit("admin:cost_reverse", args=the_entry),
    Visit("admin:cost_reverse", "a mistake", the_entry, act=nothing_typed),
]
REPORTING = [
    Visit("admin:failure_report"),
    *(Visit("admin:failure_report_step", step, just(step)) for step in ANSWERS),
    Visit("admin:failure_report_check"),
    Visit("admin:failure_reported", args=of(Incident)),
    *(
        Visit("admin:failure_report_step", f"{step}, a mistake", just(step), act=nothing_typed)
        for step in ("when", "what", "contract")
    ),
    *(Visit("admin:failure_act", act, of(Incident, act)) for act in ("update", "cost", "confirm")),
    *(
        Visit("admin:failure_act", f"{act}, a mistake", of(Incident, act), act=nothing_typed)
        for act in ("update", "confirm")
    ),
]
DIGEST = [
    Visit("admin:digest"),
    Visit("admin:digest_preview"),
    Visit("admin:digest_past", args=of(Edition)),
    Visit("admin:outbox"),
    Visit("admin:outbox_mail", args=of(Edition)),
    Visit("unsubscribe", args=lambda rows: (rows[Subscription].key,), who=NOBODY),
]
VISITS = [
    *SIGNING_IN,
    *STATEMENTS,
    *READING,
    *POSTING,
    *paymentfiles.VISITS,
    *allocatingpages.VISITS,
    *REPORTING,
    *DIGEST,
]

#: Addresses that are no page to be looked at, each with the reason.
NOT_VISITED = {
    **paymentfiles.NOT_VISITED,
    "livez": "a probe: two letters of plain text",
    "admin:checked": "what the script of a page asks; no page",
    "admin:logout": "answers a button only; the page after it is in the flows",
    "admin:failure_report_continue": "leads on to the next question",
    "admin:failure_report_again": "answers a button only",
    "admin:digest_preview_mail": "the mail as it is sent, in a frame that runs no script",
    "admin:digest_past_mail": "the mail as it was sent, in a frame that runs no script",
    "admin:outbox_mail_html": "the mail as it was sent, in a frame that runs no script",
}
