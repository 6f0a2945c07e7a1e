"""Report a failure: question by question, a draft kept, the answers checked, then sent once."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.backoffice.refusals import refusal
from barnetwatch.lib.once import SentBefore, new_token, once
from barnetwatch.pages.failures.report import (
    STEPS,
    Incomplete,
    Report,
    Step,
    pages_to_mend,
    sent_fields,
)
from barnetwatch.pages.page import needs, site_page, typed
from incidents import drafts
from incidents.models import Incident

REPORT = "incidents.add_incident"


def the_report(request: HttpRequest) -> Report:
    """What the person has answered so far."""
    return Report(request.user, timezone.localdate())


def to(step: Step | None) -> HttpResponseRedirect:
    """The page of a step; with none left, the one on which answers are checked."""
    if step is None:
        return HttpResponseRedirect(reverse("admin:failure_report_check"))
    return HttpResponseRedirect(reverse("admin:failure_report_step", args=[step.slug]))


@needs(REPORT)
def start(request: HttpRequest) -> HttpResponse:
    """Continue a draft or start again; where there is none, the first question."""
    report = the_report(request)
    if report.draft is None:
        query = request.META.get("QUERY_STRING", "")
        first = reverse("admin:failure_report_step", args=[STEPS[0].slug])
        return HttpResponseRedirect(f"{first}?{query}" if query else first)
    return site_page(
        request,
        "site/failures/start.html",
        "Report a failure",
        crumbs=[("Failures", reverse("admin:failures"))],
        report=report,
        kept_on=timezone.localdate(report.draft.updated_at),
    )


@needs(REPORT)
def go_on(request: HttpRequest) -> HttpResponse:
    """The first question that is not answered."""
    return to(the_report(request).next_step)


@needs(REPORT)
@require_POST
def start_again(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    drafts.claim(request.user)
    return to(STEPS[0])


@needs(REPORT)
def step_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One question. What was sent is kept, be it right or wrong."""
    report = the_report(request)
    step = next((step for step in STEPS if step.slug == slug), None)
    if step is None:
        raise Http404
    if step not in report.steps:
        return to(report.next_step)
    sent = typed(request)
    form = report.form(step, sent, initial={"where": request.GET.get("contract")})
    if request.method == "POST":
        keep(request, report, step, form)
        if form.is_valid():
            return to(the_report(request).next_step)
    number = report.steps.index(step)
    before = report.steps[number - 1] if number else None
    return site_page(
        request,
        "site/failures/question.html",
        f"{step.title} – Report a failure",
        step=step,
        form=form,
        back=to(before).url if before else reverse("admin:failures"),
        number=number + 1,
        count=report.length,
    )


def keep(request: HttpRequest, report: Report, step: Step, form: Any) -> None:
    """Keep what was sent for a page, and forget what it makes pointless."""
    sent = sent_fields(form, request.POST)
    forget = step.decides_over if report.kept.get(step.slug) != sent else ()
    drafts.keep(request.user, step.slug, sent, at=timezone.now(), forget=forget)


@needs(REPORT)
def check(request: HttpRequest) -> HttpResponse:
    """Every answer on one page, each with the way back to it; then the report is sent."""
    refused: list[tuple[str, Step]] = []
    if request.method == "POST":
        try:
            return report_once(request)
        except (ValidationError, IntegrityError) as error:
            refused = pages_to_mend(refusal(error))
    report = the_report(request)
    if (missing := report.next_step) is not None:
        return to(missing)
    return site_page(
        request,
        "site/failures/check.html",
        "Check your answers before you report the failure",
        cards=list(report.cards()),
        refused=refused,
        back=to(report.steps[-1]).url,
        token=request.POST.get("token") or new_token(),
    )


def report_once(request: HttpRequest) -> HttpResponse:
    """Report the failure, unless this very page was sent before."""

    def write() -> Incident:
        failure = the_report(request).write()
        if not drafts.claim(request.user):  # Another page of the same draft was quicker.
            raise SentBefore
        return failure

    def address(failure: Incident) -> str:
        return reverse("admin:failure_reported", args=[failure.pk])

    try:
        failure = once(request.POST.get("token") or new_token(), write, address)
    except Incomplete:
        return to(the_report(request).next_step)
    except SentBefore as before:
        messages.warning(request, "This report was sent before, so it was not recorded again.")
        return HttpResponseRedirect(before.became or reverse("admin:failures"))
    return HttpResponseRedirect(address(failure))


@needs(REPORT)
def reported(request: HttpRequest, pk: int) -> HttpResponse:
    """That it stands on the record, under which reference, and what happens next."""
    failure = Incident.objects.visible_to(request.user).filter(pk=pk).first()
    if failure is None:
        # Somebody who restricts a failure may not be cleared for it.
        said = "If you reported it just now, it is on the record. You are not cleared for it."
        messages.warning(request, said)
        return HttpResponseRedirect(reverse("admin:failures"))
    return site_page(request, "site/failures/reported.html", "Failure reported", failure=failure)


PAGES = [
    ("failures/report/", "failure_report", start),
    ("failures/report/continue/", "failure_report_continue", go_on),
    ("failures/report/again/", "failure_report_again", start_again),
    ("failures/report/check/", "failure_report_check", check),
    ("failures/report/done/<int:pk>/", "failure_reported", reported),
    ("failures/report/<slug:slug>/", "failure_report_step", step_page),
]
