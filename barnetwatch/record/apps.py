from django.apps import AppConfig


class RecordConfig(AppConfig):
    name = "barnetwatch.record"
    verbose_name = "The public record"
