from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from barnetwatch.lib.columns import NOT_GIVEN


class BarnetWatchSite(AdminSite):
    """The whole site: named by BarnetWatchAdminConfig, so `@admin.register` finds it.

    The pages that cross apps lie at the root, the back office under an address of its own.
    """

    site_header = "BarnetWatch"
    site_title = "BarnetWatch"
    index_title = "Back office"
    site_url = None  # There is no other site for "View site" to lead to.
    empty_value_display = NOT_GIVEN
    enable_nav_sidebar = False
    login_template = "site/login.html"
    #: Of Django's own: the index is ours, and the link by content type answers for hidden rows.
    LEFT_OUT = frozenset({"index", "view_on_site"})

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from barnetwatch import pages  # Needs the apps to be loaded.
        from digests.urls import SITE_PAGES

        own = [("", "index", self.index), *pages.all_pages(), *SITE_PAGES]
        stock = [page for page in super().get_urls() if _name(page) not in self.LEFT_OUT]
        return [
            *(path(at, view, name=name) for at, name, view in pages.open_pages()),
            *(path(at, self.admin_view(view), name=name) for at, name, view in own),
            path("back-office/", self.admin_view(self.back_office), name="back_office"),
            path("back-office/", include(stock)),
        ]

    def back_office(self, request: HttpRequest) -> HttpResponse:
        """The registers of the back office, each for those who may read it."""
        return super().index(request)

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The first page: what changed, what stands, and what waits for somebody."""
        from barnetwatch.pages.overview import overview

        return overview(request)

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Sign in; what was typed before the sign-in is kept."""
        from barnetwatch.pages import signin

        return signin.sign_in(request, extra_context)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Sign out."""
        return super().logout(request, {"title": "You are signed out", **(extra_context or {})})

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Set another password."""
        from barnetwatch.pages.signin import change_password

        return change_password(request)

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Say that it is set."""
        said = {"title": "Your password is changed", **(extra_context or {})}
        return super().password_change_done(request, said)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """What selects suggest while one types."""
        from accounts.backoffice.widgets import Suggestions

        return Suggestions.as_view(admin_site=self)(request)


def _name(page: URLPattern | URLResolver) -> str | None:
    return getattr(page, "name", None)
