"""One person for each role, to look around with: on the embedded default only.

Their password is made once and kept in a file for its owner alone, and so is the key of the
authenticator that officers and the administrator among them have (`manage.py signincode` shows its
present code). Where the database is made anew, they are made anew with what the file has.
"""

import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib.auth.models import Group
from django.db import transaction

from accounts import secondfactor
from accounts.models import Role, User
from barnetwatch.record.reading import Mistake

FILE = "sign-in.txt"
#: Without letters and digits that are taken for one another.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_PASSWORD = re.compile(rf"^Password: +([{_LETTERS}-]{{19,}})$", re.MULTILINE)
_KEY = re.compile(r"^Authenticator key: +([A-Z2-7]{32})$", re.MULTILINE)
HOW = "Officers and the administrator enter a code besides, which this prints:"
COMMAND = ".venv/bin/python manage.py signincode"


def address(role: Role) -> str:
    """Where a role's person signs in: finance.officer@barnetwatch.example."""
    return f"{role.value.lower().replace(' ', '.')}@barnetwatch.example"


@transaction.atomic
def make(folder: Path) -> bool:
    """Make the people and the file, unless one of the people is there; whether they were made."""
    if there := User.objects.filter(email__in=[address(role) for role in Role]):
        _catch_up(there, folder / FILE)
        return False
    password, key = _kept(folder / FILE)
    for role in Role:
        person = User.objects.create_user(
            address(role), password, name=f"Demonstration {role.label.lower()}"
        )
        group, _ = Group.objects.get_or_create(name=role.value)
        person.groups.add(group)
        if role in secondfactor.REQUIRED:
            secondfactor.set_up(person, key)
    return True


def _catch_up(there: Iterable[User], path: Path) -> None:
    """Give the people of an earlier version, who had a password alone, the authenticator."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if not _PASSWORD.search(text) or _KEY.search(text):
        return
    _, key = _kept(path)
    for person in there:
        if secondfactor.must_have(person) and not secondfactor.has(person):
            secondfactor.set_up(person, key)


def key_in(folder: Path) -> str:
    """The authenticator's key that the file has. Raises Mistake where there is none."""
    path = folder / FILE
    found = _KEY.search(path.read_text(encoding="utf-8")) if path.exists() else None
    if found is None:
        raise Mistake(f"{path} names no authenticator key. `manage.py loadrecord` makes one.")
    return found[1]


def _kept(path: Path) -> tuple[str, str]:
    """The password and the key that the file has, or new ones, which it has from now on."""
    if not path.exists():
        _write(path)
    text = path.read_text(encoding="utf-8")
    password = _PASSWORD.search(text)
    if password is None:
        raise Mistake(f"{path} names no password. Delete it, and a new one is made.")
    if not _KEY.search(text):  # As an earlier version wrote it.
        with path.open("a", encoding="utf-8") as file:
            file.write(_about(generate_totp_secret()))
    return password[1], key_in(path.parent)


def _about(key: str) -> str:
    return f"Authenticator key: {key}\n{HOW}\n  {COMMAND}\n"


def _write(path: Path) -> None:
    """Under another name first: nobody ever reads half a file, and none is overwritten."""
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    width = max(len(role.label) for role in Role)
    people = "\n".join(f"  {role.label:<{width}}  {address(role)}" for role in Role)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"To sign in, choose a role:\n{people}\nPassword: {password}\n")
        file.write(_about(generate_totp_secret()))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
