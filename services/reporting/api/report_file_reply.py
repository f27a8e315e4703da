"""The reply that holds a report's document, whole before it begins."""

import asyncio
import tempfile
from typing import Final

from fastapi import Response
from starlette.responses import StreamingResponse

from services.reporting.adapters.report_files import MEDIA_TYPES, ReportFormat, write_report
from services.reporting.adapters.run_store import Row
from shared.documents.attachment import attachment_headers
from shared.errors import Busy
from shared.list_routes import RETRY_AFTER_SECONDS, chunks

SPOOL_MEMORY_BYTES: Final = 1024 * 1024


async def report_file_reply(
    exports: asyncio.Semaphore, run: Row, content: bytes, wanted: ReportFormat, headers: dict[str, str]
) -> Response:
    """Busy while this process makes as many files as it may."""
    if exports.locked():
        raise Busy(
            "Other files are being made; try again in a moment", retry_after_seconds=RETRY_AFTER_SECONDS
        )
    spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_MEMORY_BYTES)  # noqa: SIM115 - closed when it is sent
    try:
        async with exports:
            await asyncio.to_thread(write_report, spool, run, content, wanted)
    except BaseException:
        spool.close()
        raise
    name = f"{run.definition_name}-{run.first_on}-to-{run.last_on}.{wanted}"
    headers |= attachment_headers(name) | {"Content-Length": str(spool.tell())}
    spool.seek(0)
    return StreamingResponse(chunks(spool), media_type=MEDIA_TYPES[wanted], headers=headers)
