"""How fast the weekly digest goes out, against compiling it anew for each reader.

    python -m bench.digests [--recipients 10000] [--sets 20] [--contracts 200] [--sample 100]

Fills a database of its own on SQLite and on PostgreSQL (see bench.databases) and hands the mails
to a mail server of its own on this machine, in another process. Compared are

* compiled once for each set of followed contracts, kept, queued, claimed, handed over and noted;
* for a sample of the same readers: gathered, rendered and handed over for each alone, on one
  connection, with no queue and nothing kept.
"""

import argparse
import datetime as dt
import json
import time
from collections.abc import Callable
from typing import Any

from bench import databases, mailsink

HOURS = dt.timedelta(hours=5)


def main() -> None:
    """Measure each database in a process of its own and print them side by side."""
    options = _options()
    sizes = {name: getattr(options, name) for name in ("recipients", "sets", "contracts", "sample")}
    if options.inside:
        print(json.dumps(measure(**sizes)))
        return
    given = ["--inside", *(f"--{name}={size}" for name, size in sizes.items())]
    with mailsink.running() as (address, sink):
        results = databases.on_each("bench.digests", given, EMAIL_URL=address)
        sent = sum(figures["sent"] + sizes["sample"] for figures in results.values())
        assert mailsink.taken(sink) == sent
    _print(results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--sets", type=int, default=20, help="distinct sets of contracts")
    parser.add_argument("--contracts", type=int, default=200)
    parser.add_argument("--sample", type=int, default=100, help="readers to render anew for")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(recipients: int, sets: int, contracts: int, sample: int) -> dict[str, float]:
    """Fill the database that the settings name, tell the week to all, and time it."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from bench import newsfill
    from digests import preparing, sending
    from digests.models import Content, Edition, Subscription

    call_command("migrate", verbosity=0)
    filled = newsfill.fill(contracts, sets, recipients)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    at = filled.week.cut
    readers = list(Subscription.objects.select_related("user").order_by("pk")[:sample])
    alone, _ = _seconds(lambda: each_anew(readers, filled))
    preparing_, prepared = _seconds(lambda: preparing.prepare_digests(at, filled.week))
    sending_, done = _seconds(lambda: sending.deliver(lambda: at, for_at_most=HOURS))
    assert (prepared.editions, prepared.contents) == (recipients, sets)
    assert Edition.objects.filter(state=Edition.State.SENT).count() == done.sent == recipients
    size = Content.objects.order_by("pk")[0]
    return {
        "sent": done.sent,
        "prepare": preparing_,
        "deliver": sending_,
        "together": recipients / (preparing_ + sending_),
        "anew": sample / alone,
        "bytes": len(size.text) + len(size.html) + len(size.picture),
    }


def each_anew(readers: list[Any], filled: Any) -> None:
    """The plain way: everything done for each reader alone, nothing queued and nothing kept."""
    from django.core.mail import get_connection

    from digests.compiling import gather
    from digests.models import Content, Edition
    from digests.preparing import following_of
    from digests.rendering import render_digest
    from digests.sending import message_of

    with get_connection() as connection:
        for reader in readers:
            following = following_of([reader])[reader.pk]
            rendered = render_digest(
                gather(following, filled.since_at, filled.week.cut, filled.week)
            )
            content = Content(
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
                picture=rendered.picture,
            )
            edition = Edition(subscription=reader, content=content, to=reader.user.email)
            connection.send_messages([message_of(edition)])


def _seconds(job: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = job()
    return time.perf_counter() - begun, result


def _print(results: dict[str, dict[str, float]]) -> None:
    for database, figures in results.items():
        ratio = figures["together"] / figures["anew"]
        print(f"\n{database}: {figures['sent']:,.0f} mails of about {figures['bytes']:,} bytes")
        print(f"  compiled and queued           {figures['prepare']:9.2f} s")
        print(f"  handed over                   {figures['deliver']:9.2f} s")
        print(f"  both, mails a second          {figures['together']:9.1f}")
        print(f"  anew for each, mails a second {figures['anew']:9.1f}")
        print(f"  ratio                         {ratio:9.1f}   (to reach: at least 10)")


if __name__ == "__main__":
    main()
