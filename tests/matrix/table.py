"""The matrix: for each pattern of the resolver, whose it is and which row it shows.

To add a page, add a row to PAGES: the pattern's name, who may open it (everybody else who is
signed in gets 403, whoever is not is led to the sign-in), and the model whose key stands in its
address. `answers` is for pages that answer a GET otherwise than with 200, `words` for what else
stands in the address. The build fails until the row is there
(`test_the_matrix_knows_every_pattern`). Pages of a registered ModelAdmin have rows by themselves:
the roles' table (barnetwatch.roles) and BACK_OFFICE say who may. A model that can be hidden also
needs a row in tests/everything.py or in `record._the_rest`.
"""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.models import AccessRequest, Grant, User
from accounts.visibility import Restrictable
from barnetwatch.pages.failures.acts import ACTS
from barnetwatch.pages.failures.report import STEPS
from barnetwatch.pages.files.places import PLACES
from barnetwatch.roles import permissions_of
from contracts.models import Commitment, Contract, Source, Supplier
from costs.models import (
    AttributionRule,
    CostEntry,
    CostLine,
    OverrunAlert,
    Payee,
    Payment,
    PaymentAllocation,
    PaymentFile,
    PaymentUpload,
)
from digests.models import Edition
from incidents.models import Incident
from scrutiny.models import Decision, Meeting, Promise, Question, QuestionList, Statement
from tests.matrix.people import GRANTED, INSIDE
from tests.matrix.record import HIDEABLE

Who = frozenset[str]

SIGNED_IN: Who = frozenset(INSIDE)
READERS: Who = SIGNED_IN - {"administrator"}
COUNCILLORS: Who = frozenset({"councillor", "cleared councillor", GRANTED, "superuser"})
INCIDENTS: Who = frozenset({"incident officer", "superuser"})
CONTRACTS: Who = frozenset({"contract officer", "superuser"})
FINANCE: Who = frozenset({"finance officer", "superuser"})
OFFICERS: Who = INCIDENTS | CONTRACTS | FINANCE
AUDITORS: Who = frozenset({"auditor", "administrator", "superuser"})
ADMINISTRATORS: Who = frozenset({"administrator", "superuser"})
#: On a machine of one's own anybody reads the mails that were written to files.
OUTBOX: Who = SIGNED_IN if settings.EMBEDDED else ADMINISTRATORS
#: Anybody at all, signed in or not.
ANYBODY: Who = SIGNED_IN | {"anonymous", "inactive", "inactive ex-superuser"}
POST_ONLY, LEADS_ON = 405, 302


@dataclass(frozen=True)
class Page:
    """A row of the matrix."""

    who: Who
    #: The model whose key is in the address as `pk`; None where no row is.
    of: Any = None
    #: What a GET by one who may is answered, and by one who is signed in and may not.
    answers: int = 200
    refused: int = 403
    refused_outside: int = 302
    #: What else is right, where the state of the row or of one's own drafts decides.
    also: tuple[int, ...] = ()
    #: Models of further keys in the address, by parameter.
    more: dict[str, Any] = field(default_factory=dict)
    #: Words in the address, by parameter: an address for each.
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: Where a word before the key says of which kind the row is: the models by that word, and who
    #: may, where that differs from kind to kind. Each is walked as a pattern of its own.
    kinds: dict[str, Any] = field(default_factory=dict)
    who_of: dict[str, Who] = field(default_factory=dict)
    #: What one who may not is answered, too, where more than one thing is asked of them.
    refused_also: tuple[int, ...] = ()


def those_who(verb: str, model: Any) -> Who:
    """Whom the roles' table lets do something to rows of a kind; the superuser always."""
    wanted = f"{model._meta.app_label}.{verb}_{model._meta.model_name}"
    found = {
        who for who, (roles, _) in INSIDE.items() if any(wanted in permissions_of(r) for r in roles)
    }
    return frozenset(found | {"superuser"})


def those_who_of(verb: str, kinds: dict[str, Any]) -> dict[str, Who]:
    """The same, by the word that stands for each kind."""
    return {word: those_who(verb, model) for word, model in kinds.items()}


#: The kinds of the record by their names, and those of them that are restricted by themselves.
KINDS = {model._meta.label_lower: model for model in HIDEABLE}
RESTRICTED = {label: model for label, model in KINDS.items() if issubclass(model, Restrictable)}
FILES = {place.slug: place.files for place in PLACES.values()}
OWNERS = {place.slug: place.record for place in PLACES.values()}


