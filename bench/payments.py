"""How fast a payment file is imported, against the least that a database can be asked.

    python -m bench.payments [--rows 1000000] [--list 2000000] [--rounds 2]

On SQLite and on PostgreSQL (see bench.databases), on empty tables each time:

* the whole import, against a bare COPY of the same parsed rows into the same indexed table (on
  SQLite: a prepared INSERT), against bulk_create alone (a tenth, times ten), and against a model
  form for each row (some hundred, scaled);
* the same bytes once more, and the memory an import takes for a fifth of the rows and for all;
* what was paid under a contract by month, and pages of long lists, with `--list` payments behind
  them (10000000 takes half an hour and 10 GB).
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import databases

#: Part of the rows that bulk_create is given, and rows that go through a form.
PART, FORMS = 10, 300
COLUMNS = (
    "file_id, line, raw, paid_on, precision, payee_id, amount, reference, directorate, department,"
    " expenditure_type, purpose, contract_reference, redacted"
)


def main() -> None:
    """Measure each database in a process of its own and print them side by side."""
    options = _options()
    if options.memory:
        print(json.dumps(_memory(options.memory)))
    elif options.inside:
        print(json.dumps(measure(options.rows, options.list, options.rounds)))
    else:
        sizes = [f"--{name}={getattr(options, name)}" for name in ("rows", "list", "rounds")]
        for database, figures in databases.on_each("bench.payments", ["--inside", *sizes]).items():
            _print(database, figures)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="payments in the file")
    parser.add_argument("--list", type=int, default=2_000_000, help="payments behind a list")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--memory", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(rows: int, listed: int, rounds: int) -> dict[str, float]:
    """Time each job on the database that the settings name, in seconds."""
    import django

    django.setup()
    from django.core.management import call_command

    from bench import paymentsfill
    from costs.payments import importing

    call_command("migrate", verbosity=0)
    folder = Path(os.environ["VAR_DIR"])
    part, whole = folder / "part.csv", folder / "whole.csv"
    paymentsfill.write(part, rows // 5)
    paymentsfill.write(whole, rows)
    figures: dict[str, float] = {"rows": rows, "listed": listed}
    for name, path in (("memory of a fifth", part), ("memory of all", whole)):
        paymentsfill.clear()
        figures[name] = _in_a_child(path)
    _keep_parsed(folder / "parsed")
    bare: list[float] = []
    imported: list[float] = []
    for _ in range(rounds):
        paymentsfill.clear()
        bare.append(_timed(lambda: _bare(folder / "parsed")))
        paymentsfill.clear()
        imported.append(_timed(lambda: _import(whole)))
    figures["bare"], figures["import"] = statistics.median(bare), statistics.median(imported)
    figures["again"] = _timed(lambda: _import(whole))
    figures |= _row_by_row(rows)
    paymentsfill.clear()
    publisher = importing.publisher_of("Bench")
    return figures | _lists(paymentsfill.fill(listed, publisher, _person()))


def _in_a_child(path: Path) -> float:
    """Megabytes that a process needs at most to import a file."""
    command = [sys.executable, "-m", "bench.payments", "--memory", str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def _memory(path: str) -> float:
    import django

    django.setup()
    _import(Path(path))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _import(path: Path) -> None:
    from costs.payments import importing

    with path.open("rb") as opened:
        importing.import_file(
            opened, name=path.name, publisher=importing.publisher_of("Bench"), by=_person()
        )


def _person() -> Any:
    from accounts.models import User

    return User.objects.get_or_create(email="bench@barnetwatch.example")[0]


def _timed(job: Callable[[], object]) -> float:
    begun = time.perf_counter()
    job()
    return time.perf_counter() - begun


def _keep_parsed(path: Path) -> None:
    """The rows of the import as the database itself writes them out."""
    import marshal

    from django.db import connection

    with connection.cursor() as cursor, path.open("wb") as out:
        if connection.vendor == "postgresql":
            rows = f"COPY (SELECT {COLUMNS} FROM costs_payment ORDER BY id) TO STDOUT"
            with cursor.copy(rows) as copy:
                for text in copy:
                    out.write(text)
            return
        cursor.connection.row_factory = None
        cursor.execute(f"SELECT {COLUMNS} FROM costs_payment ORDER BY id")
        while rows := cursor.connection and cursor.fetchmany(5000):
            plain = [tuple(str(v) if hasattr(v, "year") else v for v in row) for row in rows]
            held = marshal.dumps(plain)
            out.write(len(held).to_bytes(8, "big") + held)


def _bare(path: Path) -> None:
    """The least there is: the parsed rows into the same indexed table, in one transaction."""
    import marshal

    from django.db import connection, transaction

    with path.open("rb") as parsed, transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY costs_payment ({COLUMNS}) FROM STDIN") as copy:
                while text := parsed.read(1 << 20):
                    copy.write(text)
            return
        places = ", ".join(["%s"] * len(COLUMNS.split(",")))
        size = path.stat().st_size
        while parsed.tell() < size:
            statement = f"INSERT INTO costs_payment ({COLUMNS}) VALUES ({places})"
            held = parsed.read(int.from_bytes(parsed.read(8), "big"))
            cursor.executemany(statement, marshal.loads(held))  # noqa: S302


def _row_by_row(rows: int) -> dict[str, float]:
    """bulk_create of a part, and a form for each of a few, as if for all."""
    from django.forms import modelform_factory
    from django.forms.models import model_to_dict

    from bench import paymentsfill
    from costs.models import Payment

    made = paymentsfill.objects(rows // PART)
    form = modelform_factory(Payment, exclude=["file"])
    filled = [model_to_dict(row, exclude=["file"]) for row in made[:FORMS]]
    for values in filled:
        values["amount"] = f"{values['amount']:.2f}"
    file = made[0].file
    for row in made:
        row.line += 10 * rows
    bulk = _timed(lambda: Payment.objects.bulk_create(made, batch_size=5000))

    def one_by_one() -> None:
        for number, values in enumerate(filled):
            typed = form(values | {"line": 30 * rows + number}, instance=Payment(file=file))
            assert typed.is_valid(), typed.errors
            typed.save()

    return {"bulk_create": bulk * PART, "forms": _timed(one_by_one) * rows / len(filled)}


def _lists(contract: Any) -> dict[str, float]:
    """Milliseconds of the contract's months, and of a page in the middle of long lists."""
    from barnetwatch.lib.keyset import page_of
    from costs.models import AttributionRule, Payment, PaymentFile
    from costs.payments import decided
    from costs.payments.paid import paid_under

    file = PaymentFile.objects.order_by("pk")[FILE_READ]
    of_file = Payment.objects.counted_in_a_list().filter(file=file).select_related("payee")
    middle = of_file.count() // 2
    begins = page_of(of_file.filter(line__lte=middle), ["-line"], 1).after or ""
    # As the page of payments lists those of one supplier: what was imported last comes first.
    rules = AttributionRule.objects.all()
    of_name = Payment.objects.counted_in_a_list().filter(
        decided.of_supplier(contract.supplier_id, rules)
    )
    of_name = of_name.prefetch_related("payee", "file").defer("raw")
    by_file = ["-file", "-line"]
    from_middle = page_of(of_name.filter(file__lte=file), by_file, 1).after or ""
    return {
        "months": _median(lambda: paid_under(contract)),
        "list of a file": _median(lambda: page_of(of_file, ["-line"], 50, after=begins)),
        "list of a name": _median(lambda: page_of(of_name, by_file, 50)),
        "list of a name further on": _median(
            lambda: page_of(of_name, by_file, 50, after=from_middle)
        ),
    }


