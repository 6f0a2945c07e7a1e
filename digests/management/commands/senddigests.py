import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from digests import preparing, sending
from digests.weeks import latest_told, parse_week


class Command(BaseCommand):
    help = "Makes ready the digests of a week that has ended, and sends what is due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--week", help="such as 2018-W40; the latest that has ended if not given"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be sent")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        try:
            week = parse_week(options["week"], now) if options["week"] else latest_told(now)
        except ValidationError as error:
            raise CommandError(error.messages[0], returncode=2) from None
        prepared = preparing.prepare_digests(now, week, dry_run=options["dry_run"])
        if options["week"] and prepared.already_told and not prepared.due:
            raise CommandError(
                f"Week {week} was told already, or ended before anybody subscribed; "
                "a past digest can be sent again from its page.",
                returncode=2,
            )
        done = sending.Delivered() if options["dry_run"] else sending.deliver()
        answer = vars(prepared) | done.counts | {"dry_run": options["dry_run"]}
        if options["json"]:
            self.stdout.write(json.dumps(answer))
            return
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"Week {week}. Mails {would}made ready: {prepared.editions}. "
            f"Different digests: {prepared.contents}. "
            f"Readers with nothing to tell: {prepared.skipped}. "
            f"Told already: {prepared.already_told}."
        )
        for subject in prepared.subjects:
            self.stdout.write(f"  {subject}")
        if not options["dry_run"]:
            self.stdout.write(
                f"Sent {done.sent}, put off {done.put_off}, failed {done.failed}, "
                f"possibly twice {done.possibly_twice}."
            )
