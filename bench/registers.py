"""How fast a page of a long register is, against the same page over rows already in memory.

    python -m bench.registers [--contracts 10000]

Fills a database of its own on SQLite and on PostgreSQL (see bench.databases). A page of the
contracts register is made by the site's own view, for each column it sorts by; then once more with
its fifty rows, its count and its filters kept from before. What the first takes longer is the
price of reading them from the database.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from bench import databases

ROUNDS = 25
#: The orders that are measured; the first is the one that a reader meets.
SORTS = ("reference", "supplier", "status", "ends_on", "award", "alerts", "failures")
#: These add up fifty thousand lines.
DEAR = ("firm", "at_risk", "share")


def main() -> None:
    """Measure each database in a process of its own and print them side by side."""
    options = _options()
    if options.inside:
        print(json.dumps(measure(options.contracts)))
        return
    sizes = [f"--contracts={options.contracts}"]
    _print(options.contracts, databases.on_each("bench.registers", ["--inside", *sizes]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contracts", type=int, default=10_000)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(contracts: int) -> dict[str, float]:
    """Fill the database that the settings name and time a page in each order, in milliseconds."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    # Hashed names of static files need them collected; what they are called costs nothing.
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    call_command("migrate", verbosity=0)
    from bench import registerfill

    reader = registerfill.fill(contracts)
    figures: dict[str, float] = {}
    for sort in SORTS + DEAR:
        page = _page(reader, f"-{sort}" if sort in DEAR else sort)
        kept = page()
        with _in_memory(kept):
            in_memory = _median(page)
        figures[f"{sort}, in memory"] = in_memory
        figures[sort] = _median(page)
    return figures


def _page(reader: Any, sort: str) -> Callable[[], Any]:
    """Make a page as a request does, from a person whose permissions nobody has looked up yet."""
    from django.test import RequestFactory

    from accounts.models import User
    from barnetwatch.pages.contracts import Contracts

    view = Contracts.as_view()

    def page() -> Any:
        request = RequestFactory().get("/contracts/", {"sort": sort})
        request.user = User.objects.get(pk=reader.pk)
        return view(request).render()

    return page


@contextmanager
def _in_memory(answer: Any) -> Iterator[None]:
    """The view with everything that it asked the database for at hand."""
    from barnetwatch.lib import registers
    from barnetwatch.pages.contracts import Contracts

    context = answer.context_data
    rows = [row.record for row in context["table"].rows]
    with (
        patch.object(registers, "page_of", lambda *_args, **_options: context["page"]),
        patch.object(Contracts, "finish", lambda *_args: rows),
        patch.object(Contracts, "count_of", lambda *_args: len(rows)),
        patch.object(Contracts, "with_figure", lambda _view, rows, *_args: rows),
    ):
        yield


def _median(job: Callable[[], object]) -> float:
    """Median milliseconds of a job, after two turns that warm up."""
    times = []
    for turn in range(ROUNDS + 2):
        begun = time.perf_counter()
        job()
        if turn >= 2:
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def _print(contracts: int, results: dict[str, dict[str, float]]) -> None:
    for database, figures in results.items():
        print(f"\n{database}: a page of 50 out of {contracts:,} contracts, sorted by")
        for sort in SORTS + DEAR:
            read, kept = figures[sort], figures[f"{sort}, in memory"]
            aim = "" if sort in DEAR else "   (to reach: at most 1.3)"
            print(f"  {sort:<10} {read:7.1f} ms, in memory {kept:6.1f} ms: {read / kept:5.2f}{aim}")


if __name__ == "__main__":
    main()
