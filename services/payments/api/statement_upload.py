"""Takes an uploaded file off the wire: to local disk, hashed on the way, bounded, never whole in memory."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast
from urllib.parse import unquote

from fastapi import Request
from python_multipart.multipart import MultipartParser, parse_options_header

from services.payments.adapters.statement_formats import StatementFormat, check_archive, detect_format
from services.payments.application.receive_bank_statement import ReceivedFile
from services.payments.domain.errors import StatementTooLarge, StatementUnreadable
from shared.errors import Malformed

if TYPE_CHECKING:  # the parser declares its callbacks for type checkers only
    from python_multipart.multipart import MultipartCallbacks

FILE_BYTES_MAX: Final = 256 * 1024 * 1024
HEAD_BYTES: Final = 64 * 1024
SPOOL_MEMORY_BYTES: Final = 1024 * 1024
ENVELOPE_BYTES: Final = 64 * 1024  # what multipart adds around the file


@asynccontextmanager
async def received_upload(request: Request) -> AsyncIterator[ReceivedFile]:
    """The file of a raw or multipart body. StatementTooLarge, Malformed or StatementFormatUnknown when refused."""
    _refuse_by_announced_size(request)
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_MEMORY_BYTES) as spool:
        sink = _FileSink(spool)
        if media_type == b"multipart/form-data":
            file_name = await _read_multipart(request, options.get(b"boundary", b""), sink)
        else:
            async for chunk in request.stream():
                sink.write(chunk)
            file_name = _file_name_of_header(request)
        if sink.size_bytes == 0:
            raise StatementUnreadable("The file is empty; expected a bank statement")
        spool.seek(0)
        head = spool.read(HEAD_BYTES)
        spool.seek(0)
        statement_format = detect_format(head, file_name=file_name, media_type=media_type.decode("latin-1"))
        if statement_format is StatementFormat.XLSX:
            check_archive(cast("BinaryIO", spool))
            spool.seek(0)
        yield ReceivedFile(
            content=spool,
            content_hash=sink.digest.digest(),
            size_bytes=sink.size_bytes,
            file_name=file_name,
            statement_format=statement_format,
        )


class _FileSink:
    """Writes, counts and hashes; refuses the byte that is too many."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.size_bytes = 0
        self.digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        self.size_bytes += len(chunk)
        if self.size_bytes > FILE_BYTES_MAX:
            raise _too_large()
        self.digest.update(chunk)
        self._target.write(chunk)


def _refuse_by_announced_size(request: Request) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > FILE_BYTES_MAX + ENVELOPE_BYTES:
        raise _too_large()


def _too_large() -> StatementTooLarge:
    limit = FILE_BYTES_MAX // 2**20
    return StatementTooLarge(
        f"A statement file is at most {limit} MiB; ask the bank for one file per day or week"
    )


async def _read_multipart(request: Request, boundary: bytes, sink: _FileSink) -> str:
    """Stream the first part that is a file into the sink; returns its name."""
    form = _FormReader(sink)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
        parser.finalize()
    except ValueError as error:
        raise Malformed("The multipart body cannot be read; expected one part with a file") from error
    if form.file_name is None:
        raise Malformed("The multipart body holds no file; expected a part named `file` with a filename")
    return form.file_name


class _FormReader:
    """Follows the parser through the parts and passes on the bytes of the first file."""

    def __init__(self, sink: _FileSink) -> None:
        self._sink = sink
        self._header_name = b""
        self._header_value = b""
        self._is_in_file = False
        self.file_name: str | None = None

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value_part,
            "on_header_end": self._header_end,
            "on_part_data": self._part_data,
        }

    def _part_begin(self) -> None:
        self._is_in_file = False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header_value_part(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header_end(self) -> None:
        name, value = self._header_name.lower(), self._header_value
        self._header_name = self._header_value = b""
        if name == b"content-disposition" and self.file_name is None:
            _, options = parse_options_header(value)
            if b"filename" in options:
                self.file_name = _safe_name(options[b"filename"].decode("utf-8", "replace"))
                self._is_in_file = True

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_in_file:
            self._sink.write(data[start:end])


def _file_name_of_header(request: Request) -> str:
    _, options = parse_options_header(request.headers.get("content-disposition", ""))
    return _safe_name(unquote(options.get(b"filename", b"").decode("utf-8", "replace")))


def _safe_name(name: str) -> str:
    """The last path segment without control characters: a label, never used as a path."""
    segment = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in segment if char.isprintable())[:200]
