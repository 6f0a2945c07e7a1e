"""Every page of the site, as somebody comes to it: whole, empty, and with a mistake in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from playwright.sync_api import Page

from accounts.models import Role, User
from contracts.models import Contract
from digests.models import Content, Edition, Subscription
from incidents.models import Incident
from tests import everything
from tests.actors import the_superuser

Rows = dict[Any, Any]
#: Who comes: nobody signed in, a role, or somebody who may do everything.
NOBODY, ANYBODY = "nobody", "the superuser"


def the_rows() -> Rows:
    """One row of every kind beside the public record, and what the person who looks follows."""
    rows = everything.a_contract_with_everything("Plain") | everything.people()
    person = the_superuser()
    subscription = Subscription.objects.create(user=person)
    content = rows[Content]
    rows[Edition] = Edition.objects.create(
        subscription=subscription, content=content, week=content.week, to=person.email
    )
    rows[User] = person
    rows["CSG"] = Contract.objects.get(reference="CSG")
    return rows


@dataclass(frozen=True)
class Visit:
    """One page in one state."""

    #: The name of its address.
    page: str
    #: What is particular about it.
    state: str = ""
    #: What its address is made with.
    args: Callable[[Rows], tuple[Any, ...]] = lambda rows: ()
    query: str = ""
    who: Role | str = ANYBODY
    #: What is done there before anybody looks.
    act: Callable[[Page], None] = lambda page: None

    def __str__(self) -> str:
        return f"{self.page} ({self.state})" if self.state else self.page


def of(model: Any) -> Callable[[Rows], tuple[Any, ...]]:
    """The page of the row of a model."""
    return lambda rows: (rows[model].pk,)


def press(name: str) -> Callable[[Page], None]:
    """Press the button and see what comes of it."""

    def act(page: Page) -> None:
        page.get_by_role("main").get_by_role("button", name=name).first.click()
        page.wait_for_load_state()

    return act


def open_all(page: Page) -> None:
    """Open what is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


def reset_link(rows: Rows) -> tuple[str, str]:
    person = rows[User]
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    return uid, default_token_generator.make_token(person)


def wrong_password(page: Page) -> None:
    page.get_by_label("Email").fill("nobody@barnet.example")
    page.get_by_label("Password", exact=True).fill("wrong")
    press("Sign in")(page)


SIGN_IN = [
    Visit("admin:login", who=NOBODY),
    Visit("admin:login", "nothing typed", who=NOBODY, act=press("Sign in")),
    Visit("admin:login", "a wrong password", who=NOBODY, act=wrong_password),
    Visit("admin_password_reset", who=NOBODY),
    Visit("admin_password_reset", "nothing typed", who=NOBODY, act=press("")),
    Visit("password_reset_done", who=NOBODY),
    Visit("password_reset_confirm", args=reset_link, who=NOBODY),
    Visit("password_reset_confirm", "nothing typed", args=reset_link, who=NOBODY, act=press("")),
    Visit("password_reset_confirm", "a used link", args=lambda rows: ("x", "y"), who=NOBODY),
    Visit("password_reset_complete", who=NOBODY),
    Visit("admin:password_change"),
    Visit("admin:password_change", "nothing typed", act=press("")),
    Visit("admin:password_change_done"),
]
STATEMENTS = [
    Visit(f"admin:{name}", who=NOBODY) for name in ("accessibility", "privacy", "cookies")
]

VISITS = [
    *SIGN_IN,
    *STATEMENTS,
    Visit("admin:index"),
    Visit("admin:index", "a councillor's", who=Role.COUNCILLOR),
    Visit("admin:help"),
    Visit("admin:help", "unfolded", act=open_all),
    Visit("admin:contracts"),
    Visit("admin:contracts", "unfolded", act=open_all),
    Visit("admin:contracts", "nothing found", query="?q=nothing+has+this+name"),
    Visit("admin:failures"),
    Visit("admin:failures", "nothing found", query="?q=nothing+has+this+name"),
    Visit("admin:failure", args=of(Incident)),
    Visit("admin:digest"),
    Visit("admin:digest_preview"),
    Visit("admin:digest_past", args=of(Edition)),
    Visit("admin:outbox"),
    Visit("admin:outbox_mail", args=of(Edition)),
]

#: Addresses that are no page to be looked at, each with the reason.
NOT_VISITED = {
    "livez": "a probe: two letters of plain text",
}
