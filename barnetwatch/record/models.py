from django.db import models


class LoadedRow(models.Model):
    """A row of the file that has been loaded, and which row it became.

    What officers rename, correct or delete afterwards is still known here, so that loading twice
    neither doubles a cost nor brings back what somebody took out.
    """

    key = models.CharField(max_length=150, help_text="Its table and key in the file.")
    row = models.BigIntegerField(help_text="The id of what it became.")

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="record_loadedrow_once"),
        ]

    def __str__(self) -> str:
        return self.key
