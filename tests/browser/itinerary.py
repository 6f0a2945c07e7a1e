"""Every page of the site, whole, empty, and with a mistake in it; and the rows they show."""

import datetime as dt
from collections.abc import Callable

from django.contrib.auth.tokens import default_token_generator
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import granting, inviting, restricting
from accounts.models import Role, User
from contracts.models import Commitment, Contract, Source, Supplier
from costs.models import CostLine, OverrunAlert
from digests.models import Content, Edition, Subscription
from incidents import drafts
from incidents.models import Incident
from scrutiny import asking, promises, record
from scrutiny.models import Decision, Meeting, Promise, Question, QuestionList, Statement
from tests import everything, factories
from tests.actors import the_superuser
from tests.browser import allocatingpages, evidencepages, paymentfiles, paymentpages
from tests.browser.visits import (
    NOBODY,
    Rows,
    Visit,
    a_link_made,
    a_promise_to_check,
    a_sum_to_check,
    just,
    nothing_typed,
    of,
    unfolded,
    wrong_password,
)
from tests.pages.questions.rows import a_list, answered, picked

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
    rows["claim"] = Statement.objects.get(words__startswith="Mosaic “could cost”")
    rows["silent"] = Statement.objects.get(words__startswith="the thin client")
    rows["commitment"] = Commitment.objects.get(tier="silver", measure="rto")
    rows[Subscription] = Subscription.objects.create(user=person)
    content = rows[Content]
    rows[Edition] = Edition.objects.create(
        subscription=rows[Subscription], content=content, week=content.week, to=person.email
    )
    rows |= paymentpages.rows_of(rows["CSG"])
    rows |= evidencepages.rows_of(rows["failure"])
    rows |= a_list_of(person)
    rows |= the_scrutiny(rows)
    rows |= the_access(rows)
    for page, sent in ANSWERS.items():
        drafts.keep(person, page, sent(rows), at=timezone.now())
    return rows


def a_list_of(person: User) -> Rows:
    """A list of questions with one picked and handed over, and one of the person's own."""
    questions = a_list(person, meets_on=dt.date(2022, 1, 25))
    promise = Promise.objects.get(due_words="in due course", contract__reference="CSG")
    question = answered(picked(questions, promise, "When will the findings be reported?"))
    asking.add(questions, words="Who pays for the new partner?", by=person)
    return {QuestionList: questions, Question: question}


def the_access(rows: Rows) -> Rows:
    """A request that waits, one that was answered, and a record that the visitor restricted."""
    member, now = factories.a_councillor("Ann Asks"), timezone.now()
    by = factories.a_person("Olive Officer", Role.CONTRACT_OFFICER, cleared=(5,))
    held = factories.a_source("An exempt report", **factories.exempt(5))
    secret = factories.a_source("A confidential report")
    asked, answered = (
        granting.ask(
            what=f"{which} report on CSG",
            why="Our review of it",
            by=member,
            at=now - dt.timedelta(days=20),
            for_scrutiny=True,
            executive_since=dt.date(2023, 5, 23),
        )
        for which in ("The first", "The second")
    )
    ends_on = timezone.localdate(now) + dt.timedelta(days=30)
    granting.allow(answered, records=[held], ends_on=ends_on, answer="Here it is.", by=by, at=now)
    restricting.reclassify(
        secret,
        by=rows[User],
        restriction="confidential",
        reason="On terms.",
        review_on=ends_on,
        at=now,
    )
    Source.all_rows.filter(pk=secret.pk).update(restriction_review_on=timezone.localdate(now))
    leave = answered.grants.get()
    return {"asked": asked, "answered": answered, "leave": leave, "restricted": secret}


def the_restricted(rows: Rows) -> tuple[str, int]:
    """The address of the page on which its restriction is decided."""
    return "contracts.source", rows["restricted"].pk


def the_scrutiny(rows: Rows) -> Rows:
    """Decisions and promises of the public record, and a promise that is over."""
    by, mosaic = factories.the_officer(), Promise.objects.get(contract=rows["CSG"])
    over = record.promise(
        words="A report by May",
        made_by="A director",
        contract=rows["CSG"],
        source=mosaic.source,
        by=by,
    )
    promises.close(over, status="kept", reason="It was brought.", source=mosaic.source, by=by)
    return {
        "motion": Decision.objects.get(kind="motion"),
        "assurance": Decision.objects.get(kind="delegated"),
        "promise": mosaic,
        "over": over,
    }


