from django.contrib.admin import AdminSite


class BarnetWatchSite(AdminSite):
    """The whole site: named by BarnetWatchAdminConfig, so `@admin.register` finds it."""

    site_header = "BarnetWatch"
    site_title = "BarnetWatch"
    index_title = "Overview"
    site_url = None  # There is no other site for "View site" to lead to.
    empty_value_display = "not known"
    enable_nav_sidebar = False
