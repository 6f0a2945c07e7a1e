"""The page of one failure."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.backoffice.rows import rows_shown
from barnetwatch.pages.claimed import marks_of
from barnetwatch.pages.failures.acts import acts_open_to
from barnetwatch.pages.failures.claims import claims_among, statements_about
from barnetwatch.pages.failures.costing import ladder, ladders
from barnetwatch.pages.failures.finding import decisions_seen, the_failure
from barnetwatch.pages.failures.summary import absent, age_of, is_late, summary
from barnetwatch.pages.failures.words import severity_tag, status_tag
from barnetwatch.pages.files.places import FAILURE, section
from barnetwatch.pages.page import needs, site_page
from barnetwatch.pages.timeline.failure import timeline
from incidents.models import Incident
from scrutiny.models import Promise

VIEW = "incidents.view_incident"


@needs(VIEW)
def failure_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What failed, what it cost, who says what, and how it went on."""
    user, today = request.user, timezone.localdate()
    failure = the_failure(user, pk)
    services = list(failure.services.all())
    costs = ladders([failure], user, today).get(pk) or ladder(())
    statements = statements_about(failure, user)
    claims = claims_among(statements, marks_of(statements, user), today)
    decisions = list(decisions_seen(user).filter(incidents=failure))
    promises = list(rows_shown(Promise, user).filter(incident=failure).select_related("body"))
    return site_page(
        request,
        "site/failures/failure.html",
        f"{failure.reference}: {failure.title}",
        about=failure,
        crumbs=[("Overview", reverse("admin:index")), ("Failures", reverse("admin:failures"))],
        failure=failure,
        summary=summary(failure, services=services, costs=costs, claims=claims),
        status_tag=status_tag(failure),
        severity_tag=severity_tag(failure),
        severity_means=Incident.SEVERITY_MEANS[failure.severity],
        services=services,
        is_late=is_late(failure, today),
        costs=costs,
        claims=claims,
        may_claim=user.has_perm("scrutiny.add_statement"),
        decisions=decisions,
        absent=absent(failure, claims=claims, decisions=decisions, promises=promises),
        promises=[(each, age_of(each, today)) for each in promises],
        timeline=timeline(
            failure,
            user,
            services=services,
            costs=costs,
            decisions=decisions,
            statements=statements,
            promises=promises,
        ),
        sources=list(failure.sources.all()),
        evidence=section(FAILURE, failure, user),
        acts=acts_open_to(user, failure),
    )


PAGES = [("failures/<int:pk>/", "failure", failure_page)]
