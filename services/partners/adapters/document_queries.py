"""Documents as the API lists and shows them, cut to the partners the caller may see.

What a merged partner got belongs to the one it was merged into, under the code it went out with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.errors import DocumentUnknown
from shared.identity import RowScope

Row = sa.Row[Any]

_SHOWN: Final = """
    SELECT d.id, d.partner_code, d.kind, d.series, d.from_on, d.to_on, d.version, d.number, d.title, d.language,
        d.content_sha256, d.source_path, d.supersedes_id, d.keep_until_on, d.published_at, d.published_by, p.zone,
        EXISTS (SELECT FROM documents n WHERE n.supersedes_id = d.id) AS is_superseded,
        (SELECT count(*) FROM document_openings o WHERE o.document_id = d.id) AS openings,
        (SELECT json_agg(json_build_object('format', f.format, 'language', f.language, 'media_type', f.media_type,
            'file_name', f.file_name, 'sha256', f.sha256, 'size_bytes', f.size_bytes, 'stored_at', f.stored_at,
            'removed_at', f.removed_at) ORDER BY f.format, f.language)
         FROM document_files f WHERE f.document_id = d.id) AS files
    FROM documents d JOIN partner_owners w ON w.code = d.partner_code JOIN partners p ON p.code = w.owner_code
    WHERE (:sees_all OR p.zone = ANY(CAST(:zones AS text[])) OR :own_code IN (p.code, d.partner_code))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """None leaves a filter out."""

    partner_code: str | None = None
    kind: str | None = None
    to_gte: date | None = None
    to_lte: date | None = None
    is_superseded: bool | None = None


async def document_rows(
    connection: AsyncConnection,
    scope: RowScope,
    chosen: DocumentFilter,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Row]:
    """Newest first, after the last of the page before."""
    return (
        await connection.execute(
            sa.text(
                f"{_SHOWN}"
                " AND (CAST(:partner AS text) IS NULL"
                "  OR p.code = (SELECT o.owner_code FROM partner_owners o WHERE o.code = :partner))"
                " AND (CAST(:kind AS text) IS NULL OR d.kind = :kind)"
                " AND (CAST(:to_gte AS date) IS NULL OR d.to_on >= :to_gte)"
                " AND (CAST(:to_lte AS date) IS NULL OR d.to_on <= :to_lte)"
                " AND (CAST(:is_superseded AS boolean) IS NULL OR :is_superseded"
                "  = EXISTS (SELECT FROM documents n WHERE n.supersedes_id = d.id))"
                " AND (CAST(:after_at AS timestamptz) IS NULL"
                "  OR (d.published_at, d.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))"
                " ORDER BY d.published_at DESC, d.id DESC LIMIT :limit"
            ),
            scope.parameters()
            | {
                "partner": chosen.partner_code,
                "kind": chosen.kind,
                "to_gte": chosen.to_gte,
                "to_lte": chosen.to_lte,
                "is_superseded": chosen.is_superseded,
                "after_at": after[0] if after else None,
                "after_id": after[1] if after else None,
                "limit": limit,
            },
        )
    ).all()


async def visible_document(connection: AsyncConnection, scope: RowScope, document_id: UUID) -> Row:
    """DocumentUnknown when it is absent or of a partner the caller does not see."""
    row = (
        await connection.execute(
            sa.text(f"{_SHOWN} AND d.id = :id"), scope.parameters() | {"id": document_id}
        )
    ).one_or_none()
    if row is None:
        raise DocumentUnknown(f"There is no document {document_id}")
    return row


async def retention_rule_rows(
    connection: AsyncConnection, *, after: tuple[str, date] | None, limit: int
) -> Sequence[Row]:
    """By kind, the newest rule of each first."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM retention_rules WHERE CAST(:kind AS text) IS NULL OR kind > :kind"
                " OR (kind = :kind AND valid_from < CAST(:valid_from AS date))"
                " ORDER BY kind, valid_from DESC LIMIT :limit"
            ),
            {
                "kind": after[0] if after else None,
                "valid_from": after[1] if after else None,
                "limit": limit,
            },
        )
    ).all()


async def opening_rows(
    connection: AsyncConnection, document_id: UUID, *, after: int | None, limit: int
) -> Sequence[Row]:
    """Who got the bytes, the last first."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM document_openings WHERE document_id = :id"
                " AND (CAST(:after AS bigint) IS NULL OR id < :after) ORDER BY id DESC LIMIT :limit"
            ),
            {"id": document_id, "after": after, "limit": limit},
        )
    ).all()
