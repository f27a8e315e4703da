"""Sums the facts for dashboards, in the rows the caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.collections import Collected, Grouping
from services.reporting.domain.period import Period
from services.reporting.domain.projection import Projection
from shared.identity import RowScope

_COLUMN: Final = {
    Grouping.DAY: "day",
    Grouping.ZONE: "zone",
    Grouping.BANK_ACCOUNT: "bank_account",
}
_CHOSEN: Final = """
    (:sees_all OR r.zone = ANY(CAST(:zones AS text[]))) AND (CAST(:zone AS text) IS NULL OR r.zone = :zone)
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose receipts are summed: the caller's rows, of one zone if one is named."""

    scope: RowScope
    zone: str | None

    def values(self) -> dict[str, object]:
        """Parameters of the condition."""
        return {"sees_all": self.scope.sees_all, "zones": sorted(self.scope.zones), "zone": self.zone}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a projection is."""

    revision: int
    newest_fact_at: datetime
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class CollectionFigures:
    """One row per group and currency in the order of the groups, and their sums per currency."""

    series: Sequence[Collected]
    totals: Sequence[Collected]


async def newest_receipt_on(connection: AsyncConnection, chosen: Chosen) -> date | None:
    """The last day something was received on, None before the first."""
    statement = f"SELECT max(received_on) FROM collected_receipts r WHERE {_CHOSEN}"
    newest: date | None = await connection.scalar(sa.text(statement), chosen.values())
    return newest


async def collection_figures(
    connection: AsyncConnection, chosen: Chosen, period: Period, grouping: Grouping
) -> CollectionFigures:
    """Receipts by the day they were received, reversals by the day they happened."""
    column = _COLUMN[grouping]
    rows = (
        await connection.execute(
            sa.text(
                f"""
                WITH movements AS (
                    SELECT received_on AS day, zone, bank_account, currency, amount_minor,
                        1 AS receipts, CAST(is_on_time AS integer) AS on_time, 0 AS reversed_minor, 0 AS reversals
                    FROM collected_receipts r
                    WHERE received_on BETWEEN :first_on AND :last_on AND {_CHOSEN}
                    UNION ALL
                    SELECT v.reversed_on, zone, bank_account, currency, 0, 0, 0, amount_minor, 1
                    FROM reversed_receipts v JOIN collected_receipts r USING (receipt_id)
                    WHERE v.reversed_on BETWEEN :first_on AND :last_on AND {_CHOSEN}
                )
                SELECT {column} AS part, currency, grouping({column}) = 1 AS is_total,
                    CAST(sum(amount_minor) AS bigint) AS amount_minor, sum(receipts) AS receipts,
                    sum(on_time) AS on_time, CAST(sum(reversed_minor) AS bigint) AS reversed_minor,
                    sum(reversals) AS reversals
                FROM movements GROUP BY GROUPING SETS (({column}, currency), (currency))
                ORDER BY part NULLS LAST, currency
                """
            ),
            {"first_on": period.first_on, "last_on": period.last_on, **chosen.values()},
        )
    ).all()
    return CollectionFigures(
        series=[_collected(row, {column: row.part}) for row in rows if not row.is_total],
        totals=[_collected(row, {}) for row in rows if row.is_total],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSummary:
    """What became of the lines imported into one bank account."""

    bank_account: str
    statements_count: int
    lines_count: int
    new_count: int
    duplicate_count: int
    rejected_count: int
    booked_count: int
    suggested_count: int
    exception_count: int
    last_imported_at: datetime


async def statement_summaries(
    connection: AsyncConnection, first_at: datetime, before_at: datetime
) -> list[StatementSummary]:
    """One per bank account, of the statements imported in that time."""
    rows = await connection.execute(
        sa.text(
            """
            SELECT bank_account, count(*) AS statements_count, max(imported_at) AS last_imported_at,
                CAST(sum(line_count) AS bigint) AS lines_count, CAST(sum(new_count) AS bigint) AS new_count,
                CAST(sum(duplicate_count) AS bigint) AS duplicate_count,
                CAST(sum(rejected_count) AS bigint) AS rejected_count,
                CAST(sum(booked_count) AS bigint) AS booked_count,
                CAST(sum(suggested_count) AS bigint) AS suggested_count,
                CAST(sum(exception_count) AS bigint) AS exception_count
            FROM imported_statements WHERE imported_at >= :first_at AND imported_at < :before_at
            GROUP BY bank_account ORDER BY bank_account
            """
        ),
        {"first_at": first_at, "before_at": before_at},
    )
    return [StatementSummary(**row._mapping) for row in rows]


async def projection_progress(connection: AsyncConnection, projection: Projection) -> Progress | None:
    row = (
        await connection.execute(
            sa.text("SELECT * FROM projection_progress WHERE projection = :projection"),
            {"projection": projection},
        )
    ).one_or_none()
    return None if row is None else Progress(row.revision, row.newest_fact_at, row.applied_at)


def _collected(row: sa.Row[Any], part: dict[str, Any]) -> Collected:
    return Collected(
        **part,
        currency=row.currency,
        amount_minor=row.amount_minor,
        receipts_count=row.receipts,
        on_time_count=row.on_time,
        reversed_minor=row.reversed_minor,
        reversed_count=row.reversals,
    )
