"""Whether a contract's overruns are being checked just now, and what came of it."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone

from barnetwatch.pages.page import needs
from contracts.models import Contract, Recheck
from costs.models import OverrunAlert


def waits(contract: Any, at: Any) -> bool:
    """Whether a total of a contract moved and no check has looked at it since."""
    return bool(Recheck.objects.filter(contract=contract, asked_at__lte=at).exists())


def waiting(at: Any) -> Exists:
    """The same as a column of contracts, for a page that reads one anyway."""
    return Exists(Recheck.objects.filter(contract=OuterRef("pk"), asked_at__lte=at))


@needs("costs.view_overrunalert")
def fresh(request: HttpRequest, pk: int) -> JsonResponse:
    """What a page asks while it waits: whether the check is done, and in words how it stands."""
    contract = Contract.objects.visible_to(request.user).filter(pk=pk).first()
    if contract is None:
        raise Http404
    waiting = waits(contract, timezone.now())
    words = "" if waiting else in_words(contract, request.user)
    overruns = f"{reverse('admin:alerts')}?contract={pk}"
    return JsonResponse({"waiting": waiting, "words": words, "url": overruns})


def in_words(contract: Contract, user: Any) -> str:
    """How a contract stands after a check, with the overrun that was raised last."""
    alerts = OverrunAlert.objects.visible_to(user).standing().filter(contract=contract)
    count = alerts.count()
    if not count:
        return f"Checked: no total of {contract} is over a mark."
    latest = alerts.with_telling(user).select_related("threshold", "contract")
    newest = latest.order_by("-raised_at", "-pk")[0]
    told = newest.in_words if newest.tells_sum else newest.without_sum
    return f"Checked: {contract} is over {count} {'mark' if count == 1 else 'marks'}. {told}"


PAGES = [("costs/checked/<int:pk>/", "checked", fresh)]
