"""Imports and their findings. Append-only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.adapters.orm.base import Record


class PartnerImportRecord(Record):
    """Partners or orders that were told together."""

    __tablename__ = "partner_imports"
    __table_args__ = (
        CheckConstraint("subject IN ('partners', 'orders')", name="subject_known"),
        CheckConstraint("least(accepted, duplicate, refused, remarks) >= 0", name="counted"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str]
    media_type: Mapped[str]
    content_sha256: Mapped[str]
    accepted: Mapped[int]
    duplicate: Mapped[int]
    refused: Mapped[int]
    remarks: Mapped[int]
    told_by: Mapped[str]
    told_at: Mapped[datetime]


class PartnerImportFindingRecord(Record):
    """One remark on one item of an import."""

    __tablename__ = "partner_import_findings"
    import_id: Mapped[UUID] = mapped_column(ForeignKey("partner_imports.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    item_index: Mapped[int]
    key: Mapped[str | None]
    is_refusal: Mapped[bool]
    code: Mapped[str]
    pointer: Mapped[str]
    detail: Mapped[str]
    row_number: Mapped[int | None]
    cell: Mapped[str | None]
