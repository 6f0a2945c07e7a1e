"""A mail server beside the test, and the project's settings pointed at it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.digests.smtpserver import CERTIFICATE, MailServer, Script, behave


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
