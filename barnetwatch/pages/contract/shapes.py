"""Shapes of the charts: lines without a legend, lettered points, numbered flags, marks."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

from leather.shapes.base import Shape
from leather.shapes.line import Line

FONT = {"font-family": "Arial, Helvetica, sans-serif", "font-size": "13"}
INK, PAPER = "#0b0c0c", "#ffffff"
#: Pixels that two labels keep apart.
APART = 18


class Unnamed(Shape):  # type: ignore[misc]
    """Base of shapes whose words stand in them or below the chart, not in leather's legend."""

    def __init__(self, colour: str = INK) -> None:
        self.colour = colour

    def validate_series(self, series: Any) -> bool:
        return True

    def legend_to_svg(self, series: Any, palette: Any) -> list[Any]:
        return []


class Quiet(Line):  # type: ignore[misc]
    """A line that the words around the chart name."""

    def legend_to_svg(self, series: Any, palette: Any) -> list[Any]:
        return []


def _text(words: str, x: float, y: float, anchor: str = "start", **more: str) -> ET.Element:
    found = ET.Element("text", {"x": str(x), "y": str(y), "text-anchor": anchor, **FONT, **more})
    found.text = words
    return found


def _haloed(words: str, x: float, y: float, anchor: str = "start", **more: str) -> ET.Element:
    """Words that stay readable on a line."""
    halo = {"stroke": PAPER, "stroke-width": "4", "paint-order": "stroke"}
    return _text(words, x, y, anchor, **{"fill": INK, **halo, **more})


def _line(x1: float, y1: float, x2: float, y2: float, **more: str) -> ET.Element:
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    return ET.Element("line", {name: str(value) for name, value in ends.items()} | more)


class Levels(Unnamed):
    """Sums that must not be exceeded: thin lines, named where there is room."""

    def to_svg(self, width: Any, height: Any, xs: Any, ys: Any, series: Any, palette: Any) -> Any:
        group = ET.Element("g")
        last = height + APART
        for each in series.data():
            y = ys.project(each.y, height, 0)
            thin = {"stroke": self.colour, "stroke-width": "1", "stroke-dasharray": "2 3"}
            group.append(_line(0, y, width, y, **thin))
            if last - y >= 15 and y > 12:
                group.append(_haloed(each.row[2], 4, y - 3, fill=self.colour))
                last = y
        return group


class Stalks(Unnamed):
    """Thin lines from flags down to their days; drawn first, so that sums lie over them."""

    def to_svg(self, width: Any, height: Any, xs: Any, ys: Any, series: Any, palette: Any) -> Any:
        group = ET.Element("g")
        thin = {"stroke": self.colour, "stroke-width": "1", "stroke-opacity": "0.4"}
        for x, y, _words in _placed(series, xs, width):
            group.append(_line(x, y, x, height, **thin))
        return group


class Flags(Unnamed):
    """Numbers in rings, side by side or below one another where days lie close."""

    def to_svg(self, width: Any, height: Any, xs: Any, ys: Any, series: Any, palette: Any) -> Any:
        group = ET.Element("g")
        for x, y, words in _placed(series, xs, width):
            ring = {"cx": str(x), "cy": str(y), "r": "9", "fill": PAPER, "stroke": self.colour}
            group.append(ET.Element("circle", ring))
            group.append(_text(words, x, y + 4, "middle", **{"font-size": "12"}))
        return group


def _placed(series: Any, xs: Any, width: Any) -> list[tuple[float, float, str]]:
    taken: list[float] = []
    found = []
    for each in series.data():
        x = xs.project(each.x, 0, width)
        row = next((row for row, at in enumerate(taken) if x - at >= APART), len(taken))
        taken[row : row + 1] = [x]
        found.append((x, 10.0 + row * (APART + 2), each.row[2]))
    return found


class Points(Unnamed):
    """Lettered diamonds, hollow where they count more than the contract; the letter goes below
    where another stands close before it.
    """

    def to_svg(self, width: Any, height: Any, xs: Any, ys: Any, series: Any, palette: Any) -> Any:
        group = ET.Element("g")
        last = -float(APART)
        for each in series.data():
            x, y = xs.project(each.x, 0, width), ys.project(each.y, height, 0)
            close = x - last < APART
            diamond = f"M{x} {y - 6} L{x + 6} {y} L{x} {y + 6} L{x - 6} {y} Z"
            fill = self.colour if each.row[3] else PAPER
            shape = {"d": diamond, "fill": fill, "stroke": self.colour, "stroke-width": "2"}
            group.append(ET.Element("path", shape))
            group.append(_haloed(each.row[2], x, y + (21 if close else -10), "middle"))
            last = -float(APART) if close else x
        return group


class Crossings(Unnamed):
    """Triangles where a total came to lie above a mark."""

    def to_svg(self, width: Any, height: Any, xs: Any, ys: Any, series: Any, palette: Any) -> Any:
        group = ET.Element("g")
        for each in series.data():
            x, y = xs.project(each.x, 0, width), ys.project(each.y, height, 0)
            triangle = f"M{x} {y - 7} L{x + 6} {y + 4} L{x - 6} {y + 4} Z"
            shape = {"d": triangle, "fill": self.colour, "stroke": PAPER, "stroke-width": "1"}
            group.append(ET.Element("path", shape))
        return group


class Named(Unnamed):
    """The ends of lines: what each is called and what it comes to, one above the other."""

    def __init__(self, as_words: Callable[[Decimal], str]) -> None:
        super().__init__()
        self.as_words = as_words

    def to_svg(self, width: Any, height: Any, xs: Any, ys: Any, series: Any, palette: Any) -> Any:
        group, last = ET.Element("g"), -float(APART)
        ends = sorted(series.data(), key=lambda each: ys.project(each.y, height, 0))
        for each in ends:
            _day, amount, name, colour = each.row
            x, y = xs.project(each.x, 0, width), ys.project(each.y, height, 0)
            at = max(y - 8, last + 15, 12)
            words = f"{name} {self.as_words(Decimal(str(amount)))}"
            bold = {"fill": colour, "font-weight": "bold"}
            group.append(_haloed(words, x - 2, at, "end", **bold))
            last = at
        return group
