"""The calendar: a person's own link to it, and the feed that the link opens."""

from barnetwatch.pages.calendar import feed, link

PAGES = link.PAGES
OPEN_PAGES = feed.OPEN_PAGES
