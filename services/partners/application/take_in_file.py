"""Takes in a file that a person hands in for a partner: scanned, stored under its hash, and a version of its title."""

from dataclasses import dataclass
from datetime import datetime

from services.partners.adapters.document_rows import (
    AddedVersion,
    NewDocument,
    StoredFile,
    add_file,
    add_version,
)
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.tell_documents import tell_published
from services.partners.domain.document import DocumentKind, Language, Period, file_name
from services.partners.domain.partner import Partner
from shared.upload_scan import FORMAT_MEDIA_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A file whose bytes passed the scan and are in the store."""

    partner: Partner
    kind: DocumentKind
    title: str
    period: Period
    language: Language
    format: str
    sha256: str
    size_bytes: int
    actor: str


async def take_in_file(work: UnitOfWork, told: HandedIn, *, at: datetime) -> AddedVersion:
    """The same bytes under the same title and period are known already; other bytes are the next version."""
    new = NewDocument(
        partner_code=told.partner.code,
        kind=told.kind,
        period=told.period,
        series=told.title,
        title=told.title,
        language=told.language.value,
        content_sha256=told.sha256,
        published_by=told.actor,
    )
    added = await add_version(work.connection, new, at=at)
    if added.is_new:
        file = StoredFile(
            document_id=added.id,
            format=told.format,
            language=told.language.value,
            media_type=FORMAT_MEDIA_TYPES[told.format],
            file_name=file_name([told.title, told.partner.code, f"{told.period.last}"], told.format),
            sha256=told.sha256,
            size_bytes=told.size_bytes,
        )
        await add_file(work.connection, file, at=at)
        tell_published(work, new, added, zone=told.partner.details.zone, at=at)
    return added
