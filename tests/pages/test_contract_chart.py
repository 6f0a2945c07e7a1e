"""The charts of a contract: what they draw, what they say, and that a strict policy lets them."""

import datetime as dt
import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from accounts.models import Role
from barnetwatch.pages.contract.drawing import axis_sum, stepped, sum_ticks
from contracts.models import Variation
from contracts.register import vary
from costs import overruns
from scrutiny import record
from tests import everything, factories
from tests.actors import as_role
from tests.factories import day
from tests.pages.test_contract_page import html_of, section, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def councillor(db):
    return as_role(Role.COUNCILLOR)


@pytest.fixture
def csg(db):
    contract = factories.the_csg_record()
    factories.the_shipped_thresholds()
    overruns.check(contract, on=everything.TODAY, at=everything.NOW)
    return contract


def drawings(html):
    """Each drawing by the name of its title, read as XML."""
    found = {}
    for text in re.findall(r"(?s)<svg xmlns=.*?</svg>", html):
        svg = ET.fromstring(text)  # noqa: S314 - the site's own
        found[svg.get("aria-labelledby").split("-title")[0]] = svg
    return found


def test_each_chart_is_drawn_wide_and_narrow_with_a_title_and_a_sentence(councillor, csg):
    found = drawings(section(html_of(councillor, csg), "chart"))
    assert set(found) == {
        "chart-plan-wide",
        "chart-plan-narrow",
        "chart-beside-wide",
        "chart-beside-narrow",
    }
    for name, svg in found.items():
        assert svg.get("role") == "img"
        ids = [element.get("id") for element in svg.iter() if element.get("id")]
        assert ids == [f"{name}-title", f"{name}-desc"]
        assert all(element.get("style") is None for element in svg.iter())


def test_the_page_holds_no_style_that_a_strict_policy_refuses(councillor, csg):
    html = html_of(councillor, csg)
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)


def test_the_sentences_say_what_the_charts_show(councillor, csg):
    shown = words(section(html_of(councillor, csg), "chart"))
    assert "What was agreed comes to £320 million by 31 August 2023." in shown
    assert "No payments are imported." in shown
    assert re.search(r"by \d+ \w+ \d{4}: £4,364,176 at risk, £164,176 of it firm\.", shown)


def test_the_marks_are_drawn_where_totals_went_above_them(councillor, csg):
    svg = drawings(html_of(councillor, csg))["chart-beside-wide"]
    texts = [element.text for element in svg.iter() if element.tag.endswith("text")]
    for label in ("1%: £3.2 million", "£1 million", "£500,000"):
        assert label in texts
    red = [element for element in svg.iter() if element.get("fill") == "#ca3535"]
    # Both totals went above £100,000 on one day; at risk above three more marks on another.
    assert len([element for element in red if element.tag.endswith("path")]) == 4


def test_decisions_are_numbered_on_the_chart_and_named_below_it(councillor, csg):
    record.decide(
        kind="motion",
        title="A report on Mosaic",
        text="Asks for a report",
        outcome="defeated",
        taken_by="The council",
        taken_on=day("2018-09-20"),
        contract=csg,
        source=factories.a_source(),
        by=factories.the_officer(),
    )
    html = html_of(councillor, csg)
    svg = drawings(html)["chart-beside-wide"]
    assert "1" in [element.text for element in svg.iter()]
    assert "1 20 September 2018: A report on Mosaic" in words(section(html, "chart"))


def paid(contract, amount, on, speaker="John Dix", **about):
    return record.state(
        kind="statement",
        speaker=speaker,
        words=f"{amount} was paid.",
        amount=Decimal(amount),
        amount_status="paid",
        amount_on=day(on),
        source=factories.a_source(),
        by=factories.the_officer(),
        **(about or {"contract": contract}),
    )


def test_totals_that_others_state_are_lettered_points(councillor, csg):
    paid(csg, 168_300_000, "2015-12-31")
    paid(csg, 327_000_000, "2018-04-30", supplier=csg.supplier)
    html = html_of(councillor, csg)
    texts = [each.text for each in drawings(html)["chart-plan-wide"].iter() if each.text]
    assert {"a", "b"} <= set(texts)
    shown = words(section(html, "chart"))
    assert "a John Dix: 168300000 was paid." in shown
    assert "Sums that others state of this contract come to £168.3 million." in shown
    assert "all its contracts counted, come to £327 million." in shown


