"""A write that was refused, as what a form says.

Visible rows are checked by the form. Hidden ones only the database knows of, and a verb may know
better than both; neither may end in an error page.
"""

import logging

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import UniqueConstraint
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)


def refusal(error: ValidationError | IntegrityError) -> ValidationError:
    """What to say of a refused write."""
    if isinstance(error, ValidationError):
        return error
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, UniqueConstraint) and _names(error, model, constraint):
                said = constraint.violation_error_message or _("That reference is not available.")
                return ValidationError(said, code="unique")
    # Its own words may hold values that whoever reads the log is not cleared for.
    log.error("the database refused a write: %s", type(error.__cause__ or error).__name__)
    return ValidationError(
        _("Somebody else changed this at the same moment. Look, then try again.")
    )


def _names(error: IntegrityError, model: type, constraint: UniqueConstraint) -> bool:
    """Whether the database names this constraint: PostgreSQL by its name, SQLite by columns."""
    said = str(error)
    if f'"{constraint.name}"' in said or f"'{constraint.name}'" in said:
        return True
    meta = model._meta  # type: ignore[attr-defined]
    columns = [f"{meta.db_table}.{meta.get_field(name).column}" for name in constraint.fields]
    return bool(columns) and said == f"UNIQUE constraint failed: {', '.join(columns)}"
