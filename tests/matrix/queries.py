"""What stands behind the question mark: every filter's values, every order, every format, every
suggestion. They are read off the filters, tables and admins, so a new one is asked for by itself.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import django_filters
from django.contrib import admin
from django.test import RequestFactory

from barnetwatch.lib.exports import FORMATS
from barnetwatch.lib.registers import Register
from contracts.models import Contract
from costs.models import CostLine, Payee
from digests.models import Edition
from tests.matrix.addresses import Pattern, model_and_page
from tests.matrix.canaries import COMMON
from tests.matrix.world import World

#: Pages that take more from their address than a register does.
OTHERS: dict[str, tuple[str, ...]] = {
    "search": (f"?q={COMMON}", f"?q={COMMON}&kind=contract", f"?q={COMMON}&kind=costentry"),
    "contract": ("?known=2018-09-30", "?known=2012-01-01"),
    "payments_match": ("?supplier={supplier}&contract={contract}",),
    "questions": ("?contract={contract}", "?body=1"),
    "ledger": ("?line={line}",),
    "failure_report_step": ("?contract={contract}",),
    "decision_add": ("?contract={contract}",),
    "promise_add": ("?contract={contract}",),
    "claim_add": ("?contract={contract}",),
}


def queries(
    pattern: Pattern, world: World, who: str, states: tuple[str, ...] = ("open",), *, few: bool
) -> list[str]:
    """The queries of a pattern; with `few` one value of each filter, about the open rows alone."""
    found = list(_texts(pattern, world, who, states))
    if few:
        seen: dict[str, str] = {}
        for each in found:
            is_list = pattern.register or pattern.name.endswith("_changelist")
            alike = is_list and not each.startswith("?sort=")
            seen.setdefault(each.partition("=")[0] if alike else each, each)
        found = list(seen.values())
    return list(dict.fromkeys(found))


def _texts(pattern: Pattern, world: World, who: str, states: tuple[str, ...]) -> Iterator[str]:
    if pattern.register is not None:
        yield from _of_a_register(pattern.register, world, who, states)
    if pattern.name == "autocomplete":
        yield from _suggestions()
    for text in OTHERS.get(pattern.name, ()):
        for state in states:
            contract: Any = world.row(who, state, Contract)
            line = world.row(who, state, CostLine).pk
            yield text.format(contract=contract.pk, supplier=contract.supplier_id, line=line)
    model, sort = model_and_page(pattern.name)
    if sort == "changelist":
        yield from ("?_facets=True", f"?q={COMMON}")
        yield from _of_a_changelist(admin.site._registry[model], world.people[who].user)


def _of_a_register(
    register: type[Register], world: World, who: str, states: tuple[str, ...]
) -> Iterator[str]:
    yield from (f"?export={kind}" for kind in FORMATS)
    for name, each in register.filterset_class.base_filters.items():
        for value in _values(name, each, world, who, states):
            yield f"?{urlencode(value)}"
            yield f"?{urlencode(value)}&export=csv"
    for name, column in register.table_class.base_columns.items():
        if column.orderable is not False:
            yield from (f"?sort={name}", f"?sort=-{name}")


def _values(
    name: str, each: Any, world: World, who: str, states: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    if isinstance(each, django_filters.ModelChoiceFilter):
        rows = each.extra["queryset"]
        model = (rows(_asked(world, who)) if callable(rows) else rows).model
        for state in states:
            key = _key(world, who, state, model)
            if key is not None:
                yield {name: key}
    elif isinstance(each, django_filters.ChoiceFilter):
        for value, _ in each.field.choices:
            if value:
                yield {name: value}
    elif type(each) is django_filters.CharFilter:
        yield {name: COMMON}
    else:
        day = {f"{name}_day": 1, f"{name}_month": 4, f"{name}_year": 2018}
        yield from ({name: "on"}, {name: "30"}, day)


def _key(world: World, who: str, state: str, model: Any) -> int | None:
    if model in (Payee, Edition):
        return None
    try:
        return world.row(who, state, model).pk
    except KeyError:
        return model.objects.values_list("pk", flat=True).first()


def _asked(world: World, who: str) -> Any:
    request = RequestFactory().get("/")
    request.user = world.people[who].user
    return request


def _suggestions() -> Iterator[str]:
    for model, registered in admin.site._registry.items():
        meta = model._meta
        for name in registered.autocomplete_fields:
            asked = f"?app_label={meta.app_label}&model_name={meta.model_name}&field_name={name}"
            yield from (f"{asked}&term=", f"{asked}&term={COMMON}")


def _of_a_changelist(registered: Any, user: Any) -> Iterator[str]:
    request = RequestFactory().get("/?_facets=True")
    request.user = user
    if not registered.has_view_permission(request):
        return
    shown = registered.get_changelist_instance(request)
    for number in range(1, len(shown.list_display) + 1):
        yield from (f"?o={number}", f"?o=-{number}")
    for spec in shown.filter_specs:
        for choice in spec.choices(shown):
            if choice["query_string"] not in ("", "?"):
                yield choice["query_string"]
