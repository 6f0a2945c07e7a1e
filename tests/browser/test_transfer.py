"""What a first view of a page costs, from the program that serves it in earnest."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from accounts.models import Role
from barnetwatch.env import BASE_DIR
from contracts.models import Contract
from tests import factories
from tests.browser.visitor import Visitor
from tests.servers import free_port
from tests.workers.conftest import the_suites_own_servers
from tests.workers.processes import wait_until

#: Bytes on the wire and requests, of whoever comes with an empty cache.
MOST_BYTES, MOST_REQUESTS = 60 * 1024, 8
PAGES = ["index", "contracts", "failures", "help"]


@pytest.fixture
def served(record, bare_environment, tmp_path) -> Iterator[str]:
    """The site from gunicorn, its static files collected, hashed and compressed."""
    port = free_port()
    environment = bare_environment | the_suites_own_servers()
    environment |= {"DJANGO_SETTINGS_MODULE": "tests.browser.served", "PORT": str(port)}
    run = {"cwd": BASE_DIR, "env": environment}
    collect = ["manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run([sys.executable, *collect], check=True, **run)
    site, log = f"http://localhost:{port}", Path(tmp_path, "gunicorn.log")
    options = ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "--no-control-socket"]
    with log.open("w") as said:
        program = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "barnetwatch.wsgi", *options],
            stdout=said,
            stderr=subprocess.STDOUT,
            **run,
        )
    try:
        wait_until(lambda: answers(f"{site}/livez"), "gunicorn answers")
        yield site
    finally:
        program.terminate()
        program.wait(timeout=30)


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2):
            return True
    except OSError:
        return False


def first_view(browser: Browser, site: str, person, address: str) -> list[tuple[int, str]]:
    """Bytes and address of everything that a page asks for, its headers counted."""
    visitor = Visitor(browser.new_context(), site)
    if person:
        visitor.sign_in(person)
    names: dict[str, str] = {}
    sizes: list[tuple[int, str]] = []
    wire = visitor.context.new_cdp_session(visitor.page)
    wire.send("Network.enable")
    wire.on(
        "Network.requestWillBeSent",
        lambda told: names.update({told["requestId"]: told["request"]["url"]}),
    )
    wire.on(
        "Network.loadingFinished",
        lambda told: sizes.append((int(told["encodedDataLength"]), names[told["requestId"]])),
    )
    visitor.open(address)
    visitor.page.wait_for_load_state("networkidle")
    visitor.context.close()
    assert not visitor.problems
    return sizes


def test_a_first_view_stays_within_60_kb_and_8_requests(browser, served, figure, subtests):
    reader = factories.a_person("Robin Page", Role.COUNCILLOR)
    csg = Contract.objects.get(reference="CSG")
    pages = {name: (reader, reverse(f"admin:{name}")) for name in PAGES}
    pages |= {
        "login": (None, reverse("admin:login")),
        "contract": (reader, reverse("admin:contract", args=[csg.pk])),
    }
    for name, (person, address) in pages.items():
        with subtests.test(name):
            sizes = first_view(browser, served, person, address)
            total = sum(size for size, _ in sizes)
            figure(f"First view of {name}: {total / 1024:.1f} KB in {len(sizes)} requests.")
            assert total < MOST_BYTES, sizes
            assert len(sizes) <= MOST_REQUESTS, sizes
