"""Imports and what was remarked on their items: written with the import, never changed."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.batch_import import BatchImport, ImportSubject
from services.partners.domain.errors import ImportUnknown

Row = sa.Row[Any]
_FINDING_COLUMNS: Final = (
    "item_index", "key", "is_refusal", "code", "pointer", "detail", "row_number", "cell",
)  # fmt: skip


async def add_import(connection: AsyncConnection, told: BatchImport) -> None:
    """With all its findings in one statement."""
    facts = asdict(told) | {"subject": told.subject.value}
    findings = facts.pop("findings")
    await connection.execute(_ADD_IMPORT, facts | {"remarks": len(findings)})
    if findings:
        columns = {name: [one[name] for one in findings] for name in _FINDING_COLUMNS}
        await connection.execute(_ADD_FINDINGS, columns | {"import_id": told.id})


async def import_row(connection: AsyncConnection, import_id: UUID) -> Row:
    """ImportUnknown when there is none."""
    query = sa.text("SELECT * FROM partner_imports WHERE id = :id")
    row = (await connection.execute(query, {"id": import_id})).one_or_none()
    if row is None:
        raise ImportUnknown(f"There is no import {import_id}")
    return row


async def import_rows(
    connection: AsyncConnection, subject: ImportSubject | None, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """Newest first, before the one that the page before ended with."""
    query = sa.text(
        "SELECT * FROM partner_imports WHERE (CAST(:subject AS text) IS NULL OR subject = :subject)"
        " AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
    )
    values = {"subject": subject.value if subject else None, "before": before, "limit": limit}
    return (await connection.execute(query, values)).all()


async def finding_rows(
    connection: AsyncConnection, import_id: UUID, *, is_refusal: bool | None, after: int, limit: int
) -> Sequence[Row]:
    """In the order of the items."""
    query = sa.text(
        "SELECT * FROM partner_import_findings WHERE import_id = :id AND position > :after"
        " AND (CAST(:is_refusal AS boolean) IS NULL OR is_refusal = :is_refusal) ORDER BY position LIMIT :limit"
    )
    values = {"id": import_id, "after": after, "is_refusal": is_refusal, "limit": limit}
    return (await connection.execute(query, values)).all()


_ADD_IMPORT: Final = sa.text(
    "INSERT INTO partner_imports (id, subject, media_type, content_sha256, accepted, duplicate, refused, remarks,"
    " told_by, told_at) VALUES (:id, :subject, :media_type, :content_sha256, :accepted, :duplicate, :refused, :remarks,"
    " :told_by, :told_at)"
)
_ADD_FINDINGS: Final = sa.text(
    """
    INSERT INTO partner_import_findings (import_id, position, item_index, key, is_refusal, code, pointer, detail,
        row_number, cell)
    SELECT :import_id, found.position, item_index, key, is_refusal, code, pointer, detail, row_number, cell
    FROM unnest(CAST(:item_index AS bigint[]), CAST(:key AS text[]), CAST(:is_refusal AS boolean[]),
        CAST(:code AS text[]), CAST(:pointer AS text[]), CAST(:detail AS text[]), CAST(:row_number AS bigint[]),
        CAST(:cell AS text[])) WITH ORDINALITY
        AS found (item_index, key, is_refusal, code, pointer, detail, row_number, cell, position)
    """
)
