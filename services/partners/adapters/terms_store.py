"""The terms partners buy on: each setting is kept, the latest counts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.terms import NO_TERMS, PartnerTerms

Row = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class TermsSet:
    """The terms with their revision: 0 while none were set."""

    terms: PartnerTerms
    revision: int
    set_at: datetime | None
    set_by: str | None


NEVER_SET = TermsSet(NO_TERMS, 0, None, None)


async def terms_of(connection: AsyncConnection, partner_id: UUID) -> TermsSet:
    rows = await terms_history(connection, partner_id, before=None, limit=1)
    return terms_set(rows[0]) if rows else NEVER_SET


async def lock_terms(connection: AsyncConnection, partner_id: UUID) -> TermsSet:
    """The terms, which nobody else sets until the commit."""
    await connection.execute(
        sa.text("SELECT FROM partners WHERE id = :id FOR NO KEY UPDATE"), {"id": partner_id}
    )
    return await terms_of(connection, partner_id)


async def terms_history(
    connection: AsyncConnection, partner_id: UUID, *, before: int | None, limit: int
) -> Sequence[Row]:
    """Newest first, before the version that the page before ended with."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM partner_terms WHERE partner_id = :id"
                " AND (CAST(:before AS bigint) IS NULL OR version < :before) ORDER BY version DESC LIMIT :limit"
            ),
            {"id": partner_id, "before": before, "limit": limit},
        )
    ).all()


async def add_terms(
    connection: AsyncConnection,
    partner_id: UUID,
    terms: PartnerTerms,
    *,
    version: int,
    by: tuple[str, datetime],
) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO partner_terms (partner_id, version, payment_days, credit_limit_minor, currency,"
            " stops_on_overdue, is_on_hold, hold_reason, set_by, set_at) VALUES (:partner_id, :version, :payment_days,"
            " :credit_limit_minor, :currency, :stops_on_overdue, :is_on_hold, :hold_reason, :set_by, :set_at)"
        ),
        {"partner_id": partner_id, "version": version, "set_by": by[0], "set_at": by[1], **asdict(terms)},
    )


async def terms_of_partners(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, PartnerTerms]:
    """By partner code; partners without terms are left out."""
    rows = await connection.execute(
        sa.text(
            "SELECT DISTINCT ON (p.code) p.code, t.* FROM partner_terms t JOIN partners p ON p.id = t.partner_id"
            " WHERE p.code = ANY(CAST(:codes AS text[])) ORDER BY p.code, t.version DESC"
        ),
        {"codes": list(codes)},
    )
    return {row.code: terms_set(row).terms for row in rows}


def terms_set(row: Row) -> TermsSet:
    """The terms in a row of partner_terms."""
    terms = PartnerTerms(
        payment_days=row.payment_days,
        credit_limit_minor=row.credit_limit_minor,
        currency=row.currency,
        stops_on_overdue=row.stops_on_overdue,
        is_on_hold=row.is_on_hold,
        hold_reason=row.hold_reason,
    )
    return TermsSet(terms, row.version, row.set_at, row.set_by)
