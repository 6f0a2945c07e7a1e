"""No upload fills the disk: beyond a size the rest of it is read and thrown away."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

#: Bytes of all files of one request together.
MOST = 100 * 1024 * 1024


class Bounded(FileUploadHandler):
    """Comes before the handlers that keep what is sent.

    The fields before the file arrive all the same, so that the page can say what is wrong.
    """

    received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > MOST:
            self.request.had_too_much = True  # type: ignore[union-attr]
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None


def had_too_much(request: HttpRequest) -> bool:
    """Whether files of a request were left out because they are too large."""
    return bool(request.FILES is not None and getattr(request, "had_too_much", False))
