"""An import: partners or orders that were told together, and what was remarked on them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ImportSubject(StrEnum):
    """What was told."""

    PARTNERS = "partners"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFinding:
    """One remark on one item: why it was refused, or what looks mistyped and was kept.

    `row_number` and `cell` are where it stands in a table; `item_index` counts the items from 0.
    """

    item_index: int
    key: str | None
    is_refusal: bool
    code: str
    pointer: str
    detail: str
    row_number: int | None = None
    cell: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchImport:
    """What came of it; `content_sha256` is of the body as it was sent."""

    id: UUID
    subject: ImportSubject
    media_type: str
    content_sha256: str
    accepted: int
    duplicate: int
    refused: int
    told_by: str
    told_at: datetime
    findings: tuple[ImportFinding, ...]
