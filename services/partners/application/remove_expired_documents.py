"""Removes the bytes of documents whose retention is over; their rows and hashes stay."""

from datetime import datetime
from typing import Final

import structlog

from services.partners.adapters.document_rows import mark_expired
from services.partners.application.freeze_document import BUSINESS_TIME_ZONE
from services.partners.application.obtain_file import DocumentFiles

AT_ONCE_MAX: Final = 200
ROUNDS_MAX: Final = 100

log = structlog.get_logger()


async def remove_expired_documents(files: DocumentFiles, now: datetime) -> int:
    """Marked first, removed after: bytes that stay behind after a crash cost room, a row without bytes would lie."""
    today = now.astimezone(BUSINESS_TIME_ZONE).date()
    removed = 0
    for _ in range(ROUNDS_MAX):
        async with files.database.engine.begin() as connection:
            marked, hashes = await mark_expired(connection, today=today, at=now, limit=AT_ONCE_MAX)
        for sha256 in hashes:
            await files.store.remove(sha256)
        removed += marked
        if marked < AT_ONCE_MAX:
            break
    if removed:
        log.info("documents_removed", files=removed)
    return removed
