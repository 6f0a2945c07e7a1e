# The Celery app must exist wherever Django runs, or a task would belong to no app.
from barnetwatch.celery import app as celery_app

__all__ = ["celery_app"]
