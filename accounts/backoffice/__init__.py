"""What the back office of every app is made of: admins, inlines and acts that go through the
one door of visibility.
"""

from accounts.backoffice.acts import Act, ActForm
from accounts.backoffice.admins import (
    AppendOnlyAdmin,
    ReadOnlyAdmin,
    RecordAdmin,
    WrittenByVerb,
)
from accounts.backoffice.fieldsets import RESTRICTION, dated, restriction
from accounts.backoffice.filters import given_filter, seen_filter
from accounts.backoffice.inlines import EditableInline, ListedInline

__all__ = [
    "RESTRICTION",
    "Act",
    "ActForm",
    "AppendOnlyAdmin",
    "EditableInline",
    "ListedInline",
    "ReadOnlyAdmin",
    "RecordAdmin",
    "WrittenByVerb",
    "dated",
    "given_filter",
    "restriction",
    "seen_filter",
]
