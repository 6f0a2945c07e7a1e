"""SMTP that knows whether the server was silent after it was given the whole message.

Only then can the message have been taken although nobody said so, and a retry be a second copy.
"""

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class UnansweredData(OSError):
    """The connection ended between the message's last line and the server's answer to it."""


class _Attentive:
    """Mixed into smtplib's classes: notices a silence after DATA."""

    _after_data = False

    def data(self, msg: Any) -> Any:
        self._after_data = False
        try:
            return super().data(msg)  # type: ignore[misc]
        except OSError as error:  # smtplib's own errors are OSErrors too
            refused = isinstance(error, smtplib.SMTPResponseException)
            if self._after_data and not refused:
                raise UnansweredData("the server did not answer after DATA") from error
            raise
        finally:
            self._after_data = False

    def send(self, s: Any) -> None:
        # The body is sent by itself, after 354; commands end with one line.
        body = s.encode("ascii", "replace") if isinstance(s, str) else bytes(s)
        if body.endswith(b"\r\n.\r\n"):
            self._after_data = True
        super().send(s)  # type: ignore[misc]


class AttentiveSMTP(_Attentive, smtplib.SMTP):
    """Plain SMTP, or STARTTLS."""


class AttentiveSMTPSSL(_Attentive, smtplib.SMTP_SSL):
    """TLS from the start."""


class EmailBackend(smtp.EmailBackend):
    """Django's SMTP backend over connections that notice a silence after DATA."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return AttentiveSMTPSSL if self.use_ssl else AttentiveSMTP
