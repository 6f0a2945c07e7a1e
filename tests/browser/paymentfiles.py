"""Payment files in every state, and the visits to their pages."""

from django.utils import timezone

from accounts.models import Role
from costs.models import PaymentUpload
from costs.payments import importing, uploads, working
from tests import factories
from tests.browser.visits import Rows, Visit, just, nothing_typed, of, unfolded
from tests.costs.payments.files import table
from tests.costs.payments.test_importing import bring, month

State = PaymentUpload.State
BAD = ("R,D,T,1,X Ltd,lots,20/04/2018", "R,D,T,2,Y Ltd,5.00,soon")
FOREIGN = "Wann,Wer,Wieviel\n03/04/2018,Müller GmbH,1.00\n"


def an_upload(text: str, name: str = "june.csv", **fields) -> PaymentUpload:
    """An upload that was looked at; `fields` are what became of it."""
    upload = uploads.receive(
        [text.encode()],
        name=name,
        publisher=importing.publisher_of("Barnet"),
        by=factories.the_officer(),
    )
    working.look_soon(upload, timezone.now())
    PaymentUpload.objects.filter(pk=upload.pk).update(**fields)
    return upload


def payment_rows() -> Rows:
    """Files that were imported, replaced and withdrawn, and uploads in every state."""
    first = bring(month(4), name="april.csv").file
    file = bring(month(4, *BAD, "Total,,,,,210.00,"), name="a-very-long-name-" * 8 + "april.csv")
    gone = bring(month(5), name="may.csv").file
    importing.withdraw(gone, reason="It was Harrow’s.", by=factories.the_officer())
    late = "R,D,T,9,A Ltd,1.00,25/04/2018"
    return {
        "payments": file.file,
        "replaced payments": first,
        "withdrawn payments": gone,
        "ready": an_upload(month(6, *BAD, "Total,,,,,210.00,")),
        "a correction": an_upload(month(4, *BAD, late), "april-3.csv"),
        "held already": an_upload(month(4) + month(7).split("\n", 1)[1], "year.csv"),
        "no header": an_upload(FOREIGN, "fremd.csv"),
        "looking": an_upload(month(8), state=State.RECEIVED),
        "importing": an_upload(
            month(9), state=State.IMPORTING, rows_read=12_000, confirmed_at=timezone.now()
        ),
        "imported": an_upload(month(10), state=State.IMPORTED, file=file.file),
        "refused": an_upload("%PDF-1.7", "april.pdf"),
        "cancelled": an_upload(table(), state=State.CANCELLED, why_not="Thrown away by Pat."),
    }


UPLOADS = (
    "ready",
    "a correction",
    "held already",
    "no header",
    "looking",
    "importing",
    "imported",
    "refused",
    "cancelled",
)
VISITS = [
    Visit("admin:payment_files", act=unfolded),
    Visit("admin:payment_files", "nothing found", query="?q=nothing+has+this+name"),
    Visit("admin:payment_files", "a councillor's", who=Role.COUNCILLOR),
    Visit("admin:payment_file", args=of("payments"), act=unfolded),
    Visit("admin:payment_file", "replaced", of("replaced payments")),
    Visit("admin:payment_file", "withdrawn", of("withdrawn payments")),
    Visit("admin:payment_file", "none", just(999_999)),
    Visit("admin:payment_file_withdraw", args=of("payments")),
    Visit("admin:payment_file_withdraw", "a mistake", of("payments"), act=nothing_typed),
    Visit("admin:payment_import"),
    Visit("admin:payment_import", "a mistake", act=nothing_typed),
    *(Visit("admin:payment_upload", state, of(state), act=unfolded) for state in UPLOADS),
    Visit("admin:payment_upload_correct", args=of("ready")),
    Visit("admin:payment_upload_correct", "no header", of("no header")),
    Visit("admin:payment_upload_cancel", args=of("ready")),
    Visit("admin:payment_upload_cancel", "being imported", of("importing")),
]
NOT_VISITED = {
    "admin:payment_upload_state": "what the script of a page asks; no page",
    "admin:payment_upload_unreadable": "a file to download",
    "admin:payment_file_unreadable": "a file to download",
}
