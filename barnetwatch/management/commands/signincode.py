"""The code by which the people to try the roles with sign in: on the embedded default only."""

import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from barnetwatch.record import signins
from barnetwatch.record.reading import Mistake

PERIOD = 30


class Command(BaseCommand):
    help = "Print the present code of the people to try the roles with, as their phone would."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError(
                "Only the embedded default has people to try the roles with. Elsewhere each person "
                "has an authenticator app of their own.",
                returncode=2,
            )
        try:
            key = signins.key_in(settings.VAR_DIR)
        except Mistake as mistake:
            raise CommandError(str(mistake), returncode=2) from mistake
        counter, gone = divmod(int(time.time()), PERIOD)
        self.stdout.write(format_hotp_value(hotp_value(key, counter)))
        self.stderr.write(f"Good for {PERIOD - gone} seconds more, once for each person.")
