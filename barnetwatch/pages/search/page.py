"""The search page."""

from math import ceil
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from barnetwatch.pages.page import site_page
from barnetwatch.pages.search.finding import (
    LONGEST,
    MOST,
    PER_PAGE,
    kinds_for,
    look,
    search,
    words_of,
)


def search_page(request: HttpRequest) -> HttpResponse:
    """Everything a person may see that has all the words, by kind; or one kind of it, in pages."""
    question = request.GET.get("q", "")
    words = words_of(question)
    slug = request.GET.get("kind", "")
    if words and slug:
        return _one_kind(request, question, words, slug)
    found = search(request.user, words) if words else []
    count = sum(each.count for each in found)
    return _page(
        request,
        question,
        words,
        found=found,
        count=count,
        said=f"{count:,} {'result' if count == 1 else 'results'}",
    )


def _one_kind(request: HttpRequest, question: str, words: list[str], slug: str) -> HttpResponse:
    kind = next((each for each in kinds_for(request.user) if each.slug == slug), None)
    if kind is None:
        raise Http404
    number = _number(request.GET.get("page", "1"))
    start = (number - 1) * PER_PAGE
    found = look(kind, request.user, words, shown=PER_PAGE, start=start)
    if number > 1 and not found.count:
        raise Http404
    pages = ceil(found.count / PER_PAGE)
    of_kind = {"q": " ".join(words), "kind": slug}
    return _page(
        request,
        question,
        words,
        found=[found] if found.count else [],
        count=found.count,
        said=found.name,
        alone=True,
        number=number,
        pages=pages,
        before=_address(page=number - 1, **of_kind) if number > 1 else "",
        after=_address(page=number + 1, **of_kind) if number < pages else "",
        everything=_address(q=of_kind["q"]),
    )


def _page(request: HttpRequest, question: str, words: list[str], **context: Any) -> HttpResponse:
    query = question[:LONGEST].replace("\x00", "").strip()
    typed = len(set(question.lower().split()))
    return site_page(
        request,
        "site/search.html",
        f"Search: {query}" if words else "Search",
        crumbs=[("Overview", reverse("admin:index"))],
        query=query,
        asked=" ".join(words),
        was_cut=len(question) > LONGEST or typed > MOST,
        most=MOST,
        longest=LONGEST,
        **context,
    )


def _number(text: str) -> int:
    """The number of a page; beyond what any list has, there is none."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:7]) < 1_000_000:
        raise Http404
    return int(text[:7])


def _address(**query: Any) -> str:
    return f"{reverse('admin:search')}?{urlencode(query)}"
