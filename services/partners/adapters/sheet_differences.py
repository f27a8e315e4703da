"""Where sheets are not what the ledger says: noticed once, asked about, told as an alarm, and agreed at last."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.partners.domain.sheet_proof import ASK_AGAIN, PATIENCE, ComparedAccount
from shared.identity import RowScope

Row = sa.Row[Any]
_ACCOUNTS: Final = "json_to_recordset(CAST(:accounts AS json)) AS a (partner_code text, currency text)"
_ZONE: Final = (
    "(SELECT p.zone FROM partner_owners w JOIN partners p ON p.code = w.owner_code WHERE w.code = d.partner_code)"
    " AS zone"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceFilter:
    """None leaves a filter out."""

    is_agreed: bool | None = None
    partner_code: str | None = None


async def note_differences(
    connection: AsyncConnection, differing: Sequence[ComparedAccount], at: datetime
) -> None:
    """What differs now; the first notice of an account holds until it agrees."""
    if not differing:
        return
    rows = [
        {
            "id": uuid7(),
            "partner_code": one.partner_code,
            "currency": one.currency,
            "position": one.position,
            "differences": msgspec.json.encode([asdict(each) for each in one.differences]).decode(),
            "at": at,
        }
        for one in differing
    ]
    await connection.execute(
        sa.text(
            "INSERT INTO sheet_differences (id, partner_code, currency, position, differences, noticed_at)"
            " VALUES (:id, :partner_code, :currency, :position, CAST(:differences AS jsonb), :at)"
            " ON CONFLICT (partner_code, currency) WHERE agreed_at IS NULL"
            " DO UPDATE SET position = excluded.position, differences = excluded.differences"
        ),
        rows,
    )


async def note_agreement(
    connection: AsyncConnection, equal: Sequence[ComparedAccount], at: datetime
) -> Sequence[Row]:
    """Differences that are gone; returns those that were an alarm."""
    if not equal:
        return []
    agreed = await connection.execute(
        sa.text(
            f"UPDATE sheet_differences d SET agreed_at = greatest(CAST(:at AS timestamptz), noticed_at)"
            f" FROM {_ACCOUNTS} WHERE d.agreed_at IS NULL AND d.partner_code = a.partner_code"
            f" AND d.currency = a.currency RETURNING d.*, {_ZONE}"
        ),
        {"accounts": _accounts(equal), "at": at},
    )
    return [row for row in agreed if row.alarmed_at is not None]


async def differing_codes(connection: AsyncConnection, limit: int) -> list[str]:
    """Codes with an account that differs, the one noticed first first."""
    rows = await connection.execute(
        sa.text(
            "SELECT partner_code FROM sheet_differences WHERE agreed_at IS NULL"
            " GROUP BY partner_code ORDER BY min(noticed_at), partner_code LIMIT :limit"
        ),
        {"limit": limit},
    )
    return list(rows.scalars())


async def codes_to_ask(connection: AsyncConnection, at: datetime, limit: int) -> list[str]:
    """Codes whose figures were not asked for lately; they count as asked from now on."""
    rows = await connection.execute(
        sa.text(
            "UPDATE sheet_differences SET asked_at = :at WHERE id IN ("
            " SELECT id FROM sheet_differences WHERE agreed_at IS NULL"
            " AND (asked_at IS NULL OR asked_at <= CAST(:at AS timestamptz) - CAST(:pause AS interval))"
            " ORDER BY noticed_at, id LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING partner_code"
        ),
        {"at": at, "pause": ASK_AGAIN, "limit": limit},
    )
    return sorted(set(rows.scalars()))


async def raise_alarms(connection: AsyncConnection, at: datetime) -> Sequence[Row]:
    """Differences that lasted and were asked about; each is an alarm once."""
    raised = await connection.execute(
        sa.text(
            f"UPDATE sheet_differences d SET alarmed_at = :at WHERE d.agreed_at IS NULL AND d.alarmed_at IS NULL"
            f" AND d.asked_at IS NOT NULL AND d.noticed_at <= CAST(:at AS timestamptz) - CAST(:patience AS interval)"
            f" RETURNING d.*, {_ZONE}"
        ),
        {"at": at, "patience": PATIENCE},
    )
    return raised.all()


async def count_alarms(connection: AsyncConnection) -> int:
    found = await connection.scalar(
        sa.text("SELECT count(*) FROM sheet_differences WHERE agreed_at IS NULL AND alarmed_at IS NOT NULL")
    )
    return int(found or 0)


async def difference_rows(
    connection: AsyncConnection,
    scope: RowScope,
    chosen: DifferenceFilter,
    *,
    after: UUID | None,
    limit: int,
) -> Sequence[Row]:
    """The newest first; by the zone of whoever owns the code now."""
    return (
        await connection.execute(
            sa.text(
                "SELECT d.*, p.code AS owner_code, p.zone, (SELECT count(*) FROM delivery_requests r"
                "  JOIN partner_owners m ON m.code = r.partner_code WHERE m.owner_code = p.code"
                "  AND r.kind = 'payment_sheet' AND r.document_id IS NULL AND r.failure IS NULL"
                "  AND r.held_because IS NOT NULL) AS held_deliveries"
                " FROM sheet_differences d JOIN partner_owners w ON w.code = d.partner_code"
                " JOIN partners p ON p.code = w.owner_code"
                " WHERE (:sees_all OR p.zone = ANY(CAST(:zones AS text[])) OR p.code = :own_code)"
                " AND (CAST(:is_agreed AS boolean) IS NULL OR (d.agreed_at IS NOT NULL) = :is_agreed)"
                " AND (CAST(:partner AS text) IS NULL OR :partner IN (d.partner_code, p.code))"
                " AND (CAST(:after AS uuid) IS NULL OR d.id < CAST(:after AS uuid))"
                " ORDER BY d.id DESC LIMIT :limit"
            ),
            scope.parameters()
            | {
                "is_agreed": chosen.is_agreed,
                "partner": chosen.partner_code,
                "after": after,
                "limit": limit,
            },
        )
    ).all()


def _accounts(compared: Sequence[ComparedAccount]) -> str:
    told = [{"partner_code": one.partner_code, "currency": one.currency} for one in compared]
    return msgspec.json.encode(told).decode()
