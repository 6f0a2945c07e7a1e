"""Rows for lists, forms and choices, through the one door of visibility."""

from typing import Any

from django.db.models import Model, Prefetch, QuerySet

from accounts.visibility import Visible


def rows_seen(model: type[Model], user: Any) -> QuerySet[Any]:
    """The rows of a model that a person may see, with what they belong to, which names them."""
    if not issubclass(model, Visible):
        return model._default_manager.all()
    return with_owners(model.objects.visible_to(user))


def with_owners(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Some rows with everything that they belong to, which may be restricted where they are not."""
    return rows.select_related(*_owners(rows.model))


def rows_shown(model: type[Model], user: Any) -> QuerySet[Any]:
    """The same, for showing: what they point at and the person may not see is blank in them."""
    blanked = [
        Prefetch(name, rows_seen(related, user)) for name, related in _pointers(model).items()
    ]
    return rows_seen(model, user).prefetch_related(*blanked)


def unseen(row: Model) -> set[str]:
    """Of a row from `rows_shown`, the names of what it points at and the person may not see."""
    return {
        name
        for name in _pointers(type(row))
        if not row._meta.get_field(name).many_to_many
        and getattr(row, row._meta.get_field(name).attname) is not None  # type: ignore[union-attr]
        and row._state.fields_cache.get(name, row) is None
    }


def _owners(model: type[Model], prefix: str = "") -> list[str]:
    """The paths to everything that a row belongs to, which is seen wherever the row is."""
    paths = []
    for name in getattr(model, "visible_through", ()):
        related = model._meta.get_field(name).related_model
        paths.append(f"{prefix}{name}")
        if related is not model:
            paths += _owners(related, f"{prefix}{name}__")  # type: ignore[arg-type]
    return paths


def _pointers(model: type[Model]) -> dict[str, type[Visible]]:
    """What a row points at without belonging to it: each may be hidden where the row is not."""
    return {
        field.name: field.related_model  # type: ignore[misc]
        for field in (*model._meta.fields, *model._meta.many_to_many)
        if isinstance(field.related_model, type)
        and issubclass(field.related_model, Visible)
        and field.name not in getattr(model, "visible_through", ())
    }
