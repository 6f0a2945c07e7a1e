"""Forms of the back office as a browser sends them back."""

from typing import Any

from django.test import Client
from django.urls import reverse


def page(model: Any, name: str, *args: Any) -> str:
    """The address of a page of the back office."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def as_it_stands(browser: Client, address: str) -> dict[str, Any]:
    """What a browser would send of a form that nobody touched, with the lists under it."""
    context = browser.get(address).context
    form = context["adminform"].form
    data = {name: _sent(form[name].value()) for name in form.fields}
    for inline in context["inline_admin_formsets"]:
        own = inline.formset.management_form
        data |= {f"{own.prefix}-{name}": own[name].value() for name in own.fields}
        for each in inline.formset.initial_forms:
            data |= {f"{each.prefix}-{name}": _sent(each[name].value()) for name in each.fields}
    data |= {name: context.get(name) for name in ("token", "version")}
    return {name: value for name, value in data.items() if value is not None}


def opened(browser: Client, address: str) -> dict[str, str]:
    """What a form that somebody opened carries besides its fields."""
    context = browser.get(address).context
    return {name: context[name] for name in ("token", "version") if context.get(name)}


def errors(answer: Any) -> dict[str, list[str]]:
    """What the form of an answer says is wrong, by field; "" for what concerns no field."""
    form = answer.context["adminform"].form
    return {
        name.removeprefix("__all__"): [each["message"] for each in said]
        for name, said in form.errors.get_json_data().items()
    }


def _sent(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [str(getattr(each, "pk", each)) for each in value]
    if value is True:
        return "on"
    if value is None or value is False:
        return None
    return str(getattr(value, "pk", value))
