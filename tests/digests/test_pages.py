"""What I follow, what would be sent now, and what was sent."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import granting, restricting
from accounts.models import Role, User
from contracts.models import Contract
from digests import preparing, sending
from digests.masking import MASKED
from digests.models import Content, Edition, Subscription
from digests.subscribing import follow, stop
from tests.actors import as_role, signed_in
from tests.digests.readers import (
    CUT,
    WEDNESDAY,
    WEEK,
    a_failure,
    a_reader,
    an_overrun,
)
from tests.factories import a_contract, a_councillor, a_grant, a_line, exempt, post, the_officer

pytestmark = pytest.mark.django_db

OWN = ("admin:digest", "admin:digest_preview", "admin:digest_preview_mail")
OF_A_MAIL = ("admin:digest_past", "admin:digest_past_mail")


def a_sent_digest(reader: Subscription) -> Edition:
    """The digest of the week with its news, sent to a reader."""
    preparing.prepare_digests(CUT, WEEK)
    sending.deliver(lambda: CUT)
    return Edition.objects.get(subscription=reader)


def read(browser: Client, name: str, *args: int) -> str:
    """A page that opens."""
    answer = browser.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def restrict(row) -> None:
    """Make a row exempt that was open, through the door."""
    now = timezone.now()
    restricting.reclassify(
        row,
        by=the_officer(),
        restriction="exempt",
        exempt_paragraph=1,
        reason="A person is named.",
        review_on=timezone.localdate(now) + dt.timedelta(days=365),
        at=now,
    )


# Who comes in ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_every_role_reads_its_own_pages_and_finds_them_from_every_page(role):
    browser = as_role(role)
    for name in OWN:
        read(browser, name)
    assert f'href="{reverse("admin:digest")}"' in browser.get("/").content.decode()


def test_nobody_reads_them_without_signing_in(client):
    a_failure(a_contract())
    mail = a_sent_digest(a_reader()).pk
    places = [reverse(name) for name in OWN] + [reverse(name, args=[mail]) for name in OF_A_MAIL]
    for address in places:
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/back-office/login/"), address


def test_they_are_read_and_nothing_is_done_by_reading():
    browser = as_role(Role.COUNCILLOR)
    for name in OWN[1:]:
        assert browser.post(reverse(name)).status_code == 405
    browser.get(f"{reverse('admin:digest')}?stop=1&everything=yes&cadence=weekly")
    assert not Subscription.objects.exists()


def test_they_hold_no_script_and_no_style_of_their_own():
    reader, browser = a_reader(), as_role(Role.AUDITOR)
    a_failure(a_contract())
    edition = a_sent_digest(reader)
    for address in (
        reverse("admin:digest"),
        reverse("admin:digest_preview"),
        reverse("admin:digest_past", args=[edition.pk]),
    ):
        answer = browser.get(address)
        assert "unsafe" not in answer["Content-Security-Policy"]
        html = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", html)


# What I follow ---------------------------------------------------------------------------------


def test_a_councillor_follows_all_contracts_and_is_told_where_mails_go():
    reader = a_councillor("Ann Member")
    browser = signed_in(reader)
    assert "You follow nothing yet" in read(browser, "admin:digest")
    answer = browser.post(
        reverse("admin:digest"), {"everything": "yes", "cadence": "weekly"}, follow=True
    )
    html = answer.content.decode()
    assert "Saved. You hear of what is recorded from now on." in html
    assert f"You follow all contracts. Mails go to {reader.email}." in html
    assert Subscription.objects.get(user=reader).everything


def test_a_councillor_follows_chosen_contracts_and_then_others():
    reader, first, second = a_councillor(), a_contract(), a_contract()
    browser = signed_in(reader)
    form = {"everything": "no", "contracts": [first.pk], "cadence": "alerts"}
    assert browser.post(reverse("admin:digest"), form).status_code == 302
    subscription = Subscription.objects.get(user=reader)
    assert (subscription.everything, subscription.cadence) == (False, "alerts")
    assert list(subscription.contracts.all()) == [first]

    html = read(browser, "admin:digest")
    assert "You follow what is ticked below." in html
    assert re.search(rf'value="{first.pk}"[^>]* checked', html)
    assert not re.search(rf'value="{second.pk}"[^>]* checked', html)

    browser.post(reverse("admin:digest"), form | {"contracts": [second.pk]})
    assert list(subscription.contracts.all()) == [second]


def test_following_stops_and_starts_again():
    reader = a_reader()
    browser = signed_in(reader.user)
    answer = browser.post(reverse("admin:digest"), {"stop": "Stop all mails"}, follow=True)
    assert "You will get no more digests or alerts." in answer.content.decode()
    reader.refresh_from_db()
    assert reader.stopped == Subscription.Stopped.PAGE
    html = read(browser, "admin:digest")
    assert "You stopped your mails on" in html
    assert 'name="stop"' not in html

    again = browser.post(reverse("admin:digest"), {"stop": "1"}, follow=True)
    assert "You will get no more" not in again.content.decode()
    browser.post(reverse("admin:digest"), {"everything": "yes", "cadence": "weekly"})
    reader.refresh_from_db()
    assert reader.is_current


def test_who_was_stopped_by_a_mail_that_came_back_learns_why():
    reader = a_reader()
    stop(reader, Subscription.Stopped.BOUNCE)
    html = read(signed_in(reader.user), "admin:digest")
    assert f"because {reader.user.email} did not take them" in html
    assert "You stopped" not in html


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (
            {"everything": "no", "cadence": "weekly"},
            "Choose at least one contract, body or failure, or follow all.",
        ),
        ({"everything": "no", "cadence": "weekly", "contracts": ["abc"]}, "is not"),
        ({"everything": "no", "cadence": "weekly", "contracts": ["9" * 30]}, "is not"),
        ({"everything": "no", "cadence": "weekly", "contracts": ["\x00"]}, "is not"),
        ({"everything": "perhaps", "cadence": "weekly"}, "is not on the list"),
        ({"everything": "yes", "cadence": "hourly"}, "is not on the list"),
        ({"everything": "\x00", "cadence": "\x00"}, "is not on the list"),
        ({}, "Choose how often you want a mail."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_is_saved(form, said):
    browser = as_role(Role.COUNCILLOR)
    answer = browser.post(reverse("admin:digest"), form)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert said in html
    assert "<title>Error: " in html
    assert re.search(r'aria-describedby="[^"]*id_[a-z]+_error', html)
    assert not Subscription.objects.exists()


def test_a_contract_one_may_not_see_can_neither_be_read_nor_chosen():
    hidden = a_contract("HIDDEN-CANARY", **exempt(1))
    browser = as_role(Role.COUNCILLOR)
    assert "HIDDEN-CANARY" not in read(browser, "admin:digest")
    form = {"everything": "no", "contracts": [hidden.pk], "cadence": "weekly"}
    known = browser.post(reverse("admin:digest"), form)
    unknown = browser.post(reverse("admin:digest"), form | {"contracts": [987_654]})
    assert known.status_code == unknown.status_code == 200
    words = [
        each.context["form"].errors["contracts"][0].replace(str(pk), "…")
        for each, pk in ((known, hidden.pk), (unknown, 987_654))
    ]
    assert words[0] == words[1]
    assert not Subscription.objects.exists()


def test_an_exempt_contract_that_one_sees_is_chosen_and_dropped_like_any_other():
    seen, other = a_contract("Seen", **exempt(3)), a_contract("Other")
    reader = a_councillor()
    browser = signed_in(reader)
    form = {"everything": "no", "contracts": [seen.pk, other.pk], "cadence": "weekly"}
    browser.post(reverse("admin:digest"), form)
    assert re.search(rf'value="{seen.pk}"[^>]* checked', read(browser, "admin:digest"))
    browser.post(reverse("admin:digest"), form | {"contracts": [other.pk]})
    links = Subscription.contracts.through.objects.filter(subscription__user=reader)
    assert [link.contract_id for link in links] == [other.pk]


def test_a_contract_restricted_since_stays_followed_until_all_are():
    first, second = a_contract(), a_contract()
    reader = a_reader(first, second)
    restrict(first)
    follow(reader.user, everything=False, contracts=[second])
    links = Subscription.contracts.through.objects.filter(subscription=reader)
    assert {link.contract_id for link in links.all()} == {first.pk, second.pk}
    follow(reader.user, everything=True)
    assert not links.exists()


def test_who_had_only_alerts_is_told_by_digest_from_then_on():
    reader = a_reader(cadence="alerts")
    follow(reader.user, everything=True, cadence="weekly", at=WEDNESDAY)
    reader.refresh_from_db()
    assert reader.cut_at == WEDNESDAY
    follow(reader.user, everything=True, cadence="weekly", at=CUT)
    reader.refresh_from_db()
    assert reader.cut_at == WEDNESDAY


def test_nobody_touches_what_another_follows():
    reader = a_reader()
    browser = as_role(Role.ADMINISTRATOR)
    browser.post(reverse("admin:digest"), {"stop": "1", "user": reader.user.pk})
    browser.post(
        reverse("admin:digest"),
        {"everything": "yes", "cadence": "alerts", "user": reader.user.pk, "id": reader.pk},
    )
    reader.refresh_from_db()
    assert (reader.is_current, reader.cadence) == (True, "weekly")


def test_a_form_without_its_token_is_refused():
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(a_councillor())
    form = {"everything": "yes", "cadence": "weekly"}
    assert browser.post(reverse("admin:digest"), form).status_code == 403
    assert not Subscription.objects.exists()


# If it were sent now ---------------------------------------------------------------------------


def test_what_would_be_sent_now_is_shown_and_nothing_is_written():
    contract = a_contract("CSG")
    reader = a_reader()
    a_failure(contract, title="It does not bill")
    before = Subscription.objects.values().get()
    browser = signed_in(reader.user)
    for name in OWN[1:]:
        html = read(browser, name)
        assert "It does not bill" in html
        assert "Nothing has been sent" in html
    assert not Content.objects.exists()
    assert not Edition.objects.exists()
    assert Subscription.objects.values().get() == before


def test_it_holds_what_one_follows_since_ones_last_digest():
    mine, other = a_contract(), a_contract()
    reader = a_reader(mine)
    a_failure(mine, title="Mine, new")
    a_failure(mine, reader.cut_at - (CUT - WEDNESDAY), title="Mine, told before")
    a_failure(other, title="Another's")
    html = read(signed_in(reader.user), "admin:digest_preview")
    assert "Mine, new" in html
    assert "told before" not in html
    assert "Another" not in html


@pytest.mark.parametrize("stopped", [False, True])
def test_who_follows_nothing_is_shown_the_digest_of_all_contracts(stopped):
    reader = a_councillor()
    if stopped:
        stop(follow(reader, everything=True), Subscription.Stopped.PAGE)
    a_failure(a_contract(), timezone.now(), title="It does not bill")
    html = read(signed_in(reader), "admin:digest_preview")
    assert "You follow nothing at present." in html
    assert "It does not bill" in html


def test_who_gets_only_alerts_is_told_that_it_is_not_sent():
    reader = a_reader(cadence="alerts")
    html = read(signed_in(reader.user), "admin:digest_preview")
    assert "You get a mail only when a high alert is raised." in html


def test_a_week_without_news_says_that_nothing_is_sent():
    reader = a_reader()
    browser = signed_in(reader.user)
    assert "without news no digest is sent" in read(browser, "admin:digest_preview")
    assert "Without news no digest is sent" in read(browser, "admin:digest_preview_mail")


def test_it_holds_open_rows_alone_whoever_looks():
    a_failure(a_contract(), timezone.now(), title="SECRET-CANARY", **exempt(3))
    reader = a_councillor()
    follow(reader, everything=True)
    for name in OWN[1:]:
        assert "SECRET-CANARY" not in read(signed_in(reader), name)


# The mail as a page ----------------------------------------------------------------------------


def test_the_mail_as_a_page_carries_its_style_and_picture_and_loads_nothing():
    an_overrun(a_contract("CSG", award=320_000_000))
    answer = signed_in(a_reader().user).get(reverse("admin:digest_preview_mail"))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "unsafe" not in policy
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/=]{44}';", policy)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    html = answer.content.decode()
    assert "cid:" not in html
    assert Content.UNSUBSCRIBE not in html
    assert 'src="data:image/png;base64,iVBOR' in html


def test_only_the_reader_is_given_the_readers_own_link_to_stop():
    reader = a_reader()
    a_failure(a_contract())
    edition = a_sent_digest(reader)
    assert f"/unsubscribe/{reader.key}/" in read(
        signed_in(reader.user), "admin:digest_past_mail", edition.pk
    )
    for_others = read(as_role(Role.AUDITOR), "admin:digest_past_mail", edition.pk)
    assert reader.key not in for_others
    assert '<a href="#">Stop these mails' in for_others
    preview = read(signed_in(reader.user), "admin:digest_preview_mail")
    assert reader.key not in preview
    assert f'href="{reverse("admin:digest")}"' in preview


# Past mails ------------------------------------------------------------------------------------


def test_past_mails_are_listed_and_read():
    reader = a_reader()
    a_failure(a_contract(), title="It does not bill")
    edition = a_sent_digest(reader)
    browser = signed_in(reader.user)
    html = read(browser, "admin:digest")
    assert f'<a href="{reverse("admin:digest_past", args=[edition.pk])}">' in html
    assert "Digest for 1 to 7 October 2018" in html
    html = read(browser, "admin:digest_past", edition.pk)
    assert "It does not bill" in html
    assert "1 new failure." in html
    assert reverse("admin:digest_past_mail", args=[edition.pk]) in html


def test_a_past_mail_is_its_readers_and_nobody_elses():
    reader, other = a_reader(), a_reader()
    a_failure(a_contract("CSG"), title="It does not bill")
    edition = a_sent_digest(reader)
    others = [signed_in(other.user)]
    others += [as_role(role) for role in set(Role) - {Role.AUDITOR, Role.ADMINISTRATOR}]
    for name in OF_A_MAIL:
        assert "It does not bill" in read(signed_in(reader.user), name, edition.pk)
        for browser in others:
            assert browser.get(reverse(name, args=[edition.pk])).status_code == 404


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_keeps_an_eye_on_mails_reads_anybodys(role):
    reader = a_reader()
    a_failure(a_contract(), title="It does not bill")
    edition = a_sent_digest(reader)
    html = read(as_role(role), "admin:digest_past", edition.pk)
    assert "It does not bill" in html
    assert reverse("admin:digests_edition_changelist") in html


@pytest.mark.parametrize("key", [0, 987_654, 10**30])
def test_a_mail_that_is_not_there_is_not_found(key):
    browser = as_role(Role.COUNCILLOR)
    for name in OF_A_MAIL:
        assert browser.get(reverse(name, args=[key])).status_code == 404


# What was restricted since ---------------------------------------------------------------------


def test_an_item_restricted_since_is_masked_with_every_figure_that_rests_on_it():
    contract = a_contract("CSG", award=320_000_000)
    reader = a_reader()
    line = a_line(contract, "SECRET-CANARY line")
    post(line, "approved", 5_000, "2018-09-03", at=WEDNESDAY)
    a_failure(contract, title="It does not bill")
    edition = a_sent_digest(reader)
    restrict(line)
    for browser in (signed_in(reader.user), as_role(Role.ADMINISTRATOR)):
        html = read(browser, "admin:digest_past", edition.pk)
        assert "SECRET-CANARY" not in html
        assert "5,000" not in html
        assert "sum recorded" not in html
        assert html.count(MASKED) == 2
        assert "It does not bill" in html
        address = reverse("admin:digest_past_mail", args=[edition.pk])
        assert address not in html
        assert browser.get(address).status_code == 404


def test_who_was_let_in_to_see_the_item_reads_it_and_nobody_else_does():
    contract = a_contract("CSG", award=320_000_000)
    reader = a_reader()
    line = a_line(contract, "SECRET-CANARY line")
    post(line, "approved", 5_000, "2018-09-03", at=WEDNESDAY)
    edition = a_sent_digest(reader)
    restrict(line)
    browser = signed_in(reader.user)
    assert "SECRET-CANARY" not in read(browser, "admin:digest_past", edition.pk)
    given = a_grant(reader.user, line)
    assert "SECRET-CANARY" in read(browser, "admin:digest_past", edition.pk)
    others = as_role(Role.ADMINISTRATOR)
    assert "SECRET-CANARY" not in read(others, "admin:digest_past", edition.pk)
    granting.end(given, reason="Over.", by=the_officer(), at=timezone.now())
    assert "SECRET-CANARY" not in read(browser, "admin:digest_past", edition.pk)


def test_an_overrun_is_masked_where_one_line_of_its_sum_is_restricted():
    contract = a_contract("CSG", award=320_000_000)
    reader = a_reader()
    alert = an_overrun(contract)
    edition = a_sent_digest(reader)
    browser = signed_in(reader.user)
    assert "£600,000" in read(browser, "admin:digest_past", edition.pk)
    restrict(alert.crossing_entry.line)
    html = read(browser, "admin:digest_past", edition.pk)
    assert "600,000" not in html
    assert MASKED in html


def test_with_its_contract_everything_of_a_contract_is_masked():
    contract = a_contract("SECRET-CANARY", award=1_000_000)
    reader = a_reader()
    an_overrun(contract)
    a_failure(contract)
    edition = a_sent_digest(reader)
    restrict(contract)
    html = read(signed_in(reader.user), "admin:digest_past", edition.pk)
    assert "SECRET-CANARY" not in html
    assert "600,000" not in html


def test_who_is_cleared_goes_on_reading_it():
    contract = a_contract("CSG", award=320_000_000)
    reader = a_reader()
    failure = a_failure(contract, title="It does not bill")
    edition = a_sent_digest(reader)
    restrict(failure)
    cleared = as_role(Role.AUDITOR, cleared=(1,))
    assert "It does not bill" in read(cleared, "admin:digest_past", edition.pk)
    assert "It does not bill" in read(cleared, "admin:digest_past_mail", edition.pk)
    assert MASKED in read(signed_in(reader.user), "admin:digest_past", edition.pk)


# Questions asked -------------------------------------------------------------------------------


def questions(browser: Client, name: str, *args: int) -> int:
    with CaptureQueriesContext(connection) as asked:
        read(browser, name, *args)
    return len(asked)


def test_ones_own_page_asks_as_much_for_many_contracts_and_mails_as_for_one():
    reader = a_reader(a_contract())
    a_failure(Contract.objects.get())
    a_sent_digest(reader)
    browser = signed_in(User.objects.get(pk=reader.user_id))
    few = questions(browser, "admin:digest")
    content = Content.objects.get()
    follow(reader.user, everything=False, contracts=[a_contract() for _ in range(20)])
    for number in range(1, 20):
        copy = Content.objects.create(
            kind="digest",
            key=f"another {number}",
            until_at=CUT,
            subject="A week",
            picture=b"",
            items=content.items,
        )
        Edition.objects.create(
            subscription=reader, content=copy, week=f"2018-W{number:02d}", to=reader.user.email
        )
    assert questions(browser, "admin:digest") == few <= 16


@pytest.mark.parametrize("name", OWN[1:])
def test_the_digest_now_asks_as_much_for_much_news_as_for_little(name):
    reader, contract = a_reader(), a_contract(award=1_000_000)
    browser = signed_in(reader.user)
    news(contract)
    few = questions(browser, name)
    for _ in range(5):
        news(a_contract(award=1_000_000))
        news(contract)
    assert questions(browser, name) == few <= 40


def test_a_past_mail_asks_as_much_whatever_is_in_it():
    reader, contract = a_reader(), a_contract(award=1_000_000)
    news(contract)
    edition = a_sent_digest(reader)
    browser = signed_in(reader.user)
    few = questions(browser, "admin:digest_past", edition.pk)
    items = edition.content.items
    longer = [
        {**section, "items": section["items"] * 20, "more": 7} for section in items["sections"]
    ]
    content = Content.objects.create(
        kind="digest",
        key="longer",
        until_at=CUT,
        subject="A week",
        picture=b"",
        items={**items, "sections": longer},
    )
    Edition.objects.filter(pk=edition.pk).update(content=content)
    assert questions(browser, "admin:digest_past", edition.pk) == few <= 16


def news(contract: Contract) -> None:
    """An overrun, a failure and a sum."""
    an_overrun(contract)
    a_failure(contract)
    post(a_line(contract), "paid", 5, "2018-10-02", at=WEDNESDAY)
