"""Sums of money as pages print them: `{{ amount|in_table }}`, `|in_sentence`, `|in_prose`."""

from django import template

from barnetwatch.lib import money

register = template.Library()
register.filter("in_table", money.in_table)
register.filter("in_sentence", money.in_sentence)
register.filter("in_prose", money.in_prose)
