"""SMTP that knows whether the server was silent after it was given the whole message.

Only then can the message have been taken although nobody said so, and a retry be a second copy.
"""

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class UnansweredData(OSError):
    """No answer that can be understood came after the message's last line."""


class _Attentive:
    """Mixed into smtplib's classes: notices a silence after DATA."""

    _after_data = False

    def data(self, msg: Any) -> Any:
        self._after_data = False
        try:
            code, words = super().data(msg)  # type: ignore[misc]
        except OSError as error:  # smtplib's own errors are OSErrors too
            if self._after_data:
                raise UnansweredData("the server did not answer after DATA") from error
            raise
        finally:
            self._after_data = False
        if 200 <= code < 300:
            return 250, words  # The one yes that smtplib knows.
        if not 400 <= code < 600:
            raise UnansweredData("the server's answer after DATA is not one of SMTP's")
        return code, words

    def send(self, s: Any) -> None:
        super().send(s)  # type: ignore[misc]
        # The body is sent by itself, as bytes, after 354; commands are text.
        self._after_data = isinstance(s, bytes) and s.endswith(b"\r\n.\r\n")


class AttentiveSMTP(_Attentive, smtplib.SMTP):
    """Plain SMTP, or STARTTLS."""


class AttentiveSMTPSSL(_Attentive, smtplib.SMTP_SSL):
    """TLS from the start."""


class EmailBackend(smtp.EmailBackend):
    """Django's SMTP backend over connections that notice a silence after DATA."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return AttentiveSMTPSSL if self.use_ssl else AttentiveSMTP

    def open(self) -> bool | None:
        """As Django's; a server that will not have us at all says so here, before any message."""
        opened = super().open()
        if opened and self.connection is not None:
            self.connection.ehlo_or_helo_if_needed()
        return opened


def as_text(words: Any) -> str:
    """Words of a mail server as text that a database can hold, whatever it sent."""
    raw = words if isinstance(words, bytes) else str(words).encode("utf-8", "replace")
    return raw.decode("utf-8", "replace").replace("\0", "\ufffd")