def reset_link(rows: Rows) -> tuple[str, str]:
    """The end of the address in the mail for a forgotten password."""
    person = rows[User]
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    return uid, default_token_generator.make_token(person)


def invitation_link(rows: Rows) -> tuple[str]:
    """The end of the address in the mail to somebody new."""
    new, _ = User.objects.get_or_create(
        email="new@barnet.example", defaults={"name": "New Person", "password": "!none"}
    )
    return (inviting.token_for(new),)


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
    Visit("invitation", args=invitation_link, who=NOBODY),
    Visit("invitation", "a mistake", invitation_link, who=NOBODY, act=nothing_typed),
    Visit("invitation", "a used link", just("x"), who=NOBODY),
    Visit("mfa_index"),
    Visit("mfa_activate_totp"),
    Visit("mfa_activate_totp", "nothing typed", act=nothing_typed),
    Visit("account_reauthenticate"),
    Visit("account_reauthenticate", "nothing typed", act=nothing_typed),
    Visit("usersessions_list"),
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
    Visit("admin:status"),
    Visit("admin:status", "not there for others", who=Role.COUNCILLOR),
    Visit("admin:person_export", args=of(User)),
    Visit("admin:person_export", "not theirs to see", of(User), who=Role.COUNCILLOR),
    Visit("admin:audit_trail", act=unfolded),
    Visit("admin:audit_trail", "nothing found", query="?number=none"),
    Visit("admin:audit_trail", "not theirs to see", who=Role.COUNCILLOR),
    Visit("admin:history", "of a failure", lambda rows: ("incidents.incident", rows[Incident].pk)),
    Visit("admin:history", "none", just("incidents.incident", 999_999)),
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
QUESTIONS = [
    Visit("admin:questions", act=unfolded),
    Visit("admin:questions", "a councillor's", who=Role.COUNCILLOR),
    Visit("admin:questions", "of one rule", query="?rule=claim-unanswered"),
    Visit("admin:questions", "no such contract", query="?contract=999999"),
    Visit("admin:question_list_begin"),
    Visit("admin:question_list_begin", "a mistake", act=nothing_typed),
    Visit("admin:question_list", args=of(QuestionList), act=unfolded),
    Visit("admin:question_list_change", args=of(QuestionList)),
    Visit("admin:question_list_change", "a mistake", of(QuestionList), act=nothing_typed),
    Visit("admin:question_add", args=of(QuestionList)),
    Visit("admin:question_add", "a mistake", of(QuestionList), act=nothing_typed),
    Visit("admin:question_edit", args=of(Question)),
    Visit("admin:question_edit", "a mistake", of(Question), act=nothing_typed),
    Visit("admin:question_asked", args=of(Question)),
    Visit("admin:question_asked", "a mistake", of(Question), act=nothing_typed),
    Visit("admin:brief", args=of(QuestionList)),
    Visit("admin:answers"),
    Visit("admin:answer", args=of(Question), act=unfolded),
    Visit("admin:answer", "a mistake", of(Question), act=nothing_typed),
]
SCRUTINY = [
    Visit("admin:claims", act=unfolded),
    Visit("admin:claims", "nothing found", query="?q=nothing+has+this+name"),
    Visit("admin:claims", "a mistake", query="?silent_for=soon"),
    Visit("admin:claim", args=of("claim")),
    Visit("admin:claim", "unanswered", of("silent")),
    Visit("admin:claim_add"),
    Visit("admin:claim_add", "a mistake", act=nothing_typed),
    *(
        visit
        for name in ("claim_answer", "claim_state", "claim_concerns")
        for visit in (
            Visit(f"admin:{name}", args=of("claim")),
            Visit(f"admin:{name}", "a mistake", of("claim"), act=nothing_typed),
        )
    ),
    Visit("admin:commitments", act=unfolded),
    Visit("admin:commitments", "nothing found", query="?q=nothing+has+this+name"),
    Visit("admin:commitment", args=of("commitment")),
    Visit("admin:commitment", "of another contract", of(Commitment)),
    *(
        visit
        for name in ("commitment_measure", "commitment_credit", "commitment_received")
        for visit in (
            Visit(f"admin:{name}", args=of("commitment")),
            Visit(f"admin:{name}", "a mistake", of("commitment"), act=nothing_typed),
        )
    ),
    Visit("admin:scrutiny"),
    Visit("admin:decisions", act=unfolded),
    Visit("admin:decisions", "nothing found", query="?q=nothing+has+this+name"),
    Visit("admin:decision", args=of("motion")),
    Visit("admin:decision", "that authorised a cost", of("assurance")),
    Visit("admin:decision_add"),
    Visit("admin:decision_add", "a mistake", act=nothing_typed),
    Visit("admin:decision_change", args=of(Decision)),
    Visit("admin:decision_cost", args=of("motion")),
    Visit("admin:decision_cost", "a mistake", of("motion"), act=nothing_typed),
    Visit("admin:promises", act=unfolded),
    Visit("admin:promises", "nothing found", query="?q=nothing+has+this+name"),
    Visit("admin:promise", args=of("promise")),
    Visit("admin:promise", "with a date that was given", of(Promise)),
    Visit("admin:promise", "that is over", of("over")),
    Visit("admin:promise_add"),
    Visit("admin:promise_add", "a mistake", act=nothing_typed),
    Visit("admin:promise_reschedule", args=of("promise")),
    Visit("admin:promise_reschedule", "a mistake", of("promise"), act=nothing_typed),
    Visit("admin:promise_reschedule", "to be moved", of(Promise)),
    Visit("admin:promise_reword", args=of("promise")),
    Visit("admin:promise_close", args=of("promise")),
    Visit("admin:promise_close", "a mistake", of("promise"), act=nothing_typed),
    Visit("admin:promise_close", "to be checked", of("promise"), act=a_promise_to_check),
    Visit("admin:promise_reopen", args=of("over")),
    Visit("admin:meetings", act=unfolded),
    Visit("admin:meeting", args=of(Meeting)),
    Visit("admin:meeting_add"),
    Visit("admin:meeting_add", "a mistake", act=nothing_typed),
    Visit("admin:meeting_change", args=of(Meeting)),
    Visit("admin:calendar"),
    Visit("admin:calendar", "a link", act=a_link_made),
    Visit("admin:contract_timeline", args=of("CSG"), act=unfolded),
    Visit("admin:failure_timeline", args=of("failure"), query="?kind=decisions"),
]
ACCESS = [
    Visit("admin:access"),
    Visit("admin:access", "a councillor's", who=Role.COUNCILLOR),
    Visit("admin:access_ask"),
    Visit("admin:access_ask", "a mistake", act=nothing_typed),
    Visit("admin:access_request", "waiting and overdue", of("asked")),
    Visit("admin:access_request", "answered", of("answered")),
    Visit("admin:access_worklist"),
    Visit("admin:access_allow", args=of("asked")),
    Visit("admin:access_allow", "a mistake", of("asked"), act=nothing_typed),
    Visit("admin:access_refuse", args=of("asked")),
    Visit("admin:access_refuse", "a mistake", of("asked"), act=nothing_typed),
    Visit("admin:access_end", args=of("leave")),
    Visit("admin:access_end", "a mistake", of("leave"), act=nothing_typed),
    Visit("admin:access_reviews"),
    Visit("admin:restriction", args=the_restricted),
    Visit("admin:restriction", "a mistake", the_restricted, act=nothing_typed),
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
    *paymentpages.VISITS,
    *allocatingpages.VISITS,
    *evidencepages.VISITS,
    *REPORTING,
    *SCRUTINY,
    *QUESTIONS,
    *DIGEST,
    *ACCESS,
]

