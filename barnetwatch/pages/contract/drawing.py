"""Charts as SVG: dashed where it is planned or not yet certain, solid where it is firm.

`leather` lays them out; the shapes it lacks are here. Everything is a presentation attribute, so
that a strict Content-Security-Policy has nothing to refuse.
"""

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import leather
from django.utils.safestring import SafeString, mark_safe
from leather import theme
from leather.axis import Axis
from leather.scales.base import Scale
from leather.series import Series

from barnetwatch.lib.money import in_prose
from barnetwatch.pages.contract.chart import Chart
from barnetwatch.pages.contract.shapes import Crossings, Flags, Levels, Named, Points, Quiet, Stalks

INK, GRID, QUIET = "#0b0c0c", "#d0d3d6", "#484949"
#: Each at least 3 to 1 on white, and told apart by dash too.
COLOURS = {"plan": "#1d70b8", "paid": "#0b0c0c", "firm": "#0b0c0c", "at_risk": "#ca3535"}
DASHES = {"plan": "8 5", "paid": "none", "at_risk": "7 4", "firm": "none"}
WEIGHT = 3
NAMES = {"plan": "Agreed", "paid": "Paid", "firm": "Firm", "at_risk": "At risk"}
#: Width, height, and at most how many years are named below.
WIDE, NARROW = (860, 300, 8), (340, 300, 4)


def drawings(chart: Chart) -> list[tuple[str, SafeString]]:
    """The wide drawing and the narrow one, each with the name that the style sheet swaps by."""
    return [("wide", _drawn(chart, "wide", *WIDE)), ("narrow", _drawn(chart, "narrow", *NARROW))]


def _dress() -> None:
    """The site's colours and letters, once: leather keeps them in its module."""
    theme.background_color = "none"
    theme.margin = 0.02
    theme.tick_color, theme.zero_color, theme.label_color = GRID, QUIET, QUIET
    theme.tick_font_family = "Arial, Helvetica, sans-serif"
    theme.tick_font_size = theme.tick_font_char_height = 13
    theme.tick_font_char_width = 7
    theme.tick_size = 5


_dress()


class Span(Scale):  # type: ignore[misc]
    """From one value to another, to the point; leather's own scales round outwards."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def contains(self, value: Any) -> bool:
        return bool(self.low <= value <= self.high)

    def project(self, value: Any, range_min: float, range_max: float) -> float:
        place = (range_max - range_min) * (value - self.low) / (self.high - self.low) + range_min
        return round(place, 1)

    def ticks(self) -> list[float]:
        return [self.low, self.high]


def _drawn(chart: Chart, size: str, width: int, height: int, years: int) -> SafeString:
    starts, ends = chart.starts.toordinal(), chart.ends.toordinal()
    sums = sum_ticks(chart.top)
    drawing = leather.Chart()
    drawing.set_x_scale(Span(starts, ends))
    drawing.set_y_scale(Span(0, sums[-1]))
    drawing.set_x_axis(_days(chart.starts, chart.ends, years))
    drawing.set_y_axis(Axis(sums, lambda value, *_: axis_sum(Decimal(str(value)))))
    for series, shape in _layers(chart):
        drawing.add_series(series, shape)
    body = drawing.to_svg_group(width, height)
    return _framed(chart, size, width, height, body)


def _layers(chart: Chart) -> list[tuple[Series, Any]]:
    """What is drawn, the lowest first; leather takes no layer without data."""
    start = chart.starts.toordinal()
    flags = [(point.on.toordinal(), 0.0, point.key) for point in chart.flags]
    layers: list[tuple[list[Any], Any]] = [
        ([(start, float(mark.amount), mark.label) for mark in chart.marks], Levels(QUIET)),
        (flags, Stalks(INK)),
        *_lines(chart),
        (flags, Flags(INK)),
        (
            [
                (each.on.toordinal(), float(each.amount), each.key, each.is_own)
                for each in chart.points
            ],
            Points(INK),
        ),
        (
            [
                (day.toordinal(), float(mark.amount))
                for mark in chart.marks
                for day in mark.crossed
                if chart.starts <= day <= chart.ends
            ],
            Crossings(COLOURS["at_risk"]),
        ),
    ]
    return [(Series(data), shape) for data, shape in layers if data]


def _lines(chart: Chart) -> list[tuple[list[Any], Any]]:
    found: list[tuple[list[Any], Any]] = []
    ends = []
    for name, line in chart.lines.items():
        days = [(point.on.toordinal(), float(point.amount)) for point in line]
        shape = Quiet(COLOURS[name], WEIGHT, DASHES[name])
        found.append((stepped(days) if chart.stepped else days, shape))
        ends.append((*days[-1], NAMES[name], COLOURS[name]))
    return [*found, (ends, Named(in_prose))] if chart.stepped else found


def stepped(days: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The corners of a line that stays level and jumps."""
    found = list(days[:1])
    for day, amount in days[1:]:
        found += [(day, found[-1][1]), (day, amount)]
    return found


def sum_ticks(top: Decimal) -> list[float]:
    """Round sums from nothing to the first at or above a sum, about four of them."""
    size = Decimal(10) ** (max(top, Decimal(1)).adjusted() - 1)
    steps = (size * part for part in (1, 2, 5, 10, 20, 25, 50))
    step = next(each for each in steps if each * 5 >= top)
    return [float(step * count) for count in range(max(1, math.ceil(top / step)) + 1)]


def axis_sum(amount: Decimal) -> str:
    """A round sum as an axis has room for it: £80m."""
    for size, letter in ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m")):
        if amount >= size:
            return f"£{(amount / size).normalize():f}{letter}"
    return f"£{amount.normalize():,f}"


def _days(starts: dt.date, ends: dt.date, most: int) -> Axis:
    """The beginnings of years, at most so many; of a short time its first day and its last."""
    news = [dt.date(year, 1, 1) for year in range(starts.year + 1, ends.year + 1)]
    if len(news) < 2:
        return Axis(
            [starts.toordinal(), ends.toordinal()],
            lambda day, *_: f"{dt.date.fromordinal(int(day)):%b %Y}",
        )
    every = -(-len(news) // most)
    return Axis(
        [day.toordinal() for day in news[::every]],
        lambda day, *_: str(dt.date.fromordinal(int(day)).year),
    )


def _framed(chart: Chart, size: str, width: int, height: int, body: ET.Element) -> SafeString:
    name = f"chart-{chart.name}-{size}"
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": f"bw-chart__drawing bw-chart__drawing--{size}",
            "viewBox": f"0 0 {width} {height}",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-desc",
        },
    )
    for tag, words in (("title", chart.title), ("desc", chart.says)):
        ET.SubElement(svg, tag, {"id": f"{name}-{tag}"}).text = words
    svg.append(body)
    # ElementTree escapes every text and attribute.
    return mark_safe(ET.tostring(svg, encoding="unicode"))  # noqa: S308
