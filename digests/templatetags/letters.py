"""Words as they stand in a plain text mail."""

import textwrap

from django import template

register = template.Library()
#: Characters of a line, as in the other paragraphs of a mail.
WIDTH = 74


@register.filter
def hanging(text: str, bullet: str = "*") -> str:
    """An item of a list: its bullet stands out, its lines stand under one another."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"{bullet} ",
        subsequent_indent=" " * (len(bullet) + 1),
        break_long_words=False,
        break_on_hyphens=False,
    )
