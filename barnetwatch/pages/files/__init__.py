"""Files of evidence: add one, say what it is, withdraw it, and have it sent."""

from barnetwatch.pages.files import adding, changing, sending

PAGES = [*adding.PAGES, *changing.PAGES, *sending.PAGES]
