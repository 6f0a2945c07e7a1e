"""One person for each role, to look around with: on the embedded default only.

Their password is made once and kept in a file for its owner alone. Where the database is made
anew, they are made anew with the password that the file has.
"""

import os
import re
import secrets
from pathlib import Path

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import Role, User
from barnetwatch.record.reading import Mistake

FILE = "sign-in.txt"
#: Without letters and digits that are taken for one another.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_PASSWORD = re.compile(rf"^Password: +([{_LETTERS}-]{{19,}})$", re.MULTILINE)


def address(role: Role) -> str:
    """Where a role's person signs in: finance.officer@barnetwatch.example."""
    return f"{role.value.lower().replace(' ', '.')}@barnetwatch.example"


@transaction.atomic
def make(folder: Path) -> bool:
    """Make the people and the file, unless one of the people is there; whether they were made."""
    if User.objects.filter(email__in=[address(role) for role in Role]).exists():
        return False
    password = _kept(folder / FILE)
    for role in Role:
        person = User.objects.create_user(
            address(role), password, name=f"Demonstration {role.label.lower()}"
        )
        group, _ = Group.objects.get_or_create(name=role.value)
        person.groups.add(group)
    return True


def _kept(path: Path) -> str:
    """The password that the file has, or a new one, which it has from now on."""
    if not path.exists():
        _write(path)
    found = _PASSWORD.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise Mistake(f"{path} names no password. Delete it, and a new one is made.")
    return found[1]


def _write(path: Path) -> None:
    """Under another name first: nobody ever reads half a file, and none is overwritten."""
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    width = max(len(role.label) for role in Role)
    people = "\n".join(f"  {role.label:<{width}}  {address(role)}" for role in Role)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"To sign in, choose a role:\n{people}\nPassword: {password}\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
