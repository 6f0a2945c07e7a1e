import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digests import bounces


class Command(BaseCommand):
    help = "Reads a delivery status notification on standard input and notes it on its mail."

    def handle(self, **options: Any) -> None:
        edition = bounces.record(sys.stdin.buffer.read())
        if edition is None:
            raise CommandError(
                "This is no notice about a mail that BarnetWatch sent.", returncode=2
            )
        self.stdout.write(f"Noted on the mail to {edition.to}: {edition.server_said}")
