"""What holds the house together: layers, doors, clocks, money. A line here is a decision."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models
from django.db.migrations.loader import MigrationLoader

from barnetwatch.lib.money import PoundsField

ROOT = settings.BASE_DIR

#: The street, top first. Imports and migrations go down only.
STREET = ("digests", "scrutiny", "incidents", "costs", "contracts", "accounts")

#: Every file that asks for rows whatever their restriction, and why it may.
ALL_ROWS = {
    "accounts/visibility.py": "where the manager is made",
    "accounts/filechecks.py": "a job: every file is looked at; it is named by its number alone",
    "accounts/filing.py": "whether a file is withdrawn already; whether any row names its bytes",
    "barnetwatch/backups/evidence.py": "a backup holds every file",
    "barnetwatch/pages/status/lines.py": "whether any file is kept at all",
    "accounts/told.py": "which rows were deleted, of which no text is told",
    "accounts/restricting.py": "locks and marks the record that is decided on; what an officer"
    " restricted themself, to be let go of again",
    "contracts/models/commitment.py": "declares it over its own queryset",
    "barnetwatch/pages/access/restrictions.py": "a supplier's lines may stand beside any contract",
    "barnetwatch/pages/payments/unallocated.py": "payments allocated to costs, whoever sees those",
    "contracts/models/contract.py": "declares the manager over its own queryset",
    "contracts/models/credit.py": "declares it",
    "contracts/models/discrepancy.py": "declares it",
    "contracts/models/service.py": "declares it",
    "contracts/models/value.py": "declares it",
    "costs/models/allocation.py": "declares it",
    "costs/models/attribution.py": "declares it",
    "costs/models/entry.py": "declares it",
    "costs/models/line.py": "declares it",
    "costs/models/filetotal.py": "declares it",
    "costs/models/payment.py": "declares it",
    "costs/models/threshold.py": "declares it",
    "costs/models/upload.py": "declares it",
    "costs/models/total.py": "entries that count from later days, of lines the caller chose",
    "incidents/models/incident.py": "declares it; when a failure was last written about",
    "scrutiny/models/meeting.py": "declares it",
    "scrutiny/models/promise.py": "declares it",
    "scrutiny/models/statement.py": "declares it",
    "barnetwatch/record/tables.py": "an import: whether a row is there already",
    "barnetwatch/pages/payments/files.py": "how many entries go with a file, for everybody",
    "contracts/admin/supplier.py": "a name that clashes with a hidden one is not available either",
    "contracts/awards.py": "the award of a contract that the caller was let through to",
    "contracts/crediting.py": "whether a row was replaced already",
    "contracts/register.py": "whether a row was withdrawn already",
    "contracts/terms.py": "the term of a contract that the caller was let through to",
    "costs/crossings.py": "a job: entries of lines that the check chose",
    "costs/ledger.py": "locks the line that is posted on, finds its last seal; whether an entry was"
    " reversed already",
    "costs/management/commands/checkoverruns.py": "a job: checks every contract, shows open ones",
    "costs/models/alert.py": "declares it; which alerts rest on rows that somebody may not see",
    "costs/overruns.py": "a job: the alerts and thresholds of the contract it checks",
    "costs/payments/allocating.py": "what a payment is of, whoever may see it; its one allocation",
    "costs/payments/attributing.py": "every rule decides; what a reader may not see is not said",
    "costs/payments/course.py": "a job: what every contract was paid, for its alerts",
    "costs/payments/paid.py": "the rules of a contract that the caller was let through to",
    "costs/payments/importing.py": "a job: the contracts whose payments moved are checked",
    "costs/payments/decided.py": "the rules of a contract that the caller was let through to",
    "costs/payments/plan.py": "what was contracted under a contract the caller was let through to",
    "costs/payments/plans.py": "the same of several contracts",
    "costs/positions.py": "the thresholds over a contract that the caller was let through to",
    "costs/rechecks.py": "a job: every contract is checked",
    "costs/seals.py": "the ledger is sealed whole; its sentences name no sums, a head no lines",
    "costs/series.py": "entries of lines that the caller chose",
    "costs/thresholds.py": "a threshold over all contracts asks for a recheck of each",
    "costs/totals.py": "entries of lines that the caller chose; the ledger's own verification",
    "costs/verification.py": "the ledger is verified whole; its sentences name no sums",
    "incidents/casework.py": "locks the failure that is acted on",
    "scrutiny/promises.py": "locks the promise that is changed",
}

#: Where a request, a task or a command comes in: these ask the clock and pass it on.
DOORS = ("tasks.py", "views.py", "site.py", "/admin.py", "/admin/", "/pages/", "/commands/")

#: Decimals that are no money.
DECIMALS = {
    "Threshold.percentage": "per cent",
    "Commitment.target": "in the unit of the commitment",
    "Measurement.value": "in the unit of the commitment",
}

#: The modules whose functions write what means something.
VERBS = (
    "accounts/filing.py",
    "accounts/granting.py",
    "accounts/restricting.py",
    "contracts/crediting.py",
    "contracts/register.py",
    "costs/crediting.py",
    "costs/ledger.py",
    "costs/overruns.py",
    "costs/payments/allocating.py",
    "costs/payments/attributing.py",
    "costs/payments/importing.py",
    "costs/payments/uploads.py",
    "costs/payments/working.py",
    "costs/rechecks.py",
    "costs/thresholds.py",
    "costs/trials.py",
    "incidents/casework.py",
    "scrutiny/asking.py",
    "scrutiny/claiming.py",
    "scrutiny/calendars.py",
    "scrutiny/meetings.py",
    "scrutiny/promises.py",
    "scrutiny/record.py",
)


def sources(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    """Each Python file of some packages, by its path from the root; migrations left out."""
    for package in packages or ("barnetwatch", *STREET):
        for path in sorted(Path(ROOT, package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


# Layers -----------------------------------------------------------------------------


def test_imports_go_down_only():
    lint = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_street_is_the_one_that_the_linter_keeps():
    linter = tomllib.loads(Path(ROOT, "pyproject.toml").read_text())["tool"]["importlinter"]
    street = next(contract for contract in linter["contracts"] if contract["id"] == "street")
    assert tuple(street["layers"][1:]) == (*STREET, "barnetwatch.lib")
    assert set(linter["root_packages"]) == {"barnetwatch", *STREET}


def test_every_app_has_its_house_on_the_street():
    ours = [
        config.name for config in apps.get_app_configs() if Path(config.path).parent == Path(ROOT)
    ]
    assert [name for name in ours if name != "barnetwatch"] == list(reversed(STREET))
    assert ours[-1] == "barnetwatch"


def test_no_migration_depends_upward():
    order = {app: number for number, app in enumerate(reversed(STREET))}
    loader = MigrationLoader(None)
    for (app, name), migration in loader.disk_migrations.items():
        for above, _ in migration.dependencies if app in order else ():
            if above in order:
                assert order[above] <= order[app], (app, name, above)


@pytest.mark.django_db
def test_every_app_has_the_migrations_of_its_models(capsys):
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    except SystemExit:
        pytest.fail(f"a migration is missing: {capsys.readouterr().out}")


def test_apps_hear_of_each_other_through_rows_never_through_signals():
    users = {
        file
        for file, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("django.db.models.signals", "django.dispatch"))
    }
    assert users == {"barnetwatch/apps.py"}


# The door ---------------------------------------------------------------------------


def test_every_use_of_all_rows_is_named_with_its_reason():
    users = {
        file
        for file, tree in sources()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr == "all_rows")
        or (isinstance(node, ast.Name) and node.id == "all_rows")
        or (isinstance(node, ast.Constant) and node.value == "all_rows")
    }
    assert users - ALL_ROWS.keys() == set(), "name these in ALL_ROWS, each with its reason"
    assert ALL_ROWS.keys() - users == set(), "these use it no longer"


def test_no_code_goes_round_the_door_by_the_base_manager():
    users = {
        file
        for file, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "_base_manager"
    }
    assert users == set()


# The clock --------------------------------------------------------------------------


def clock_reads(tree: ast.Module) -> Iterator[ast.AST]:
    """Where the clock is asked, or handed on as a function."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(
                value=ast.Name(id="timezone" | "datetime" | "date" | "time")
                | ast.Attribute(attr="datetime" | "date"),
                attr="now" | "utcnow" | "today" | "localdate" | "localtime" | "time",
            ):
                call = parents[node]
                if not isinstance(call, ast.Call) or call.func is not node:
                    yield node  # Handed on.
                elif not call.args or node.attr == "now":
                    yield call  # With a moment given, localdate and localtime only convert it.


