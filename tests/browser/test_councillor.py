"""A councillor finds out why, without a word from anybody."""

from accounts.models import Role


def test_a_councillor_finds_out_why_csg_is_over_its_1_percent_mark_in_three_clicks(
    record, as_role, scripts
):
    visitor = as_role(Role.COUNCILLOR, scripts=scripts)
    visitor.at("admin:index")
    visitor.sees("At risk: £164,176 approved and £4,200,000 pledged, together £4,364,176")

    visitor.follows("1%")  # The first click: the overrun.
    visitor.sees("over the 1% mark since July 2018")
    visitor.sees("Mosaic: new delivery partner")

    visitor.follows("Show me the sum")  # The second: every entry behind it, each with its source.
    visitor.sees("£4,364,176.00", "£164,176.00", "£4,200,000.00")

    visitor.follows("Mosaic")  # The third: down to that cost.
    visitor.sees("Pledged", "July [2018]")


def test_a_councillor_searches_and_reads_the_word_in_its_sentence(record, as_role, scripts):
    visitor = as_role(Role.COUNCILLOR, scripts=scripts)
    page = visitor.at("admin:index")
    page.get_by_role("searchbox").fill("mosaic")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=mosaic")
    assert "mosaic" in page.locator("mark").first.inner_text().lower()
    visitor.follows("Mosaic")
    visitor.sees("Mosaic")


def test_a_councillor_sorts_filters_and_sends_the_address_on(record, as_role, scripts):
    visitor = as_role(Role.COUNCILLOR, scripts=scripts)
    page = visitor.at("admin:contracts")
    visitor.leaves_by(page.get_by_role("columnheader", name="At risk").get_by_role("link"))
    assert page.locator("th[aria-sort]").count() == 1
    page.get_by_text("Filter this list").click()
    page.get_by_label("Words").first.fill("customer")
    visitor.presses("Apply filters")
    assert page.locator("tbody tr").count() == 1
    assert page.locator("th[aria-sort]").count() == 1

    address = page.url
    other = as_role(Role.AUDITOR, scripts=scripts)
    other.page.goto(address)
    assert other.page.locator("tbody").inner_text() == page.locator("tbody").inner_text()


def test_a_councillor_reads_a_contract_as_it_was_known_on_a_day(record, as_role, scripts):
    visitor = as_role(Role.COUNCILLOR, scripts=scripts)
    page = visitor.at("admin:contracts")
    visitor.follows("CSG")
    page.get_by_text("See an earlier day").click()
    known = page.get_by_role("group", name="As known on")
    for name, typed in (("Day", "1"), ("Month", "10"), ("Year", "2018")):
        known.get_by_label(name).fill(typed)
    visitor.presses("Show that day")
    visitor.sees("As known on 1 October 2018")
    visitor.follows("as it stands today")
    assert not page.get_by_text("As known on 1 October 2018").count()


def test_a_councillor_is_told_what_their_role_does_not_give(record, as_role):
    visitor = as_role(Role.COUNCILLOR)
    visitor.at("admin:failure_report")
    assert visitor.heading() == "Your role does not give you this page"
    visitor.at("admin:failure", 999_999)
    assert visitor.heading() == "Page not found"


def test_a_councillor_takes_a_register_home_as_a_file(record, as_role, scripts):
    visitor = as_role(Role.COUNCILLOR, scripts=scripts)
    page = visitor.at("admin:contracts")
    with page.expect_download() as waiting:
        visitor.follows("CSV")
    assert "Customer and Support Group" in waiting.value.path().read_text(encoding="utf-8-sig")