PAGES: dict[str, Page] = {
    # For anybody.
    "livez": Page(ANYBODY),
    "readyz": Page(ANYBODY),
    "admin_password_reset": Page(ANYBODY),
    "password_reset_done": Page(ANYBODY),
    "password_reset_confirm": Page(ANYBODY, words={"uidb64": ("MQ",), "token": ("no-token",)}),
    "password_reset_complete": Page(ANYBODY),
    "unsubscribe": Page(ANYBODY),  # With one's own key.
    "accessibility": Page(ANYBODY),
    "privacy": Page(ANYBODY),
    "cookies": Page(ANYBODY),
    "calendar_feed": Page(SIGNED_IN, refused_outside=404),  # With one's own secret.
    "login": Page(ANYBODY, also=(LEADS_ON,)),  # Who is signed in already is led on.
    "account_login": Page(ANYBODY, also=(LEADS_ON,)),
    "mfa_authenticate": Page(ANYBODY, answers=LEADS_ON),  # Nobody is between the two steps.
    "invitation": Page(ANYBODY, words={"token": ("no-token",)}, answers=410),
    # One's own account.
    "account_reauthenticate": Page(SIGNED_IN),
    "mfa_index": Page(SIGNED_IN),
    "mfa_activate_totp": Page(SIGNED_IN, also=(LEADS_ON,)),  # To the password, after a while.
    "mfa_deactivate_totp": Page(SIGNED_IN, answers=LEADS_ON),  # None is set up.
    "mfa_view_recovery_codes": Page(SIGNED_IN, answers=404),  # None were made.
    "usersessions_list": Page(SIGNED_IN),
    # Leave to see a record: one's own requests, those who answer them, and restrictions.
    "access": Page(SIGNED_IN),
    "access_ask": Page(SIGNED_IN),
    "access_request": Page(SIGNED_IN, AccessRequest),
    "access_withdraw": Page(SIGNED_IN, AccessRequest, answers=POST_ONLY),
    "access_worklist": Page(CONTRACTS),
    "access_allow": Page(CONTRACTS, AccessRequest),
    "access_refuse": Page(CONTRACTS, AccessRequest),
    "access_end": Page(CONTRACTS | ADMINISTRATORS, Grant),
    "access_reviews": Page(OFFICERS),
    "restriction": Page(
        OFFICERS, kinds=RESTRICTED, who_of=those_who_of("change", RESTRICTED), refused_also=(404,)
    ),
    # All that is held about somebody.
    "person_export": Page(ADMINISTRATORS, User),
    # What was done.
    "audit_trail": Page(AUDITORS),
    "history": Page(READERS, kinds=KINDS, who_of=those_who_of("view", KINDS), refused=404),
    # Sources, and files that are kept as evidence.
    "source": Page(READERS, Source),
    "file": Page(READERS, kinds=FILES, who_of=those_who_of("view", FILES)),
    "file_add": Page(OFFICERS, kinds=OWNERS, who_of=those_who_of("add", FILES)),
    "file_change": Page(OFFICERS, kinds=FILES, who_of=those_who_of("change", FILES)),
    "file_withdraw": Page(OFFICERS, kinds=FILES, who_of=those_who_of("change", FILES)),
    # For whoever is signed in.
    "index": Page(SIGNED_IN),
    "search": Page(SIGNED_IN),
    "help": Page(SIGNED_IN),
    "scrutiny": Page(READERS),
    "calendar": Page(SIGNED_IN),
    "digest": Page(SIGNED_IN),
    "digest_preview": Page(SIGNED_IN),
    "digest_preview_mail": Page(SIGNED_IN),
    "digest_past": Page(SIGNED_IN, Edition),
    "digest_past_mail": Page(SIGNED_IN, Edition, answers=404, also=(200,)),  # Restricted since.
    "outbox": Page(OUTBOX),
    "outbox_mail": Page(OUTBOX, Edition, answers=404),  # None was written to a file.
    "outbox_mail_html": Page(OUTBOX, Edition, answers=404),
    "back_office": Page(SIGNED_IN),
    "logout": Page(SIGNED_IN, answers=POST_ONLY),
    "password_change": Page(SIGNED_IN),
    "password_change_done": Page(SIGNED_IN),
    "autocomplete": Page(frozenset()),  # Without a question; asked below.
    "jsi18n": Page(SIGNED_IN),
    "status": Page(ADMINISTRATORS, refused=404),
    # Contracts and suppliers.
    "contracts": Page(READERS),
    "contract": Page(READERS, Contract),
    "contract_timeline": Page(READERS, Contract),
    "suppliers": Page(READERS),
    "supplier": Page(READERS, Supplier),
    # Failures.
    "failures": Page(READERS),
    "failure": Page(READERS, Incident),
    "failure_timeline": Page(READERS, Incident),
    "failure_act": Page(
        INCIDENTS, Incident, words={"slug": tuple(act.slug for act in ACTS)}, also=(LEADS_ON,)
    ),
    "failure_report": Page(INCIDENTS),
    "failure_report_continue": Page(INCIDENTS, answers=LEADS_ON),
    "failure_report_again": Page(INCIDENTS, answers=POST_ONLY),
    "failure_report_check": Page(INCIDENTS, answers=LEADS_ON),
    "failure_reported": Page(INCIDENTS, Incident),
    "failure_report_step": Page(INCIDENTS, words={"slug": tuple(step.slug for step in STEPS)}),
    # Costs and alerts.
    "costs": Page(READERS),
    "ledger": Page(READERS),
    "cost_line": Page(READERS, CostLine),
    "checked": Page(READERS, Contract),
    "cost_post": Page(FINANCE, CostLine),
    "cost_revise": Page(FINANCE, CostLine),
    "cost_reverse": Page(FINANCE, CostLine, more={"entry": CostEntry}),
    "alerts": Page(READERS),
    "alert": Page(READERS, OverrunAlert),
    "alert_sum": Page(READERS, OverrunAlert),
    "alert_acknowledge": Page(OFFICERS, OverrunAlert),
    # Payments: published, but for what rules and allocations say of what is hidden.
    "payments": Page(READERS),
    "payment": Page(READERS, Payment),
    "payments_plan": Page(READERS),
    "payments_plan_contract": Page(READERS, Contract),
    "payments_rules": Page(READERS),
    "payment_files": Page(READERS),
    "payment_file": Page(READERS, PaymentFile),
    "payment_file_unreadable": Page(READERS, PaymentFile),
    "payment_file_withdraw": Page(FINANCE, PaymentFile),
    "payment_import": Page(FINANCE),
    "payment_upload": Page(FINANCE, PaymentUpload),
    "payment_upload_state": Page(FINANCE, PaymentUpload),
    "payment_upload_correct": Page(FINANCE, PaymentUpload),
    "payment_upload_cancel": Page(FINANCE, PaymentUpload),
    "payment_upload_unreadable": Page(FINANCE, PaymentUpload),
    "payments_matching": Page(FINANCE),
    "payments_match": Page(FINANCE, more={"payee": Payee}),
    "payments_rule_take_back": Page(FINANCE, AttributionRule),
    "payment_allocate": Page(FINANCE, Payment),
    "payment_release": Page(FINANCE, PaymentAllocation),
    "payments_allocate": Page(FINANCE, Contract),
    "payments_transparency": Page(FINANCE),
    # Scrutiny.
    "decisions": Page(READERS),
    "decision": Page(READERS, Decision),
    "decision_add": Page(CONTRACTS),
    "decision_change": Page(CONTRACTS, Decision),
    "decision_cost": Page(CONTRACTS, Decision),
    "promises": Page(READERS),
    "promise": Page(READERS, Promise),
    "promise_add": Page(CONTRACTS),
    "promise_reschedule": Page(CONTRACTS, Promise),
    "promise_reword": Page(CONTRACTS, Promise),
    "promise_close": Page(CONTRACTS, Promise),
    "promise_reopen": Page(CONTRACTS, Promise, answers=LEADS_ON),
    "claims": Page(READERS),
    "claim": Page(READERS, Statement),
    "claim_add": Page(CONTRACTS),
    "claim_answer": Page(CONTRACTS, Statement),
    "claim_state": Page(CONTRACTS, Statement),
    "claim_concerns": Page(CONTRACTS, Statement),
    "commitments": Page(READERS),
    "commitment": Page(READERS, Commitment),
    "commitment_measure": Page(CONTRACTS, Commitment),
    "commitment_credit": Page(CONTRACTS, Commitment),
    "commitment_received": Page(FINANCE, Commitment),
    "meetings": Page(READERS),
    "meeting": Page(READERS, Meeting),
    "meeting_add": Page(CONTRACTS),
    "meeting_change": Page(CONTRACTS, Meeting),
    # Questions: one's own.
    "questions": Page(READERS),
    "question_pick": Page(COUNCILLORS, QuestionList, answers=POST_ONLY),
    "question_list_begin": Page(COUNCILLORS),
    "question_list": Page(COUNCILLORS, QuestionList),
    "question_list_change": Page(COUNCILLORS, QuestionList),
    "question_add": Page(COUNCILLORS, QuestionList),
    "question_edit": Page(COUNCILLORS, Question),
    "question_move": Page(COUNCILLORS, Question, answers=POST_ONLY),
    "question_remove": Page(COUNCILLORS, Question, answers=POST_ONLY),
    "question_asked": Page(COUNCILLORS, Question),
    "answers": Page(CONTRACTS),
    "answer": Page(CONTRACTS, Question, answers=404, also=(200,)),
    "brief": Page(COUNCILLORS, QuestionList),
    "brief_docx": Page(COUNCILLORS, QuestionList),
}

#: Of the stock admin, beside the pages of each registered model.
BACK_OFFICE: dict[str, Page] = {
    "app_list": Page(SIGNED_IN, also=(404,)),  # Without anything in it for somebody: as if absent.
    "catch_all": Page(SIGNED_IN, answers=404),
}
