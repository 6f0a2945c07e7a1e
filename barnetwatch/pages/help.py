"""What each word of the site means, written for councillors."""

from django.http import HttpRequest, HttpResponse

from barnetwatch.pages.page import site_page
from barnetwatch.pages.words import groups


def help_page(request: HttpRequest) -> HttpResponse:
    """Every word, in groups; other pages link to one by its anchor."""
    return site_page(request, "site/help/help.html", "What the words mean", groups=groups())


PAGES = [("help/", "help", help_page)]
