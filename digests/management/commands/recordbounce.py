import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digests import bounces


class Command(BaseCommand):
    help = "Reads a delivery status notification on standard input and notes it on its mail."

    def handle(self, **options: Any) -> None:
        bounce = bounces.read(sys.stdin.buffer.read())
        edition = bounces.record(bounce) if bounce else None
        if bounce is None or edition is None:
            raise CommandError(
                "This is no notice about a mail that BarnetWatch sent.", returncode=2
            )
        if bounce.is_final:
            self.stdout.write(f"Noted on the mail to {edition.to}: {edition.server_said}")
        else:
            self.stdout.write(f"The mail to {edition.to} is only delayed: {bounce.words}")