#: Addresses that are no page to be looked at, each with the reason.
NOT_VISITED = {
    **paymentfiles.NOT_VISITED,
    "livez": "a probe: a word of plain text",
    "readyz": "a probe: a sentence of plain text",
    "mfa_authenticate": "follows a right password: test_second_factor looks at it",
    "mfa_view_recovery_codes": "shown once: test_second_factor looks at it",
    "mfa_deactivate_totp": "needs a factor that is set up: test_second_factor looks at it",
    "admin:calendar_feed": "what a calendar reads; no page",
    "admin:checked": "what the script of a page asks; no page",
    "admin:access_withdraw": "answers a button only",
    "admin:logout": "answers a button only; the page after it is in the flows",
    "admin:failure_report_continue": "leads on to the next question",
    "admin:failure_report_again": "answers a button only",
    "admin:question_pick": "answers a button only",
    "admin:question_move": "answers a button only",
    "admin:question_remove": "answers a button only",
    "admin:brief_docx": "a file to download",
    "admin:file": "a file to download",
    "admin:digest_preview_mail": "the mail as it is sent, in a frame that runs no script",
    "admin:digest_past_mail": "the mail as it was sent, in a frame that runs no script",
    "admin:outbox_mail_html": "the mail as it was sent, in a frame that runs no script",
}
