"""What a first view of a page costs, from the program that serves it in earnest."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from accounts.models import Role
from contracts.models import Contract
from tests import factories
from tests.browser.gunicorn import serving
from tests.browser.visitor import Visitor
from tests.workers.conftest import the_suites_own_servers

#: Bytes on the wire and requests, of whoever comes with an empty cache.
MOST_BYTES, MOST_REQUESTS = 60 * 1024, 8
PAGES = ["index", "contracts", "failures", "help"]


@pytest.fixture
def served(record, bare_environment) -> Iterator[str]:
    """The site on the suite's own record."""
    with serving(bare_environment | the_suites_own_servers()) as site:
        yield site


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
