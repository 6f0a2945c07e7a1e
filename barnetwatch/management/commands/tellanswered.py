from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts import answered


class Command(BaseCommand):
    help = "Write to those whose requests to see a record were answered and who were not told yet."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"Mails handed over: {answered.tell(timezone.now())}.")
