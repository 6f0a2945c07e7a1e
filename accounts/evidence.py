"""Files kept as evidence. Their bytes lie in the storage that is called `evidence`; here stand
their names, their hashes and who may see them. What is done with them is in `accounts.filing`.
"""

import uuid
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.authorship import Recorded
from accounts.visibility import Restrictable


class EvidenceFile(Recorded, Restrictable):
    """A file that belongs to one row of the record, the one in `visible_through`.

    Who may not see that row does not see the file; it can be restricted by itself besides.
    """

    frozen_columns = ("key", "name", "kind", "size", "sha256", "recorded_by", "recorded_at")

    key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    name = models.CharField(
        max_length=255, editable=False, help_text=_("As it was called; a text, never a path.")
    )
    kind = models.CharField(max_length=4, editable=False, help_text=_("Such as pdf."))
    size = models.BigIntegerField(editable=False, help_text=_("In bytes."))
    sha256 = models.CharField(max_length=64, editable=False, help_text=_("Of its bytes."))
    description = models.CharField(
        max_length=250, help_text=_("What it is and what it shows, in a few words.")
    )

    # When it is withdrawn
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    withdrawn_reason = models.TextField(blank=True, editable=False)
    is_destroyed = models.BooleanField(
        default=False, editable=False, help_text=_("Its bytes were destroyed too.")
    )

    class Meta(Restrictable.Meta):
        abstract = True
        ordering = ["recorded_at", "pk"]
        constraints = (  # type: ignore[assignment]
            *Restrictable.Meta.constraints,
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_withdrawn_with_reason",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | (
                    Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                    & ~Q(withdrawn_reason="")
                ),
                violation_error_message=_("Say why the file is withdrawn."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_destroyed_when_withdrawn",
                condition=Q(is_destroyed=False) | Q(withdrawn_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        """Where its bytes lie in the storage."""
        return place_of(self.key)

    @property
    def owner(self) -> Any:
        """The row of the record that it belongs to."""
        return getattr(self, self.visible_through[0])


class FileCheck(models.Model):
    """What the last look at every file of evidence found; one row, which the next look replaces.

    Files are named by their keys alone: titles and names may be restricted.
    """

    checked_at = models.DateTimeField()
    files = models.PositiveIntegerField(help_text=_("Files that should be there."))
    missing: Any = models.JSONField(default=list, help_text=_("Not there, or not to be read."))
    broken: Any = models.JSONField(default=list, help_text=_("Other bytes than were stored."))
    orphans: Any = models.JSONField(default=list, help_text=_("Bytes that no row names."))

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.files} files, {self.checked_at}"

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missing or self.broken or self.orphans)


def place_of(key: uuid.UUID) -> str:
    """Where the bytes of a file lie in the storage: by a number that nobody chose."""
    return f"{key.hex[:2]}/{key}"


def models_of_files() -> Iterator[type[EvidenceFile]]:
    """Every kind of row that evidence belongs to has a model of files."""
    return (model for model in apps.get_models() if issubclass(model, EvidenceFile))


def files_of(record: type[models.Model]) -> type[EvidenceFile]:
    """The model of the files that belong to a kind of row."""
    found: Any = record._meta.get_field("files").related_model
    return found
