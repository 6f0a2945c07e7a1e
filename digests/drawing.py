"""The figures of a digest drawn as bars, as PNG: mail programs show no SVG.

Each bar has its words and its sum above it, so that there is no axis to read and no label to
cut off, and a telephone can shrink the whole.
"""

from collections.abc import Sequence
from pathlib import Path

import resvg_py
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

from barnetwatch.lib.money import in_prose
from costs.stages import Stage
from digests.figures import Figure

FONT = Path(__file__).parent / "fonts" / "LiberationSans-Regular.ttf"
#: As wide as it is shown. A telephone shrinks it by a seventh, and its words stay readable.
WIDTH = 420
#: Heights of the words, of a bar, and of both with the gap to the next.
WORDS, BAR, ROW = 15, 16, 46
#: Characters of a contract's reference for which there is room beside status and sum.
REFERENCE = 20
#: Drawn hollow: what is only pledged or estimated is not spent.
HOLLOW = (Stage.PLEDGED, Stage.ESTIMATED)
INK, FILL, PAPER = "#0b0c0c", "#1d70b8", "#ffffff"


def picture(figures: Sequence[Figure]) -> bytes:
    """The figures as bars, in a PNG of twice the width it is shown at; nothing for no figures."""
    if not figures:
        return b""
    largest = max(each.amount for each in figures)
    bars = format_html_join(
        "\n",
        '<text x="0" y="{}" font-size="{}" fill="{}">{}</text>'
        '<rect x="1" y="{}" width="{}" height="{}" fill="{}" stroke="{}" stroke-width="2"/>',
        (
            (
                (top := number * ROW) + WORDS,
                WORDS,
                INK,
                _words(each),
                top + WORDS + 8,
                # The stroke lies half outside: with it a bar is as long as its sum.
                max(1, round((WIDTH - 2) * each.amount / largest)),
                BAR,
                PAPER if each.stage in HOLLOW else FILL,
                FILL,
            )
            for number, each in enumerate(figures)
        ),
    )
    return png(
        format_html(
            '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}"'
            ' font-family="Liberation Sans"><rect width="100%" height="100%" fill="{}"/>{}</svg>',
            WIDTH,
            ROW * len(figures),
            PAPER,
            bars,
        )
    )


def _words(figure: Figure) -> str:
    # XML holds no control characters, and one in a reference must not stop everybody's mail.
    printable = "".join(filter(str.isprintable, figure.contract))
    reference = Truncator(printable).chars(REFERENCE, truncate="…")
    return f"{reference}, {figure.stage.label}: {in_prose(figure.amount)}"


def png(svg: str) -> bytes:
    """A drawing as PNG, in a font that is named and shipped: without one all text is dropped."""
    drawn = resvg_py.svg_to_bytes(
        svg_string=svg,
        font_files=[str(FONT)],
        font_family="Liberation Sans",
        skip_system_fonts=True,
        width=WIDTH * 2,
    )
    return bytes(drawn)
