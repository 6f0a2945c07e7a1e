"""The brief: a list on paper, each question with the evidence under it, and as a Word document."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from barnetwatch.lib.dates import in_words
from barnetwatch.pages.page import needs, site_page
from barnetwatch.pages.questions.own import KEEP, Shown, crumbs, shown, the_list
from barnetwatch.pages.questions.paper import MIME, document
from barnetwatch.pages.questions.words import the
from scrutiny.models import QuestionList

KEPT_BACK = (
    "This brief holds exempt information, which you may see and the public may not. Do not hand it "
    "round, and do not read it out while the public is in the room."
)
EXPLAINS = (
    "Each figure has the status that its source gives it, such as alleged, pledged or approved. A "
    "claim stands beside what answers it; BarnetWatch gives no verdict. A year in square brackets "
    "is not in the source: it was worked out from other dates."
)


@dataclass(frozen=True)
class Brief:
    """What is printed, as its owner may see it on a day."""

    questions: QuestionList
    items: tuple[Shown, ...]
    on: dt.date

    @property
    def title(self) -> str:
        """What it is called."""
        if self.questions.body is None:
            return f"Questions for {self.questions.occasion}"
        return f"Questions for {the(self.questions.body)}"

    @property
    def lead(self) -> str:
        """For which day, who wrote it, and when it was printed."""
        day = self.questions.meets_on
        meeting = f"Meeting of {in_words(day)}. " if day else ""
        return f"{meeting}Prepared by {self.questions.owner} on {in_words(self.on)}."

    @property
    def warning(self) -> str:
        """What to heed where it holds what the public may not see."""
        return KEPT_BACK if any(item.is_exempt for item in self.items) else ""

    explains = EXPLAINS


def brief_of(user: Any, pk: int, on: dt.date) -> Brief:
    """The brief of one of a person's own lists."""
    questions = the_list(user, pk)
    return Brief(questions, tuple(shown(questions.items.all(), user, on)), on)


@needs(KEEP)
@require_safe
def brief_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The brief to read and to print."""
    brief = brief_of(request.user, pk, timezone.localdate())
    return site_page(
        request,
        "site/questions/brief.html",
        brief.title,
        crumbs=crumbs(brief.questions),
        brief=brief,
    )


@needs(KEEP)
@require_safe
def brief_docx(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a Word document."""
    brief = brief_of(request.user, pk, timezone.localdate())
    response = HttpResponse(document(brief), content_type=MIME)
    name = slugify(f"questions {brief.questions}") or "questions"
    response.headers["Content-Disposition"] = f'attachment; filename="{name[:80]}.docx"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


PAGES = [
    ("questions/lists/<int:pk>/brief/", "brief", brief_page),
    ("questions/lists/<int:pk>/brief.docx", "brief_docx", brief_docx),
]