def is_a_default(node: ast.AST, tree: ast.Module) -> bool:
    """`default=timezone.now`, `clock=timezone.now`, `at or timezone.now()`, `on or …`."""
    for outer in ast.walk(tree):
        match outer:
            case ast.keyword(arg="default", value=value) if value is node:
                return True
            case ast.BoolOp(op=ast.Or(), values=[ast.Name(id="at" | "on"), last]) if last is node:
                return True
            case ast.arguments():
                names = [arg.arg for arg in outer.args + outer.kwonlyargs]
                if node in (*outer.defaults, *outer.kw_defaults):
                    return "clock" in names
    return False


def test_only_doors_and_defaults_ask_the_clock():
    asking = [
        f"{file}:{node.lineno}"
        for file, tree in sources()
        if not any(door in f"/{file}" for door in DOORS)
        for node in clock_reads(tree)
        if not is_a_default(node, tree)
    ]
    assert asking == []


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("timezone.now()", 1),
        ("timezone.localdate()", 1),
        ("timezone.localdate(moment)", 0),
        ("timezone.localtime(moment)", 0),
        ("dt.date.today()", 1),
        ("date.today()", 1),
        ("dt.datetime.now(dt.UTC)", 1),
        ("datetime.now()", 1),
        ("run(clock=timezone.now)", 1),
        ("time.time()", 1),
        ("time.monotonic()", 0),
        ("row.date", 0),
    ],
)
def test_the_search_for_clocks_finds_them(code, reads):
    assert len(list(clock_reads(ast.parse(code)))) == reads


