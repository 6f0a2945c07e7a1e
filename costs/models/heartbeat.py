from django.db import models


class Heartbeat(models.Model):
    """When a worker last took up a job that the scheduler asked for; one row for each such job.

    Both must be alive for it to move on. Written by the job itself, never by a request.
    """

    #: The sweep over rechecks, every 15 seconds.
    SWEEP = "sweep"

    job = models.CharField(max_length=30, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.job}, {self.beat_at}"
