"""Documents published to partners: kept as told, once each, and shown to whoever may see the partner."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.account_statements import StatementPublishedV1
from shared.identity import RowScope

Row = sa.Row[Any]


async def add_documents(connection: AsyncConnection, told: Sequence[StatementPublishedV1]) -> None:
    """A document that is known stays as it is."""
    await connection.execute(
        sa.text(
            "INSERT INTO published_documents (id, kind, partner_code, number, title, language, from_on, to_on,"
            " pdf_sha256, content_path, supersedes_id, published_at) VALUES (:id, 'account_statement', :partner_code,"
            " :number, :title, :language, :from_on, :to_on, :pdf_sha256, :content_path, :supersedes_id, :published_at)"
            " ON CONFLICT DO NOTHING"
        ),
        [
            {
                "id": one.statement_id,
                "partner_code": one.partner_code,
                "number": one.number,
                "title": one.title,
                "language": one.language,
                "from_on": one.from_on,
                "to_on": one.to_on,
                "pdf_sha256": one.pdf_sha256,
                "content_path": one.content_path,
                "supersedes_id": one.supersedes_id,
                "published_at": one.published_at,
            }
            for one in told
        ],
    )


async def document_rows(
    connection: AsyncConnection,
    scope: RowScope,
    partner_code: str | None,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Row]:
    """Newest first, after the last of the page before."""
    return (
        await connection.execute(
            sa.text(
                "SELECT d.*, p.zone, EXISTS (SELECT FROM published_documents n WHERE n.supersedes_id = d.id)"
                " AS is_superseded FROM published_documents d JOIN partners p ON p.code = d.partner_code"
                " WHERE (:sees_all OR p.zone = ANY(CAST(:zones AS text[])) OR p.code = :own_code)"
                " AND (CAST(:partner AS text) IS NULL OR d.partner_code = :partner)"
                " AND (CAST(:after_at AS timestamptz) IS NULL"
                "  OR (d.published_at, d.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))"
                " ORDER BY d.published_at DESC, d.id DESC LIMIT :limit"
            ),
            {
                "sees_all": scope.sees_all,
                "zones": sorted(scope.zones),
                "own_code": scope.partner_code,
                "partner": partner_code,
                "after_at": after[0] if after else None,
                "after_id": after[1] if after else None,
                "limit": limit,
            },
        )
    ).all()
