"""How fast overruns are found, against the plainest SQL and the plainest insert.

    python -m bench.overruns [--contracts 1000] [--entries 50] [--large 1000000]

Fills a database of its own on SQLite and on PostgreSQL (see bench.databases) and prints medians
and ratios:

* checking all contracts against one SQL sum over the raw rows;
* posting an entry and re-checking its contract against a bare insert with its running total, for
  a contract of a thousand rows and one of a million;
* the totals of all contracts for a list, against the same sum.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

from bench import databases

LINES = 20


def main() -> None:
    """Measure each database in a process of its own and print them side by side."""
    options = _options()
    if options.inside:
        print(json.dumps(measure(options.contracts, options.entries, options.large)))
        return
    sizes = [f"--{name}={getattr(options, name)}" for name in ("contracts", "entries", "large")]
    _print(databases.on_each("bench.overruns", ["--inside", *sizes]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contracts", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=50, help="entries on each of 20 lines")
    parser.add_argument("--large", type=int, default=1_000_000, help="rows of the large contract")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(contracts: int, entries: int, large: int) -> dict[str, float]:
    """Fill the database that the settings name and time each job, in milliseconds."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from bench import ledgerfill
    from costs import overruns, rechecks

    call_command("migrate", verbosity=0)
    filled = ledgerfill.fill(contracts, LINES, entries, large)
    swept = rechecks.sweep(timezone.now())
    figures: dict[str, float] = {"alerts": swept.raised, "rows": filled.rows}

    def raw_sum() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT line.contract_id, SUM(entry.amount) FROM costs_costentry entry"
                " JOIN costs_costline line ON line.id = entry.line_id"
                " WHERE line.contract_id <> %s GROUP BY line.contract_id",
                [filled.large.pk],
            )
            cursor.fetchall()

    def all_checked() -> None:
        assert not rechecks.check_all(timezone.now()).checked

    figures["one SQL sum over the rows"], figures["check all contracts"] = _in_turn(
        raw_sum, all_checked, rounds=7
    )
    for name, contract in (("thousand", filled.small), ("million", filled.large)):
        bare, posted = ledgerfill.bare_insert(contract), ledgerfill.post_and_check(contract)
        times = _in_turn(bare, posted, rounds=60)
        figures[f"bare insert, {name}"], figures[f"post and check, {name}"] = times
        figures[f"position, {name}"] = _in_turn(
            lambda contract=contract: overruns.position(contract, timezone.localdate()), rounds=20
        )[0]
    return figures


def _in_turn(*jobs: Callable[[], object], rounds: int) -> list[float]:
    """Median milliseconds of each job, run in turn so that drift meets all alike."""
    times: list[list[float]] = [[] for _ in jobs]
    for turn in range(rounds + 2):
        for spent, job in zip(times, jobs, strict=True):
            begun = time.perf_counter()
            job()
            if turn >= 2:  # the first two warm up
                spent.append((time.perf_counter() - begun) * 1000)
    return [statistics.median(spent) for spent in times]


def _print(results: dict[str, dict[str, float]]) -> None:
    for database, figures in results.items():
        print(f"\n{database}: {figures['rows']:,.0f} entries, {figures['alerts']:,.0f} alerts open")
        for name, value in figures.items():
            if name not in ("rows", "alerts"):
                print(f"  {name:<28} {value:9.2f} ms")
        ratio = figures["check all contracts"] / figures["one SQL sum over the rows"]
        print(f"  check all / one SQL sum      {ratio:9.2f}   (to reach: at most 1)")
        for size in ("thousand", "million"):
            ratio = figures[f"post and check, {size}"] / figures[f"bare insert, {size}"]
            print(f"  post and check / bare, {size:<8}{ratio:6.2f}   (to reach: at most 3)")
        same = figures["post and check, million"] / figures["post and check, thousand"]
        print(f"  million / thousand rows      {same:9.2f}   (to reach: about 1)")


if __name__ == "__main__":
    main()
