"""The forms of a page, as a browser sends them back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.matrix.canaries import COMMON

#: What somebody puts into a field that stands empty, by how its name ends or by its type.
BY_NAME = {"_day": "1", "_month": "4", "_year": "2018", "_time": "10:00"}
BY_TYPE = {
    "number": "1",
    "date": "2018-04-01",
    "email": "zebra@example.org",
    "url": "https://example.org/",
    "password": "a zebra in the zoo 1847",
}
#: Inputs that a browser sends nothing of.
SILENT = ("submit", "button", "reset", "image")


@dataclass
class Field:
    """A control of a form, and what it would send."""

    name: str
    kind: str
    sent: list[str] = field(default_factory=list)
    #: What can be chosen; nothing where one writes.
    offered: list[str] = field(default_factory=list)

    def filled(self) -> list[Any]:
        """What it would send, or what somebody puts in who leaves nothing empty."""
        if any(self.sent) or "__prefix__" in self.name or self.kind in ("hidden", "checkbox"):
            return self.sent
        if self.kind == "file":
            return [SimpleUploadedFile("zebra.csv", b"R,D,T\n1,2,3\n", "text/csv")]
        if self.offered:
            return [each for each in self.offered if each][:1]
        ending = next((v for k, v in BY_NAME.items() if self.name.endswith(k)), None)
        return [ending or BY_TYPE.get(self.kind, COMMON)]


@dataclass
class Form:
    """A form that is posted."""

    action: str
    fields: dict[str, Field] = field(default_factory=dict)

    def as_it_stands(self) -> dict[str, Any]:
        """What it sends when nobody touched it."""
        return {name: each.sent for name, each in self.fields.items() if each.sent}

    def filled(self) -> dict[str, Any]:
        """What it sends when somebody left nothing empty."""
        found = {name: each.filled() for name, each in self.fields.items()}
        return {name: values for name, values in found.items() if values}


def forms_of(page: str) -> list[Form]:
    """The forms of a page that are posted."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.field: Field | None = None
        self.text = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            is_posted = said.get("method", "").lower() == "post"
            self.form = Form(said.get("action", "")) if is_posted else None
            self.forms += [self.form] if self.form is not None else []
        elif self.form is not None and "disabled" not in said:
            for value in self._sends(tag, said):
                self.field.sent.append(value)  # type: ignore[union-attr]

    def handle_data(self, data: str) -> None:
        if self.text and self.field is not None:
            self.field.sent = ["".join((*self.field.sent, data)).removeprefix("\n")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "textarea":
            self.text = False
        elif tag == "select" and self.field is not None and self.field.kind == "select":
            self.field.sent = self.field.sent or self.field.offered[:1]

    def _sends(self, tag: str, said: dict[str, str]) -> Iterator[str]:
        kind = said.get("type", "text" if tag == "input" else tag).lower()
        if tag == "option" and self.field is not None:
            self.field.offered.append(said.get("value", ""))
            if "selected" in said:
                yield said.get("value", "")
        if tag not in ("input", "select", "textarea", "button") or not said.get("name"):
            return
        is_pressed = tag == "button" or kind in SILENT
        if is_pressed and (self.form is None or any(x.kind == "button" for x in self._all())):
            return  # One button of a form is pressed, the first.
        if tag == "select" and "multiple" in said:
            kind = "multiple"
        name = said["name"]
        made = Field(name, "button" if is_pressed else kind)
        self.field = self.form.fields.setdefault(name, made)  # type: ignore[union-attr]
        self.text = tag == "textarea"
        if kind in ("checkbox", "radio"):
            value = said.get("value", "on")
            self.field.offered.append(value)
            if "checked" in said:
                yield value
        elif (tag == "input" and kind != "file") or is_pressed:
            yield said.get("value", "")

    def _all(self) -> Iterator[Field]:
        return iter(self.form.fields.values() if self.form is not None else ())
