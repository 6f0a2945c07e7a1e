"""A word of the site as a link to what it means."""

from django import template
from django.urls import reverse
from django.utils.html import format_html

from barnetwatch.pages.words import by_anchor

register = template.Library()


@register.simple_tag
def word(anchor: str, text: str = "") -> str:
    """`{% word "at-risk" %}` links the words “at risk” to their meaning; a second text replaces
    them. An anchor that the help page does not have is a mistake in the template."""
    found = by_anchor()[anchor]
    return format_html(
        '<a class="govuk-link" href="{}#{}">{}</a>',
        reverse("admin:help"),
        found.anchor,
        text or found.word,
    )
