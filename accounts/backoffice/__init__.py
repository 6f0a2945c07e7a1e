"""What the back office of every app is made of: admins, inlines and acts that go through the
one door of visibility.
"""

from accounts.backoffice.acts import Act, ActForm
from accounts.backoffice.admins import (
    AppendOnlyAdmin,
    EditableInline,
    ListedInline,
    RecordAdmin,
    WrittenByVerb,
)
from accounts.backoffice.fieldsets import RESTRICTION, dated
from accounts.backoffice.filters import SeenRelatedFilter, seen_filter

__all__ = [
    "RESTRICTION",
    "Act",
    "ActForm",
    "AppendOnlyAdmin",
    "EditableInline",
    "ListedInline",
    "RecordAdmin",
    "SeenRelatedFilter",
    "WrittenByVerb",
    "dated",
    "seen_filter",
]