FILE_READ = 7


def _median(job: Callable[[], object]) -> float:
    return statistics.median([_timed(job) for _ in range(20)]) * 1000


def _print(database: str, figures: dict[str, float]) -> None:
    whole, on_server = figures["import"], database == "PostgreSQL"
    bare = "a bare COPY" if on_server else "a bare INSERT"
    most = "at most 1.5" if on_server else "no mark"
    times = "2.5" if on_server else "4"
    print(
        f"\n{database}: {figures['rows']:,.0f} payments in {whole:.1f} s, {bare} of them in"
        f" {figures['bare']:.1f} s.\n"
        f"  The import takes {whole / figures['bare']:.2f} times as long as {bare}"
        f" (to reach: {most}).\n"
        f"  It is {figures['bulk_create'] / whole:.1f} times as fast as bulk_create alone"
        f" (to reach: {times}),\n"
        f"  {figures['forms'] / whole:.0f} times as fast as a form for each row (to reach: 50).\n"
        f"  The same bytes again: {figures['again']:.2f} s, {whole / figures['again']:.0f} times as"
        " fast (to reach: 1.5).\n"
        f"  Memory: {figures['memory of a fifth']:.0f} MB for a fifth of the rows,"
        f" {figures['memory of all']:.0f} MB for all (to reach: 300).\n"
        f"  With {figures['listed']:,.0f} payments behind them: a contract's months"
        f" {figures['months']:.1f} ms (to reach: 20); a page in a file's list"
        f" {figures['list of a file']:.1f} ms,\n"
        f"  in a supplier's {figures['list of a name']:.1f} ms, further on"
        f" {figures['list of a name further on']:.1f} ms (to reach: 50)."
    )


if __name__ == "__main__":
    main()
