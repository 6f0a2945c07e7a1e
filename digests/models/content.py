from django.db import models
from django.utils import timezone

from barnetwatch.lib.appendonly import AppendOnly
from barnetwatch.lib.dates import in_words
from digests.weeks import Week


class Content(AppendOnly):
    """A mail as it was compiled, once for everybody who follows the same and was told as much.

    Kept as sent. Text and HTML hold a place for each reader's own unsubscribe link; `items` is
    the same in parts, each with the rows it rests on, so that what is restricted later can be
    masked when it is shown.
    """

    #: Stands in text and HTML where a reader's own unsubscribe link goes.
    UNSUBSCRIBE = "https://unsubscribe.invalid/"

    class Kind(models.TextChoices):
        """What sort of mail."""

        #: The weekly digest.
        DIGEST = "digest"
        #: Alerts raised just now.
        ALERT = "alert"

    kind = models.CharField(max_length=6, choices=Kind)
    key = models.CharField(max_length=64, help_text="SHA-256 of what it was compiled from.")
    week = models.CharField(max_length=8, blank=True, help_text="Such as 2018-W40, for a digest.")
    since_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    picture = models.BinaryField(help_text="PNG; empty where there is nothing to draw.")
    items = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="digests_content_key")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What it is, without a word of what it says: that may have been restricted since."""
        if self.week:
            return f"Digest for {Week.named(self.week).in_words}"
        return f"Alerts of {in_words(timezone.localdate(self.until_at))}"
