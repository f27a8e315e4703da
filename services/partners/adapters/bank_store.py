"""Bank details of partners: what was proposed, by whom, and what somebody else decided. Nothing is overwritten."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.bank_details import BankDetails
from services.partners.domain.errors import BankDetailsUnknown

Row = sa.Row[Any]
_STANDING: Final = """
    CASE WHEN d.bank_detail_id IS NULL THEN 'proposed' WHEN NOT d.is_approved THEN 'refused'
        WHEN EXISTS (SELECT FROM bank_details o JOIN bank_detail_decisions e ON e.bank_detail_id = o.id
            WHERE o.partner_id = b.partner_id AND e.is_approved AND e.decided_at > d.decided_at) THEN 'superseded'
        ELSE 'current' END
"""
_SELECT: Final = f"""
    SELECT b.*, p.code AS partner_code, d.is_approved, d.note, d.decided_at, d.decided_by, {_STANDING} AS standing
    FROM bank_details b JOIN partners p ON p.id = b.partner_id
    LEFT JOIN bank_detail_decisions d ON d.bank_detail_id = b.id
"""


async def bank_detail_rows(
    connection: AsyncConnection, partner_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """Newest first, before the one that the page before ended with."""
    return (
        await connection.execute(
            sa.text(
                f"{_SELECT} WHERE b.partner_id = :partner_id AND (CAST(:before AS uuid) IS NULL OR b.id < :before)"
                " ORDER BY b.id DESC LIMIT :limit"
            ),
            {"partner_id": partner_id, "before": before, "limit": limit},
        )
    ).all()


async def bank_detail_row(connection: AsyncConnection, partner_id: UUID, detail_id: UUID) -> Row:
    """BankDetailsUnknown when the partner has no such."""
    row = (
        await connection.execute(
            sa.text(f"{_SELECT} WHERE b.partner_id = :partner_id AND b.id = :id"),
            {"partner_id": partner_id, "id": detail_id},
        )
    ).one_or_none()
    if row is None:
        raise BankDetailsUnknown(f"The partner has no bank details {detail_id}")
    return row


async def lock_bank_detail(connection: AsyncConnection, partner_id: UUID, detail_id: UUID) -> Row:
    """The row, whose partner's bank details nobody else decides until the commit."""
    await connection.execute(
        sa.text("SELECT FROM partners WHERE id = :id FOR NO KEY UPDATE"), {"id": partner_id}
    )
    return await bank_detail_row(connection, partner_id, detail_id)


async def add_bank_details(
    connection: AsyncConnection,
    ids: tuple[UUID, UUID],
    details: BankDetails,
    reason: str,
    by: tuple[str, datetime],
) -> None:
    """`ids` are of the details and of the partner; `by` is who, when."""
    await connection.execute(
        sa.text(
            "INSERT INTO bank_details (id, partner_id, holder_name, account_number, ifsc, reason, proposed_by,"
            " proposed_at) VALUES (:id, :partner_id, :holder_name, :account_number, :ifsc, :reason, :by, :at)"
        ),
        {"id": ids[0], "partner_id": ids[1], "reason": reason, "by": by[0], "at": by[1], **asdict(details)},
    )


async def add_bank_decision(
    connection: AsyncConnection, row: Row, *, is_approved: bool, note: str | None, by: tuple[str, datetime]
) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO bank_detail_decisions (bank_detail_id, proposed_by, is_approved, note, decided_by, decided_at)"
            " VALUES (:id, :proposed_by, :is_approved, :note, :by, :at)"
        ),
        {
            "id": row.id,
            "proposed_by": row.proposed_by,
            "is_approved": is_approved,
            "note": note,
            "by": by[0],
            "at": by[1],
        },
    )


async def approved_accounts(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, tuple[str, str]]:
    """IFSC and account number approved last, by partner code; partners without are left out."""
    rows = await connection.execute(
        sa.text(
            "SELECT DISTINCT ON (p.code) p.code, b.ifsc, b.account_number FROM bank_details b"
            " JOIN bank_detail_decisions d ON d.bank_detail_id = b.id AND d.is_approved"
            " JOIN partners p ON p.id = b.partner_id WHERE p.code = ANY(CAST(:codes AS text[]))"
            " ORDER BY p.code, d.decided_at DESC"
        ),
        {"codes": sorted(set(codes))},
    )
    return {row.code: (row.ifsc, row.account_number) for row in rows}
