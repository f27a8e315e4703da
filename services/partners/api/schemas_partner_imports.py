"""Bodies of imports and their findings."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from uuid_utils.compat import uuid7

from services.partners.adapters.import_store import Row
from services.partners.domain.batch_import import BatchImport, ImportFinding, ImportSubject
from shared.bulk import BatchReply, ItemVerdict
from shared.wire import WireModel

LOOKS_MISTYPED: Final = "looks_mistyped"
MAY_BE_ANOTHER: Final = "may_be_another"


class PartnerImportBody(WireModel):
    """Partners or orders that were told together, and what came of it."""

    id: UUID
    subject: ImportSubject
    media_type: Annotated[str, Field(description="What was sent", examples=["text/csv"])]
    content_sha256: Annotated[str, Field(description="SHA-256 of the body as it was sent")]
    accepted: Annotated[int, Field(description="Items that said something new")]
    duplicate: Annotated[int, Field(description="Items that said what was known")]
    refused: Annotated[int, Field(description="Items of which nothing was kept")]
    remarks: Annotated[int, Field(description="Refusals and warnings, one per bad value")]
    told_by: Annotated[str, Field(description="Who sent it")]
    told_at: datetime


class ImportFindingBody(WireModel):
    """One remark on one item: why it was refused, or what looks mistyped and was kept."""

    position: Annotated[int, Field(description="Counts the remarks of the import from 1")]
    item_index: Annotated[int, Field(description="Of the item, from 0 in the order sent")]
    key: Annotated[str | None, Field(description="Code of the partner or number of the order, if it has one")]
    is_refusal: Annotated[bool, Field(description="False for a warning: the item was kept")]
    code: Annotated[
        str, Field(description="Stable; of the refusal, or of the warning", examples=[LOOKS_MISTYPED])
    ]
    pointer: Annotated[str, Field(description="The field", examples=["/gstin"])]
    detail: Annotated[str, Field(description="What was expected")]
    row_number: Annotated[int | None, Field(description="Row of the table, the header of a CSV being row 1")]
    cell: Annotated[str | None, Field(description="Cell of the workbook", examples=["E7"])]


def import_body(row: Row) -> PartnerImportBody:
    return PartnerImportBody(**{name: getattr(row, name) for name in PartnerImportBody.model_fields})


def finding_body(row: Row) -> ImportFindingBody:
    return ImportFindingBody(**{name: getattr(row, name) for name in ImportFindingBody.model_fields})


def import_of(
    subject: ImportSubject,
    sent: tuple[str, bytes],
    items: Sequence[ItemVerdict],
    warnings: Sequence[ImportFinding],
    told: tuple[str, datetime],
) -> BatchImport:
    """`sent` is the media type and the body; refusals are taken from the verdicts."""
    counts, (media_type, content) = BatchReply.of(items), sent
    refusals = [finding for item in items for finding in _refusals(item)]
    return BatchImport(
        id=uuid7(),
        subject=subject,
        media_type=media_type.partition(";")[0].strip().lower(),
        content_sha256=hashlib.sha256(content).hexdigest(),
        accepted=counts.accepted,
        duplicate=counts.duplicate,
        refused=counts.refused,
        told_by=told[0],
        told_at=told[1],
        findings=tuple(sorted([*refusals, *warnings], key=lambda one: one.item_index)),
    )


def _refusals(item: ItemVerdict) -> Iterator[ImportFinding]:
    if item.problem is None:
        return
    for error in item.problem.errors or [{"pointer": "", "detail": item.problem.detail}]:
        row = error.get("row", "")
        yield ImportFinding(
            item_index=item.index,
            key=item.key,
            is_refusal=True,
            code=item.problem.code,
            pointer=error["pointer"],
            detail=error["detail"],
            row_number=int(row) if row else None,
            cell=error.get("cell"),
        )
