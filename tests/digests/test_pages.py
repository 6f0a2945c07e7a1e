"""What I follow, what would be sent now, what was sent, and how to stop it."""

import re
from pathlib import Path

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import Role
from contracts.register import ask_recheck
from digests import preparing, sending
from digests.models import Content, Edition, Subscription
from digests.showing import MASKED
from tests.actors import as_role, signed_in
from tests.digests.readers import CUT, WEDNESDAY, WEEK, a_failure, a_reader, an_overrun
from tests.factories import a_contract, a_councillor, a_line, exempt, post

pytestmark = pytest.mark.django_db

PAGES = ["admin:digest", "admin:digest_preview", "admin:digest_preview_mail"]


def a_sent_digest(reader: Subscription) -> Edition:
    """The digest of the week with its news, sent to a reader."""
    preparing.prepare_digests(CUT, WEEK)
    sending.deliver(lambda: CUT)
    return Edition.objects.get(subscription=reader)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("page", PAGES)
def test_every_role_reads_its_own_digest_pages(role: Role, page: str) -> None:
    assert as_role(role).get(reverse(page)).status_code == 200


@pytest.mark.parametrize("page", [*PAGES, "admin:outbox"])
def test_nobody_reads_them_without_signing_in(client, page: str) -> None:
    answer = client.get(reverse(page))
    assert answer.status_code == 302
    assert "login" in answer["Location"]


def test_a_councillor_follows_chosen_contracts_and_stops(client) -> None:
    reader, chosen = a_councillor(), a_contract()
    browser = signed_in(reader)
    form = {"everything": "no", "contracts": [chosen.pk], "cadence": "alerts"}
    assert browser.post(reverse("admin:digest"), form).status_code == 302
    subscription = Subscription.objects.get(user=reader)
    assert not subscription.everything
    assert list(subscription.contracts.all()) == [chosen]
    assert subscription.cadence == "alerts"
    browser.post(reverse("admin:digest"), {"stop": "1"})
    subscription.refresh_from_db()
    assert subscription.stopped == Subscription.Stopped.PAGE
    assert "You stopped your mails" in browser.get(reverse("admin:digest")).content.decode()


def test_following_no_contract_at_all_is_refused_with_the_remedy() -> None:
    browser = as_role(Role.COUNCILLOR)
    answer = browser.post(reverse("admin:digest"), {"everything": "no", "cadence": "weekly"})
    assert "Choose at least one contract, or follow all of them." in answer.content.decode()
    assert not Subscription.objects.exists()


def test_a_contract_one_may_not_see_can_neither_be_read_nor_chosen() -> None:
    hidden = a_contract("HIDDEN-CANARY", **exempt(1))
    browser = as_role(Role.COUNCILLOR)
    assert "HIDDEN-CANARY" not in browser.get(reverse("admin:digest")).content.decode()
    form = {"everything": "no", "contracts": [hidden.pk], "cadence": "weekly"}
    answer = browser.post(reverse("admin:digest"), form)
    assert answer.status_code == 200
    assert not Subscription.objects.exists()


def test_what_would_be_sent_now_is_shown_and_nothing_is_written() -> None:
    contract = a_contract("CSG")
    reader = a_reader()
    a_failure(contract, title="It does not bill")
    browser = signed_in(reader.user)
    page = browser.get(reverse("admin:digest_preview")).content.decode()
    assert "It does not bill" in page
    assert "Nothing has been sent" in page
    assert not Content.objects.exists()
    reader.refresh_from_db()
    assert not Edition.objects.exists()


def test_the_mail_as_a_page_carries_its_style_and_picture_and_loads_nothing() -> None:
    contract = a_contract("CSG", award=320_000_000)
    reader = a_reader()
    an_overrun(contract)
    browser = signed_in(reader.user)
    answer = browser.get(reverse("admin:digest_preview_mail"))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/=]{44}'", policy)
    html = answer.content.decode()
    assert "cid:" not in html
    assert Content.UNSUBSCRIBE not in html
    assert 'src="data:image/png;base64,iVBOR' in html


def test_a_past_mail_is_its_readers_and_nobody_elses() -> None:
    contract = a_contract("CSG")
    reader, other = a_reader(), a_reader()
    a_failure(contract, title="It does not bill")
    edition, auditor = a_sent_digest(reader), as_role(Role.AUDITOR)
    for name in ("admin:digest_past", "admin:digest_past_mail"):
        address = reverse(name, args=[edition.pk])
        assert "It does not bill" in signed_in(reader.user).get(address).content.decode()
        assert signed_in(other.user).get(address).status_code == 404
        assert auditor.get(address).status_code == 200


