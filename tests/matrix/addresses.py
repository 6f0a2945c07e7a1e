"""The resolver's patterns, and an address for each: of a row in a state, or of none at all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, get_resolver

from barnetwatch.lib.registers import Register
from tests.matrix.table import BACK_OFFICE, PAGES, Page
from tests.matrix.world import World

#: A key that no row has.
NOBODY = 987_654
NOBODYS = {"pk": NOBODY, "key": "00000000-0000-4000-8000-000000000000"}


@dataclass(frozen=True)
class Pattern:
    """One pattern of the resolver."""

    name: str
    route: str
    parameters: tuple[str, ...]
    #: The class of a list page, or None.
    register: Any = None
    #: The word that stands for a kind of row in its address, and the model of that kind.
    word: str = ""
    of: Any = None


def patterns() -> Iterator[Pattern]:
    """Every pattern of the whole site; those without a name are named by their route."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(found: Any, before: str) -> Iterator[Pattern]:
    for each in found:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            parameters = tuple(each.pattern.regex.groupindex)
            view = getattr(each.callback, "view_class", None)
            register = view if isinstance(view, type) and issubclass(view, Register) else None
            name = each.name or _nameless(route)
            kinds = PAGES[name].kinds if name in PAGES else {}
            for word, model in kinds.items():
                about = _put(route, {parameters[0]: word})[1:]
                yield Pattern(name, about, parameters[1:], register, word, model)
            if not kinds:
                yield Pattern(name, route, parameters, register)
        else:
            yield from _walk(each.url_patterns, route)


def _nameless(route: str) -> str:
    """Two sorts, both of the stock admin: an old address of a row, and what nothing else takes."""
    if route.endswith("/<path:object_id>/"):
        return f"{'_'.join(route.split('/')[1:3])}_old"
    return "catch_all" if "(?P<url>" in route else route


#: The model of each registered admin, by how the names of its patterns begin.
ADMINS = {f"{m._meta.app_label}_{m._meta.model_name}": m for m in admin.site._registry}
#: The pages of a registered ModelAdmin.
OF_ADMINS = ("changelist", "add", "history", "delete", "change", "old", "act")


def model_and_page(name: str) -> tuple[Any, str]:
    """The model and the sort of page of a pattern of the back office; None, "" for any other."""
    label, _, sort = name.rpartition("_")
    return (ADMINS[label], sort) if label in ADMINS and sort in OF_ADMINS else (None, "")


def is_known(pattern: Pattern) -> bool:
    """Whether the matrix has a row for a pattern."""
    is_ours = pattern.name in PAGES or pattern.name in BACK_OFFICE
    return is_ours or model_and_page(pattern.name)[0] is not None


def takes_a_row(pattern: Pattern) -> Any:
    """The model of the row that a pattern's address names; None where it names none."""
    if pattern.of is not None:
        return pattern.of
    model, _ = model_and_page(pattern.name)
    if model is not None:
        return model if pattern.parameters else None
    page = PAGES.get(pattern.name)
    return None if page is None else page.of or page.more.get("payee")


def addresses(pattern: Pattern, world: World, who: str, state: str = "open") -> list[str]:
    """Each address of a pattern, about the row in a state."""
    return list(_addresses(pattern, world, who, _key_of(world, who, state)))


def _key_of(world: World, who: str, state: str) -> Any:
    return lambda model, name="pk": getattr(world.row(who, state, model), name)


def absent(pattern: Pattern, world: World, who: str) -> list[str]:
    """The same of a row that there is not."""
    return list(_addresses(pattern, world, who, lambda model, name="pk": NOBODYS[name]))


def _addresses(pattern: Pattern, world: World, who: str, key: Any) -> Iterator[str]:
    model, sort = model_and_page(pattern.name)
    page = PAGES.get(pattern.name, Page(frozenset()))
    given: dict[str, tuple[Any, ...]] = dict(page.words)
    if model is not None:
        given["object_id"] = (key(model),)
        if sort == "act":
            given["slug"] = tuple(act.slug for act in admin.site._registry[model].acts)
    if pattern.of is not None:
        given |= {name: (key(pattern.of, name),) for name in pattern.parameters}
    if page.of is not None:
        given["pk"] = (key(page.of),)
    given |= {name: (key(kind),) for name, kind in page.more.items()}
    match pattern.name:
        case "unsubscribe":
            given["key"] = (world.key_of(who),)
        case "calendar_feed":
            given["token"] = (world.token_of(who),)
        case "app_list":
            labels = {each._meta.app_label for each in admin.site._registry}
            given["app_label"] = tuple(sorted(labels))
        case "catch_all":
            given["url"] = ("nothing/of/the/kind",)
    for values in product(*(given[name] for name in pattern.parameters)):
        yield _put(pattern.route, dict(zip(pattern.parameters, values, strict=True)))


def _put(route: str, values: dict[str, Any]) -> str:
    for name, value in values.items():
        route = re.sub(rf"<(\w+:)?{name}>|\^?\(\?P<{name}>[^)]*\)", str(value), route)
    return "/" + route.replace("$", "").replace("^", "")
