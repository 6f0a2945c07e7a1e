"""The record, the people, and what they made of the record while all of it was open: digests that
went out, questions that rest on rows, lists of what they follow.
"""

import datetime as dt
from typing import Any

from django.utils import timezone

from accounts import granting
from accounts.models import AccessRequest, Grant, User
from accounts.rowrefs import ref
from contracts.models import Contract, Discrepancy
from costs.models import (
    OverrunAlert,
    Payee,
    Payment,
    PaymentAllocation,
    PaymentFile,
    PaymentUpload,
    Publisher,
)
from costs.payments import uploads, working
from digests import subscribing
from digests.models import Edition, Subscription
from digests.preparing import prepare_digests
from incidents import drafts
from incidents.models import Incident
from scrutiny import asking, calendars
from scrutiny.models import Body, Promise, Statement
from tests import everything, factories
from tests.costs.payments.files import ROWS, table
from tests.matrix.canaries import COMMON, Canary
from tests.matrix.people import GRANTED, OUTSIDE, Somebody, everybody
from tests.matrix.record import CHILD_OF_EXEMPT, RECLASSIFIED, Record

#: Before anything of the record was written.
LONG_AGO = factories.moment("2018-01-01")


class World:
    """The record, who asks, and rows of their own by person."""

    def __init__(self) -> None:
        self.people: dict[str, Somebody] = everybody()
        self.own: dict[str, dict[Any, Any]] = {}
        self.tokens: dict[str, str] = {}
        self.record = Record(self._while_open)
        self.nobodys = everything.people()
        self._grant()
        self.nobodys[PaymentUpload] = self._upload()

    def _grant(self) -> None:
        """Leave to see one contract, and with it what belongs to it."""
        somebody, contract = self.people[GRANTED], self.record.row(CHILD_OF_EXEMPT, Contract)
        self.nobodys[Grant] = factories.a_grant(somebody.user, contract)
        somebody.granted = frozenset({(contract._meta.label_lower, contract.pk)})
        # Who answers requests is asked about another's: nobody answers their own.
        councillors = self.own["councillor"][AccessRequest]
        for who, rows in self.own.items():
            if self.people[who].user.has_perm("accounts.change_accessrequest"):
                rows[AccessRequest] = councillors

    def _upload(self) -> PaymentUpload:
        """A file that somebody sent and that is read."""
        row = uploads.receive(
            [table(*ROWS, "R,D,T,1,X,lots,20/04/2018").encode()],
            name="april.csv",
            publisher=Publisher.objects.get(),
            by=self.people["finance officer"].user,
        )
        working.work(timezone.now())
        return row

    def _while_open(self, record: Record) -> None:
        for somebody in self.people.values():
            if somebody.who not in OUTSIDE:
                self.own[somebody.who] = self._makes(somebody.who, somebody.user, record)
        prepare_digests(timezone.now() + dt.timedelta(days=8))
        for rows in self.own.values():
            rows[Edition] = Edition.objects.filter(subscription=rows[Subscription]).first()

    def _makes(self, who: str, person: User, record: Record) -> dict[Any, Any]:
        hidden = [record.row(RECLASSIFIED, model) for model in (Contract, Promise, Statement)]
        shown = [record.row("open", model) for model in (OverrunAlert, Discrepancy, Statement)]
        body = Body.objects.get(name="Policy and Resources Committee")
        questions = asking.begin(by=person, body=body, meets_on=everything.DAY)
        for row in (*hidden, *shown):
            words = str(getattr(row, "words", "") or row)
            question = asking.pick(
                questions, rule="a-rule", words=f"Why {words}?", rests_on=[ref(row)], by=person
            )
            asking.note(question, asked_on=everything.DAY, by=person, answer=words, hand_over=True)
        subscription = subscribing.follow(
            person,
            everything=False,
            contracts=[hidden[0], record.row("open", Contract)],
            failures=[record.row(RECLASSIFIED, Incident)],
            at=LONG_AGO,
        )
        contract = record.row("open", Contract)
        drafts.keep(person, "contract", {"where": [str(contract.pk)]}, at=timezone.now())
        self.tokens[who] = calendars.make(by=person, at=timezone.now())
        asked = granting.ask(what=COMMON, why=COMMON, by=person, at=timezone.now())
        own = (questions, question, subscription, asked)
        return {type(each): each for each in own}

    def row(self, who: str, state: str, model: Any) -> Any:
        """The row that an address is about: of the record in a state, somebody's own, or of what
        is nobody's secret.
        """
        mine = self.own.get(who, self.own["councillor"])
        if model in mine:
            return mine[model]
        family = self.record.families[state]
        payment = family[PaymentAllocation].payment
        others = {Payment: payment, Payee: payment.payee, PaymentFile: payment.file}
        return (self.nobodys | others | family)[model]

    def key_of(self, who: str) -> str:
        """The key in the link that stops somebody's mails."""
        return self.row(who, "open", Subscription).key

    def token_of(self, who: str) -> str:
        """The secret in the address of somebody's calendar; of none, where they have none."""
        return self.tokens.get(who, "no-such-secret")

    def leaks(self, who: str, text: str) -> set[Canary]:
        """The canaries in a text that somebody may not see."""
        book, somebody = self.record.book, self.people[who]
        return {
            each
            for each in book.found_in(text)
            if not (somebody.may_see(book.why(each)) and somebody.may_read(each.place))
        }