def test_one_years_payments_are_no_running_total_and_not_drawn(councillor, csg):
    paid(csg, 457_000_000, "2020-01-31")
    paid(csg, 54_280_000, "2021-03-31")
    paid(csg, 540_000_000, "2021-05-31")
    html = html_of(councillor, csg)
    assert "54280000" not in words(section(html, "chart"))
    assert "£54,280,000" in words(section(html, "money"))
    assert "b John Dix: 540000000 was paid." in words(section(html, "chart"))


def test_what_a_speaker_says_is_escaped(councillor, csg):
    paid(csg, 1_000_000, "2015-12-31", speaker="<script>alert(1)</script>")
    assert "<script>alert" not in html_of(councillor, csg)


def test_the_table_behind_the_charts_has_each_day_on_which_something_moved(councillor, csg):
    shown = words(section(html_of(councillor, csg), "chart"))
    assert "25 July 2016 £92" in shown
    assert "31 July 2018 £157,283,680.18 £164,176.00 £4,364,176.00" in shown


def test_a_variation_of_value_bends_the_plan(councillor, csg):
    vary(
        csg,
        kind=Variation.Kind.VALUE,
        title="More",
        takes_effect_on=day("2018-04-01"),
        value_before=Decimal(320_000_000),
        value_after=Decimal(330_000_000),
        rationale="More work",
        source=factories.a_source(),
        by=factories.the_officer(),
    )
    html = html_of(councillor, csg)
    assert "What was agreed comes to £330 million" in words(section(html, "chart"))
    assert "£320,000,000 to £330,000,000" in words(section(html, "variations"))


def test_a_contract_with_a_plan_only_has_one_chart(councillor):
    contract = factories.a_contract("DRS", award=154_000_000)
    assert set(drawings(html_of(councillor, contract))) == {"chart-plan-wide", "chart-plan-narrow"}


@pytest.mark.parametrize(("starts", "ends"), [("2018-01-01", "2018-01-01"), (None, None)])
def test_a_contract_of_no_days_has_no_chart_and_says_so(councillor, starts, ends):
    contract = factories.a_contract(
        award=5, starts_on=starts and day(starts), ends_on=ends and day(ends)
    )
    assert "There is no chart" in words(section(html_of(councillor, contract), "chart"))


def test_a_short_contract_names_its_first_and_last_month(councillor):
    contract = factories.a_contract(
        award=90_000, starts_on=dt.date(2018, 3, 1), ends_on=dt.date(2018, 9, 30)
    )
    svg = drawings(html_of(councillor, contract))["chart-plan-narrow"]
    texts = [element.text for element in svg.iter()]
    assert {"Mar 2018", "Sep 2018", "£0", "£100,000"} <= set(texts)


@pytest.mark.parametrize(
    ("top", "ticks"),
    [
        (320_000_000, [0, 100e6, 200e6, 300e6, 400e6]),
        (4_364_176, [0, 1e6, 2e6, 3e6, 4e6, 5e6]),
        (100_000, [0, 20_000, 40_000, 60_000, 80_000, 100_000]),
        (154_000_000, [0, 50e6, 100e6, 150e6, 200e6]),
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, [0, 0.2]),
    ],
)
def test_an_axis_has_few_round_sums_up_to_the_largest(top, ticks):
    found = sum_ticks(Decimal(top))
    assert found[0] == 0
    assert found[-1] >= top
    assert 2 <= len(found) <= 7
    if top > 1:
        assert found == ticks


@pytest.mark.parametrize(
    ("amount", "printed"),
    [(0, "£0"), (500_000, "£500,000"), (2_500_000, "£2.5m"), (80_000_000, "£80m"), (10**9, "£1bn")],
)
def test_an_axis_prints_sums_short(amount, printed):
    assert axis_sum(Decimal(amount)) == printed


def test_a_stepped_line_stays_level_and_jumps():
    assert stepped([(1, 0.0), (5, 2.0), (9, 3.0)]) == [
        (1, 0.0),
        (5, 0.0),
        (5, 2.0),
        (9, 2.0),
        (9, 3.0),
    ]
