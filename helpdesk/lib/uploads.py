"""How much of a form with files is read at all, whoever sends it."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MOST = 50 * 1024 * 1024  # bytes of one request, all of its files together


class Capped(FileUploadHandler):
    """Stands before the handlers that keep files. Raises RequestDataTooBig, before reading where the length is told.

    Django bounds the other fields of a form only: without this a stranger could fill the disk.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.left = MOST

    def handle_raw_input(
        self,
        input_data: Any,
        meta: dict[str, str],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        if content_length > MOST:
            raise RequestDataTooBig

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.left -= len(raw_data)
        if self.left < 0:
            raise RequestDataTooBig
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
