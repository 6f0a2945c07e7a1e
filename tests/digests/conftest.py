"""A mail server beside the test, the project's settings pointed at it, and workers at it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.digests.mails import DUE
from tests.digests.postroom import PostRoom
from tests.digests.smtpserver import CERTIFICATE, MailServer, Script, behave
from tests.workers.conftest import the_suites_own_servers


@pytest.fixture
def a_mail_server(settings, monkeypatch) -> Iterator[Callable[..., MailServer]]:
    """Starts a mail server; mail goes to the one started last."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))  # Else nobody trusts it.
    with ExitStack() as endings:

        def start(script: Script = behave, tls: str = "") -> MailServer:
            server = endings.enter_context(MailServer(script, tls))
            settings.EMAIL_BACKEND = "digests.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", server.port
            settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = tls == "start", tls == "starttls"
            return server

        yield start


@pytest.fixture
def mail_server(a_mail_server) -> MailServer:
    """One that does as it should, until its script is changed."""
    return a_mail_server()


@pytest.fixture
def impatient(settings) -> float:
    """Seconds after which a silent server is given up here; in life it is ten."""
    settings.EMAIL_TIMEOUT = 0.3
    return settings.EMAIL_TIMEOUT


@pytest.fixture
def a_post_room(mail_server, bare_environment, tmp_path) -> Iterator[Callable[..., PostRoom]]:
    """Opens a room of workers on the suite's database, who send to the mail server."""
    environment = bare_environment | the_suites_own_servers()
    environment["EMAIL_URL"] = f"smtp://127.0.0.1:{mail_server.port}"
    with ExitStack() as endings:
        yield lambda **clock: endings.enter_context(
            PostRoom(environment, tmp_path / "room.log", DUE, **clock)
        )
