from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and clearances"

    def ready(self) -> None:
        from accounts import signins  # Writes rows, so only once apps are loaded.

        signins.listen()
