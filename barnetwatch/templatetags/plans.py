"""Sums beside a plan: `{{ over|over_or_under }}` prints “£30.00 under”."""

from django import template

from barnetwatch.pages.payments.planrows import signed

register = template.Library()
register.filter("over_or_under", signed)
