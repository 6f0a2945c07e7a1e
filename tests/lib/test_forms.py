"""Forms in GOV.UK clothes: what is said, where, and dates of which only a part is known."""

import datetime as dt

import pytest
from django import forms
from django.core.exceptions import ValidationError

from barnetwatch.lib.forms import DayField, SiteForm, SourceDateField, month_number


class Asked(SiteForm):
    name = forms.CharField(label="Name", help_text="As the contract has it.")
    kind = forms.ChoiceField(
        label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect
    )
    day = SourceDateField(label="When")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)


def sent(**fields):
    return Asked(
        {"name": "CSG", "kind": "a", "day_day": "", "day_month": "7", "day_year": "2018", **fields}
    )


def test_a_field_is_named_by_its_label_and_described_by_hint_and_error():
    html = str(sent(name="")["name"].as_field_group())

    assert '<label class="govuk-label govuk-label--s" for="id_name">Name</label>' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert "govuk-input--error" in html
    assert "Fill in “Name”." in html
    assert "required" not in html


def test_an_error_names_its_field_since_in_the_summary_it_stands_alone():
    assert sent(kind="").errors["kind"] == ["Choose an option under “Kind”."]
    assert sent(kind="c").errors["kind"] == [
        "That is not on the list. Choose an option under “Kind”."
    ]


def test_a_group_has_a_legend_and_its_error_leads_to_its_first_input():
    form = sent(kind="", day_month="13")

    assert form["kind"].first_id == "id_kind_0" == form["kind"].subwidgets[0].id_for_label
    assert form["day"].first_id == "id_day_0"
    html = str(form["day"].as_field_group())
    assert '<fieldset class="govuk-fieldset" aria-describedby="id_day_error">' in html
    assert html.count("govuk-input--error") == 3


def test_what_is_sent_is_read():
    form = sent()

    assert form.is_valid(), form.errors
    assert form.cleaned_data["day"] == (dt.date(2018, 7, 31), "month")


def test_only_what_may_be_left_empty_says_so():
    html = str(sent())

    assert html.count("(optional)") == 1
    assert "Note (optional)" in html


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (("25", "7", "2018"), (dt.date(2018, 7, 25), "day")),
        (("", "7", "2018"), (dt.date(2018, 7, 31), "month")),
        (("", "February", "2016"), (dt.date(2016, 2, 29), "month")),
        (("", "", "2017"), (dt.date(2017, 12, 31), "year")),
        ((" 1 ", "sept.", "2013"), None),
        (("1", "Sep", "2013"), (dt.date(2013, 9, 1), "day")),
    ],
)
def test_a_date_is_read_as_far_as_it_is_given(typed, read):
    field = SourceDateField()
    if read is None:
        with pytest.raises(ValidationError, match="month as a number"):
            field.clean(list(typed))
    else:
        assert field.clean(list(typed)) == read


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("31", "2", "2018"), "31 2 2018 is not a date"),
        (("1", "13", "2018"), "month as a number"),
        (("1", "1", "18"), "year with four digits"),
        (("1", "", "2018"), "month as a number"),
        (("x", "1", "2018"), "day as a number"),
        (("١", "1", "2018"), "day as a number"),
        (("", "", ""), "Enter a date"),
        (("1", "1", "0000"), "not a date"),
    ],
)
def test_what_is_no_date_is_refused_with_the_remedy(typed, says):
    with pytest.raises(ValidationError, match=says):
        SourceDateField().clean(list(typed))


def test_a_day_needs_all_three_parts():
    assert DayField().clean(["25", "7", "2018"]) == dt.date(2018, 7, 25)
    with pytest.raises(ValidationError, match="day as a number"):
        DayField().clean(["", "7", "2018"])


def test_an_empty_date_that_may_be_empty_is_none():
    assert SourceDateField(required=False).clean(["", "", ""]) is None


def test_what_was_given_stands_in_the_boxes_again():
    form = Asked(initial={"day": (dt.date(2018, 7, 31), "month")})

    html = str(form["day"])
    assert 'name="day_day" id="id_day_0">' in html
    assert 'name="day_month" id="id_day_1" value="7"' in html
    assert 'name="day_year" id="id_day_2" value="2018"' in html


def test_months_are_known_by_number_name_and_first_letters():
    assert [month_number(word) for word in ("7", "07", "July", "JUL", "jul.")] == [7] * 5
    assert [month_number(word) for word in ("0", "13", "", "Juli", "٧")] == [None] * 5


def test_a_number_wears_the_clothes_of_any_other_input():
    class Numbered(SiteForm):
        row = forms.IntegerField()

    assert 'class="govuk-input"' in str(Numbered()["row"])
