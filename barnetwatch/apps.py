from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core.management import call_command
from django.db import connections
from django.db.models.signals import post_migrate


class BarnetWatchAdminConfig(AdminConfig):
    default_site = "barnetwatch.site.BarnetWatchSite"


class BarnetWatchConfig(AppConfig):
    name = "barnetwatch"
    verbose_name = "BarnetWatch"

    def ready(self) -> None:
        from barnetwatch import checks  # noqa: F401

        post_migrate.connect(make_cache_table, sender=self)
        post_migrate.connect(install_guards, sender=self)
        post_migrate.connect(make_roles, sender=self)


def make_cache_table(using: str, **kwargs: object) -> None:
    """The cache's table, where the cache is one: nobody has to know a second command."""
    call_command("createcachetable", database=using, verbosity=0)


def install_guards(using: str, **kwargs: object) -> None:
    """The triggers that keep rows from being changed; SQLite drops them with a remade table."""
    from barnetwatch.lib import appendonly  # Holds a model, so only once apps are loaded.

    appendonly.install(connections[using])


def make_roles(using: str, **kwargs: object) -> None:
    """The groups with what each may do, from the table in barnetwatch.roles."""
    from barnetwatch import roles  # Imports models, so only once apps are loaded.

    roles.make()
