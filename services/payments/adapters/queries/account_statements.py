"""Reads about published account statements and their batches."""

from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

PUBLISHED_SELECT = (
    "SELECT s.*, p.name AS partner_name, p.zone, n.id AS superseded_by_id,"
    " (SELECT coalesce(jsonb_agg(jsonb_build_object('currency', b.currency, 'opening', b.opening_minor, 'closing',"
    "  b.closing_minor) ORDER BY b.currency <> 'INR', b.currency), '[]') FROM account_statement_balances b"
    "  WHERE b.statement_id = s.id) AS balances,"
    " (SELECT jsonb_agg(jsonb_build_object('format', f.format, 'sha256', encode(f.content_hash, 'hex'), 'size',"
    "  octet_length(f.content)) ORDER BY f.format) FROM account_statement_files f WHERE f.statement_id = s.id) AS files"
    " FROM account_statements s JOIN partners p ON p.code = s.partner_code"
    " LEFT JOIN account_statements n ON n.supersedes_id = s.id"
)
BATCH_SELECT = (
    "SELECT b.*, j.state AS job_state, (SELECT coalesce(jsonb_object_agg(outcome, found), '{}') FROM ("
    "  SELECT e.outcome, count(*) AS found FROM account_statement_batch_entries e WHERE e.batch_id = b.id GROUP BY 1)"
    "  AS counted) AS outcomes FROM account_statement_batches b JOIN jobs j ON j.id = b.job_id"
)
BATCH_ENTRY_SELECT = (
    "SELECT e.*, p.name AS partner_name, s.number FROM account_statement_batch_entries e"
    " JOIN partners p ON p.code = e.partner_code LEFT JOIN account_statements s ON s.id = e.statement_id"
)


class StoredFile(NamedTuple):
    """The bytes as they were frozen."""

    content: bytes
    sha256: str


async def stored_file(connection: AsyncConnection, statement_id: UUID, file_format: str) -> StoredFile:
    """A file of a statement that is there."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT content, encode(content_hash, 'hex') AS sha256 FROM account_statement_files"
                " WHERE statement_id = :id AND format = :format"
            ),
            {"id": statement_id, "format": file_format},
        )
    ).one()
    return StoredFile(bytes(row.content), row.sha256)
