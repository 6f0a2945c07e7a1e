"""Each form of each page sent back whole: by those who may, by those who may not, and with the keys
of rows that are hidden from whoever sends it.

A form is sent as it stands, and once more with every empty field filled in; where the site shows
what is about to be written, that is confirmed, too. All of it is taken back.

Every run takes the forms of each seventh pattern, `make test-matrix` all of them.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.forms import ModelChoiceField
from django.urls import resolve

from incidents.models import IncidentDraft
from tests.matrix.addresses import NOBODY, Pattern
from tests.matrix.canaries import places
from tests.matrix.filled import Form, forms_of
from tests.matrix.people import CLOSEST, KEYS, ROLES
from tests.matrix.record import HIDEABLE
from tests.matrix.sending import forms_in
from tests.matrix.sweep import Asked, Sweep
from tests.matrix.table import PAGES
from tests.matrix.world import World
from tests.matrix.writes import BESIDE

pytestmark = pytest.mark.django_db

#: Half a report of a failure is kept as it was typed, wrong answers, too.
DRAFTS = {IncidentDraft._meta.db_table}
Pages = dict[Pattern, dict[str, list[Asked]]]


EACH = pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.matrix)])


@EACH
def test_a_form_sent_whole_says_nothing_hidden_and_breaks_nothing(world, sweep, figure, step):
    wrong, count, saved = [], 0, 0
    for asked, form in _sent_in_turn(sweep, step):
        post = Asked(asked.pattern, asked.who, _action(asked, form), "POST")
        for data in (form.as_it_stands(), form.filled()):
            answer = sweep.ask(post, data=data)
            count += 1
            saved += bool(answer.written - BESIDE)
            if answer.leaks or answer.status >= 500:
                wrong.append(f"{post} -> {answer.status}, {places(answer.leaks)}")
    figure(f"permission matrix: forms sent whole {count:,} times, of which {saved:,} were saved")
    assert saved * step > 100
    assert not wrong, "\n".join(wrong)


@EACH
def test_a_form_sent_by_one_who_may_not_open_it_is_refused(world, sweep, figure, step):
    wrong, turn = [], 0
    for asked, form in _sent_in_turn(sweep, step):
        for who in _in_turn(_refused(sweep, asked, form), turn):
            turn += 1
            post = Asked(asked.pattern, who, _action(asked, form), "POST")
            answer = sweep.ask(post, data=form.filled())
            is_refused = answer.status in (302, 403, 404) and not answer.written - BESIDE
            if answer.leaks or not is_refused:
                wrong.append(
                    f"{post} -> {answer.status}, {places(answer.leaks)}, "
                    f"writes {sorted(answer.written - BESIDE)}"
                )
    figure(f"permission matrix: forms sent {turn:,} times by those who may not open them")
    assert not wrong, "\n".join(wrong)


@EACH
def test_the_key_of_a_hidden_row_is_refused_like_that_of_none(world, sweep, figure, step):
    wrong, count = [], 0
    for asked, form, name, model in _selects(sweep, step):
        key = _hidden_key(world, asked.who, model)
        post, texts = Asked(asked.pattern, asked.who, _action(asked, form), "POST"), []
        for each in (key, NOBODY):
            answer = sweep.ask(post, data=form.filled() | {name: [str(each)]})
            texts.append(re.sub(rf"\b({key}|{NOBODY})\b", "", f"{answer.status} {answer.text}"))
            if answer.leaks or name not in answer.wrong or answer.written - BESIDE - DRAFTS:
                wrong.append(f"{post}, {name}={each} -> {answer.status}, {sorted(answer.wrong)}")
        count += 1
        if texts[0] != texts[1]:
            wrong.append(f"{post}, {name}: {model.__name__} {key} is not refused like none")
    figure(f"permission matrix: {count:,} selects of rows were sent the key of a hidden row")
    assert count * step > 100
    assert not wrong, "\n".join(wrong)


def _pages(sweep: Sweep) -> Pages:
    """The pages that each role may open, by pattern."""
    found: Pages = defaultdict(lambda: defaultdict(list))
    for asked, answer in sweep.answers.items():
        is_page = asked.method == "GET" and answer.status == 200 and "?" not in asked.address
        if is_page and asked.about == "open" and asked.who != KEYS:
            found[asked.pattern][asked.who].append(asked)
    return found


def _sent_in_turn(sweep: Sweep, step: int) -> Iterator[tuple[Asked, Form]]:
    """Every form of every page, as two of those who may open it see it."""
    done = set()
    for number, by_role in enumerate(list(_pages(sweep).values())[::step]):
        openers = list(by_role)
        for who in dict.fromkeys((openers[-1], openers[number % len(openers)])):
            for asked in by_role[who]:
                for form in _forms(sweep.page(asked)):
                    key = (who, _action(asked, form), tuple(form.fields))
                    if key not in done:
                        done.add(key)
                        yield asked, form


def _forms(page: Any) -> list[Form]:
    is_read = page.status_code == 200 and not page.streaming
    return forms_of(page.content.decode(errors="replace")) if is_read else []


def _action(asked: Asked, form: Form) -> str:
    return urljoin(asked.address, form.action)


def _refused(sweep: Sweep, asked: Asked, form: Form) -> list[str]:
    """Who may not open the page that a form is sent to."""
    name = resolve(urlsplit(_action(asked, form)).path).url_name
    if name in PAGES:
        allowed = PAGES[name].who_of.get(asked.pattern.word, PAGES[name].who)
    else:
        allowed = frozenset(
            each.who
            for each, answer in sweep.answers.items()
            if each.pattern == asked.pattern and answer.status == 200
        )
    return [who for who in ROLES if who not in allowed]


def _in_turn(found: list[str], turn: int) -> list[str]:
    return [found[turn % len(found)]] if found else []


def _selects(sweep: Sweep, step: int) -> Iterator[tuple[Asked, Form, str, Any]]:
    """Each field that chooses among rows that can be hidden, of the pages of one who opens all."""
    done = set()
    for by_role in list(_pages(sweep).values())[::step]:
        for asked in by_role.get(CLOSEST, []):
            page = sweep.page(asked)
            chosen = {
                form.add_prefix(name): field.queryset.model
                for form in forms_in(page)
                for name, field in form.fields.items()
                if isinstance(field, ModelChoiceField) and field.queryset.model in HIDEABLE
            }
            for form in _forms(page):
                for name, each in form.fields.items():
                    key = (_action(asked, form), name)
                    is_shown = each.kind != "hidden" and "__prefix__" not in name
                    if name in chosen and is_shown and key not in done:
                        done.add(key)
                        yield asked, form, name, chosen[name]


def _hidden_key(world: World, who: str, model: Any) -> int:
    """The key of a row of a kind that somebody may not see."""
    book = world.record.book
    return next(
        pk
        for kind, pk in world.record.hidden()
        if kind is model
        and not world.people[who].may_see(book.hidden_by[model._meta.label_lower, pk])
    )