# Money ------------------------------------------------------------------------------


def test_no_arithmetic_of_the_record_is_done_in_floats():
    found = [
        f"{file}:{node.lineno}"
        for file, tree in sources("barnetwatch/lib", *STREET[1:])
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "float")
    ]
    assert found == []


def test_money_is_kept_in_pounds_fields_alone():
    found = {
        f"{model.__name__}.{field.name}"
        for app in STREET
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.FloatField | models.DecimalField)
    }
    assert found == set(DECIMALS)


def test_every_sum_on_the_record_is_a_pounds_field():
    words = {"amount", "net", "falls", "paid", "approved", "total_now", "total_then"}
    for app in STREET:
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.local_fields:
                if field.name in words:
                    assert isinstance(field, PoundsField), f"{model.__name__}.{field.name}"


# Verbs ------------------------------------------------------------------------------


@pytest.mark.parametrize("file", VERBS)
def test_what_a_verb_does_is_written_above_it(file):
    [(_, tree)] = [each for each in sources(file.split("/", maxsplit=1)[0]) if each[0] == file]
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{file}: {node.name}"


def test_the_writers_of_the_ledger_and_the_register_take_keywords_and_say_who():
    for file in (
        "contracts/crediting.py",
        "contracts/register.py",
        "costs/crediting.py",
        "costs/ledger.py",
        "scrutiny/asking.py",
        "scrutiny/claiming.py",
        "scrutiny/meetings.py",
        "scrutiny/promises.py",
        "scrutiny/record.py",
    ):
        [(_, tree)] = [each for each in sources(file.split("/", maxsplit=1)[0]) if each[0] == file]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                assert "by" in {arg.arg for arg in node.args.kwonlyargs}, f"{file}: {node.name}"
                assert len(node.args.args) <= 2, f"{file}: {node.name}"