def test_only_the_reader_is_given_the_readers_own_link_to_stop() -> None:
    reader = a_reader()
    a_failure(a_contract())
    address = reverse("admin:digest_past_mail", args=[a_sent_digest(reader).pk])
    assert reader.key in signed_in(reader.user).get(address).content.decode()
    assert reader.key not in as_role(Role.AUDITOR).get(address).content.decode()


def test_what_was_restricted_since_is_masked_and_the_mail_is_not_shown() -> None:
    contract = a_contract("CSG", award=320_000_000)
    reader = a_reader()
    line = a_line(contract, "SECRET-CANARY line")
    post(line, "approved", 5_000, "2018-09-03", at=WEDNESDAY)
    a_failure(contract, title="It does not bill")
    edition = a_sent_digest(reader)
    for name, value in exempt(1).items():
        setattr(line, name, value)
    line.save()
    ask_recheck(contract)
    browser = signed_in(reader.user)
    page = browser.get(reverse("admin:digest_past", args=[edition.pk])).content.decode()
    assert "SECRET-CANARY" not in page
    assert "5,000" not in page
    assert MASKED in page
    assert "It does not bill" in page
    assert browser.get(reverse("admin:digest_past_mail", args=[edition.pk])).status_code == 404


def test_one_click_stops_the_mails_without_signing_in_and_says_so(client) -> None:
    reader = a_reader()
    address = reverse("unsubscribe", args=[reader.key])
    looked = client.get(address)
    assert looked.status_code == 200
    reader.refresh_from_db()
    assert reader.is_current, "a look alone stops nothing: mail programs fetch links"
    for _ in range(2):
        answer = client.post(address, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "no more digests" in answer.content.decode()
        assert reader.user.email not in answer.content.decode()
    reader.refresh_from_db()
    assert reader.stopped == Subscription.Stopped.LINK


def test_a_link_nobody_was_given_leads_nowhere(client) -> None:
    assert client.post(reverse("unsubscribe", args=["x" * 43])).status_code == 404


def test_mails_in_files_are_shown_as_their_readers_see_them(settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    contract = a_contract("CSG", award=320_000_000)
    reader = a_reader()
    an_overrun(contract)
    a_sent_digest(reader)
    (tmp_path / "odd.log").write_bytes(b"\xff\xfe no mail at all")
    browser = as_role(Role.ADMINISTRATOR)
    page = browser.get(reverse("admin:outbox")).content.decode()
    assert reader.user.email in page
    name = next(path.name for path in tmp_path.glob("*.log") if path.name != "odd.log")
    text = browser.get(reverse("admin:outbox_mail", args=[name, 0, "text"])).content.decode()
    assert "Firm: £600,000 approved" in text
    html = browser.get(reverse("admin:outbox_mail", args=[name, 0, "mail"])).content.decode()
    assert "<h1>" in html
    assert 'src="data:image/png;base64,iVBOR' in html
    for wrong in (("../db.sqlite3", 0, "text"), (name, 7, "text"), ("none.log", 0, "mail")):
        address = f"/digest/outbox/{wrong[0]}/{wrong[1]}/{wrong[2]}/"
        assert browser.get(address).status_code == 404


def test_the_outbox_is_for_administrators_where_it_is_not_for_looking_at(settings) -> None:
    settings.EMBEDDED = False
    assert as_role(Role.COUNCILLOR).get(reverse("admin:outbox")).status_code == 403
    settings.EMBEDDED = True
    browser = as_role(Role.INCIDENT_OFFICER)
    assert browser.get(reverse("admin:outbox")).status_code == 200


def test_an_administrator_sees_what_failed_with_the_servers_words_and_sends_it_again() -> None:
    reader = a_reader()
    a_failure(a_contract())
    preparing.prepare_digests(CUT, WEEK)
    Edition.objects.update(state=Edition.State.FAILED, server_said="550 no such mailbox")
    edition = Edition.objects.get(subscription=reader)
    browser = as_role(Role.ADMINISTRATOR)
    assert "550 no such mailbox" in browser.get("/").content.decode()
    assert "550 no such mailbox" in browser.get("/back-office/digests/edition/").content.decode()
    address = f"/back-office/digests/edition/{edition.pk}/act/send-again/"
    assert browser.get(address).status_code == 200
    assert browser.post(address).status_code == 302
    edition.refresh_from_db()
    assert edition.state == Edition.State.DUE
    assert as_role(Role.AUDITOR).post(address).status_code == 403
    assert mail.outbox == []


@pytest.mark.parametrize("failures", [1, 20])
def test_a_past_mail_is_shown_in_as_many_queries_whatever_is_in_it(
    failures: int, django_assert_max_num_queries
) -> None:
    reader, contract = a_reader(), a_contract()
    for _ in range(failures):
        a_failure(contract)
    edition = a_sent_digest(reader)
    browser = signed_in(reader.user)
    with django_assert_max_num_queries(9):
        browser.get(reverse("admin:digest_past", args=[edition.pk]))
