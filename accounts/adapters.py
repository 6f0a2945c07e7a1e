"""What allauth asks of this site: who may, where from, and how keys are sealed."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from qrcode.image.svg import SvgPathImage

from accounts import sessions
from barnetwatch.lib import origin

NOWHERE = "0.0.0.0"  # noqa: S104 (no address to listen at)


class AccountAdapter(DefaultAccountAdapter):
    """Signing in: by invitation alone, and without allauth's own messages and mails."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        # All requests that no address can be told of share one count.
        return origin.address_of(request.META, settings.PROXIES) or NOWHERE

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        sessions.begin(request)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_login"))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The password, whatever else somebody has."""
        return [{"id": "reauthenticate", "url": reverse("account_reauthenticate")}]

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages say what was done."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Our own mails say it (accounts.letters)."""


class FactorAdapter(DefaultMFAAdapter):
    """Second factors: keys are sealed, so that a copy of the database makes no codes."""

    def encrypt(self, text: str) -> str:
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _seal().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """The QR code as an element of the page: the CSP needs no exception for it."""
        code = qrcode.make(url, image_factory=SvgPathImage, border=4)
        _, _, drawn = code.to_string(encoding="unicode").partition("<svg ")
        words = "QR code with the key below, for an authenticator app"
        return format_html('<svg role="img" aria-label="{}" class="bw-qr" ', words) + drawn


def _seal() -> MultiFernet:
    """Seals with the present secret key, opens with an earlier one too."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [sha256(f"second factor:{each}".encode()).digest() for each in secrets]
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in keys])
