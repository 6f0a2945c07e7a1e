import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "barnetwatch.settings")

app = Celery("barnetwatch")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
