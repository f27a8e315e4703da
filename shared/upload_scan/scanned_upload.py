"""Takes an uploaded document off the wire: to local disk, hashed on the way, bounded, then scanned."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from fastapi import Request

from shared.upload_scan.refusals import FileTooLarge
from shared.upload_scan.scan import SCANNED_BYTES_MAX, scan_upload

SPOOL_MEMORY_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ScannedUpload:
    """A file that may be kept."""

    content: bytes
    format: str
    sha256: str


@asynccontextmanager
async def scanned_upload(request: Request) -> AsyncIterator[ScannedUpload]:
    """The raw body of the request. FileTooLarge or FileRefused when it is not taken in."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > SCANNED_BYTES_MAX:
        raise _too_large()
    digest, size = hashlib.sha256(), 0
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_MEMORY_BYTES) as spool:
        async for chunk in request.stream():
            size += len(chunk)
            if size > SCANNED_BYTES_MAX:
                raise _too_large()
            digest.update(chunk)
            spool.write(chunk)
        spool.seek(0)
        media_type = request.headers.get("content-type", "")
        file_format = await asyncio.to_thread(scan_upload, cast("BinaryIO", spool), media_type)
        spool.seek(0)
        yield ScannedUpload(spool.read(), file_format, digest.hexdigest())


def _too_large() -> FileTooLarge:
    return FileTooLarge(f"A file is at most {SCANNED_BYTES_MAX // 2**20} MiB")
