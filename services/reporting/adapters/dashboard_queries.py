"""Points of each dashboard in one statement over the facts, within the rows that the caller may see.

A partner that was merged counts to the one it was merged into, with that one's zone. Days are days in India.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.dashboard import DashboardName, Point
from services.reporting.domain.period import Period
from services.reporting.domain.projection import Projection
from shared.identity import RowScope

POINTS_MAX: Final = 5_000
MERGES_MAX: Final = 20

# The last of the partners that a code was merged into, as far as they were told.
_OWNERS: Final = f"""
    WITH RECURSIVE chain AS (
        SELECT code, code AS owner_code, merged_into, 0 AS depth FROM known_partners
        UNION ALL
        SELECT c.code, k.code, k.merged_into, depth + 1 FROM chain c JOIN known_partners k ON k.code = c.merged_into
        WHERE depth < {MERGES_MAX}
    ), owners AS (
        SELECT DISTINCT ON (c.code) c.code, c.owner_code, k.zone FROM chain c JOIN known_partners k ON k.code = c.owner_code
        ORDER BY c.code, depth DESC
    )
"""
_SEEN: Final = """
    (:sees_all OR zone = ANY(CAST(:zones AS text[])) OR partner_code = :own_code)
    AND (CAST(:zone AS text) IS NULL OR zone = :zone)
    AND (CAST(:partner_code AS text) IS NULL OR partner_code = :partner_code)
"""


def _owned(columns: str, facts: str, *, zone: str = "NULL") -> str:
    """Facts with partner and zone as they count, those that are seen."""
    return f"""
        SELECT * FROM (
            SELECT {columns}, coalesce(w.owner_code, f.partner_code) AS partner_code,
                coalesce(w.zone, {zone}) AS zone
            FROM ({facts}) AS f LEFT JOIN owners w ON w.code = f.partner_code
        ) AS facts WHERE {_SEEN}
    """


_RECEIPTS: Final = _owned(
    "f.received_on, f.is_on_time",
    "SELECT * FROM collected_receipts WHERE received_on BETWEEN :first_on AND :last_on",
    zone="f.zone",
)
_ON_TIME: Final = f"""
    {_OWNERS}, seen AS ({_RECEIPTS}), days AS (
        SELECT CAST(received_on AS text) AS part, count(*) AS all_of, count(*) FILTER (WHERE is_on_time) AS on_time
        FROM seen GROUP BY received_on
    ), zones AS (
        SELECT coalesce(zone, '') AS part, count(*) AS all_of, count(*) FILTER (WHERE is_on_time) AS on_time
        FROM seen GROUP BY zone
    )
    SELECT 'receipts' AS series, part, CAST(NULL AS text) AS currency, all_of AS number, CAST(NULL AS bigint) AS of FROM days
    UNION ALL SELECT 'on_time', part, NULL, on_time, NULL FROM days
    UNION ALL SELECT 'on_time_share', part, NULL, on_time, all_of FROM days
    UNION ALL SELECT 'zone_share', part, NULL, on_time, all_of FROM zones
"""

_INVOICES: Final = _owned(
    "f.currency, f.due_on, f.open_minor",
    """
        SELECT i.partner_code, i.currency, i.due_on, i.total_minor - coalesce(s.settled_minor, 0) AS open_minor
        FROM registered_invoices i LEFT JOIN (
            SELECT s.invoice_id, sum(s.amount_minor) AS settled_minor FROM settlements s
            LEFT JOIN reversed_receipts v ON v.receipt_id = s.credit_id AND v.reversed_on <= :as_of
            WHERE s.effective_on <= :as_of AND v.receipt_id IS NULL GROUP BY s.invoice_id
        ) AS s USING (invoice_id)
        WHERE i.issued_on <= :as_of AND i.total_minor <> coalesce(s.settled_minor, 0)
    """,
)
_AGEING: Final = f"""
    {_OWNERS}, seen AS ({_INVOICES}), aged AS (
        SELECT currency, open_minor, zone, due_on < :as_of AS is_overdue, CASE
            WHEN due_on >= :as_of THEN 'not due' WHEN :as_of - due_on <= 30 THEN '1-30 days'
            WHEN :as_of - due_on <= 60 THEN '31-60 days' WHEN :as_of - due_on <= 90 THEN '61-90 days'
            ELSE '91 days and more' END AS band
        FROM seen
    )
    SELECT 'open' AS series, band AS part, currency, CAST(sum(open_minor) AS bigint) AS number, CAST(NULL AS bigint) AS of
        FROM aged GROUP BY band, currency
    UNION ALL SELECT 'invoices', band, NULL, count(*), NULL FROM aged GROUP BY band
    UNION ALL SELECT 'overdue', coalesce(zone, ''), currency, CAST(sum(open_minor) AS bigint), NULL
        FROM aged WHERE is_overdue GROUP BY zone, currency
"""

_LINES: Final = _owned(
    "f.currency, f.open_minor, f.promised_on",
    """
        SELECT o.partner_code, o.currency, l.open_minor, l.promised_on
        FROM known_orders o JOIN told_order_lines l USING (order_number, version)
        WHERE o.ordered_on <= :as_of AND l.state NOT IN ('dispatched', 'cancelled')
    """,
)
_ORDER_BOOK: Final = f"""
    {_OWNERS}, seen AS ({_LINES}), lines AS (
        SELECT *, coalesce(to_char(promised_on, 'YYYY-MM'), '') AS month, coalesce(promised_on < :as_of, false) AS is_late
        FROM seen
    )
    SELECT 'open' AS series, month AS part, currency, CAST(sum(open_minor) AS bigint) AS number, CAST(NULL AS bigint) AS of
        FROM lines GROUP BY month, currency
    UNION ALL SELECT 'lines', month, NULL, count(*), NULL FROM lines GROUP BY month
    UNION ALL SELECT 'late_lines', coalesce(zone, ''), NULL, count(*) FILTER (WHERE is_late), NULL
        FROM lines GROUP BY zone
    UNION ALL SELECT 'zone_open', coalesce(zone, ''), currency, CAST(sum(open_minor) AS bigint), NULL
        FROM lines GROUP BY zone, currency
"""

_QUERIES: Final = _owned(
    "f.asked_on, f.is_on_time",
    """
        SELECT q.partner_code, q.zone, CAST(q.opened_at AT TIME ZONE 'Asia/Kolkata' AS date) AS asked_on,
            CASE WHEN a.answered_at IS NOT NULL THEN a.answered_at <= q.due_at
                WHEN CAST(q.due_at AT TIME ZONE 'Asia/Kolkata' AS date) <= :as_of THEN false END AS is_on_time
        FROM query_openings q LEFT JOIN LATERAL (
            SELECT min(answered_at) AS answered_at FROM query_answers a
            WHERE a.query_id = q.query_id AND a.answered_at >= q.opened_at
        ) AS a ON true
        WHERE q.opened_at >= :first_at AND q.opened_at < :before_at
    """,
    zone="f.zone",
)
_ENDED: Final = _owned(
    "f.ended_on, f.is_delivered",
    """
        SELECT partner_code, zone, CAST(ended_at AT TIME ZONE 'Asia/Kolkata' AS date) AS ended_on, is_delivered
        FROM delivery_outcomes WHERE ended_at >= :first_at AND ended_at < :before_at
    """,
    zone="f.zone",
)
_SERVICE: Final = f"""
    {_OWNERS}, asked AS (
        SELECT CAST(asked_on AS text) AS part, count(*) AS all_of, count(is_on_time) AS decided,
            count(*) FILTER (WHERE is_on_time) AS on_time
        FROM ({_QUERIES}) AS q GROUP BY asked_on
    ), ended AS (
        SELECT CAST(ended_on AS text) AS part, count(*) AS all_of, count(*) FILTER (WHERE is_delivered) AS arrived
        FROM ({_ENDED}) AS d GROUP BY ended_on
    )
    SELECT 'queries' AS series, part, CAST(NULL AS text) AS currency, all_of AS number, CAST(NULL AS bigint) AS of FROM asked
    UNION ALL SELECT 'answered_in_time', part, NULL, on_time, decided FROM asked
    UNION ALL SELECT 'deliveries', part, NULL, all_of, NULL FROM ended
    UNION ALL SELECT 'delivered', part, NULL, arrived, all_of FROM ended
"""

# What each check looks at: rows with `is_sound`. A partner that is not known here was never told.
_CHECKS: Final[Mapping[str, str]] = {
    "order line has a promised day": _owned(
        "f.promised_on IS NOT NULL AS is_sound",
        """
            SELECT o.partner_code, l.promised_on FROM known_orders o JOIN told_order_lines l USING (order_number, version)
            WHERE l.state NOT IN ('dispatched', 'cancelled')
        """,
    ),
    "invoice is of a known partner": _owned(
        "w.code IS NOT NULL AS is_sound", "SELECT partner_code FROM registered_invoices"
    ),
    "order is of a known partner": _owned(
        "w.code IS NOT NULL AS is_sound", "SELECT partner_code FROM known_orders"
    ),
    "opportunity has partner and amount": _owned(
        "f.partner_code IS NOT NULL AND f.amount_minor IS NOT NULL AS is_sound",
        "SELECT partner_code, zone, amount_minor FROM known_opportunities WHERE NOT is_deleted AND NOT is_closed",
        zone="f.zone",
    ),
    "partner has a city": _owned(
        "f.city IS NOT NULL AS is_sound",
        "SELECT code AS partner_code, city FROM known_partners WHERE status = 'active' AND merged_into IS NULL",
    ),
}
_CHECKED: Final = " UNION ALL ".join(
    f"SELECT '{name}' AS part, count(*) AS all_of, count(*) FILTER (WHERE is_sound) AS sound FROM ({rows}) AS c"
    for name, rows in _CHECKS.items()
)
# Of each system as its newest review found it by the last day; what was waived by then stands against no row.
_REVIEWED: Final = """
    SELECT s.name AS part, CAST(sum(q.rows_count) AS bigint) AS all_of, CAST(sum(q.faulty_count) AS bigint) AS faulty
    FROM source_systems s
    JOIN LATERAL (
        SELECT r.id FROM validation_runs r WHERE r.system_id = s.id AND r.ran_at < :before_at ORDER BY r.id DESC LIMIT 1
    ) AS newest ON true
    JOIN quality_scores q ON q.run_id = newest.id
    WHERE (:sees_all OR q.zone = ANY(CAST(:zones AS text[]))) AND (CAST(:zone AS text) IS NULL OR q.zone = :zone)
        AND CAST(:partner_code AS text) IS NULL
    GROUP BY s.name
"""
_QUALITY: Final = f"""
    {_OWNERS}, checked AS ({_CHECKED}), reviewed AS ({_REVIEWED})
    SELECT 'records' AS series, part, CAST(NULL AS text) AS currency, all_of AS number, CAST(NULL AS bigint) AS of
        FROM checked
    UNION ALL SELECT 'faulty', part, NULL, all_of - sound, NULL FROM checked
    UNION ALL SELECT 'sound', part, NULL, sound, all_of FROM checked
    UNION ALL SELECT 'reviewed', part, NULL, all_of, NULL FROM reviewed
    UNION ALL SELECT 'with_issues', part, NULL, faulty, NULL FROM reviewed
    UNION ALL SELECT 'score', part, NULL, all_of - faulty, all_of FROM reviewed
"""
_STATEMENTS: Final[Mapping[DashboardName, str]] = {
    DashboardName.ON_TIME_BOOKING: _ON_TIME,
    DashboardName.AGEING: _AGEING,
    DashboardName.ORDER_BOOK: _ORDER_BOOK,
    DashboardName.SERVICE_LEVELS: _SERVICE,
    DashboardName.DATA_QUALITY: _QUALITY,
}


@dataclass(frozen=True, slots=True)
class BoardRows:
    """Whose rows a board is of, and of which days; what stands is that of the last one."""

    scope: RowScope
    zone: str | None
    partner_code: str | None
    period: Period
    first_at: datetime
    before_at: datetime

    def values(self) -> dict[str, object]:
        return {
            **self.scope.parameters(),
            "zone": self.zone,
            "partner_code": self.partner_code,
            "first_on": self.period.first_on,
            "last_on": self.period.last_on,
            "as_of": self.period.last_on,
            "first_at": self.first_at,
            "before_at": self.before_at,
        }


@dataclass(frozen=True, slots=True)
class ProjectionStanding:
    """How far the projections of a board are together: the revision of each, and when one changed last."""

    revisions: tuple[tuple[str, int], ...]
    applied_at: datetime | None
    newest_fact_at: datetime | None


async def board_points(connection: AsyncConnection, name: DashboardName, rows: BoardRows) -> list[Point]:
    """By series and part; beyond 5,000 the rest is left."""
    text = _STATEMENTS[name]
    values = {key: value for key, value in rows.values().items() if f":{key}" in text}
    typed = text.replace(":as_of", "CAST(:as_of AS date)").replace(":own_code", "CAST(:own_code AS text)")
    statement = sa.text(
        f"SELECT * FROM ({typed}) AS points ORDER BY series, part, currency LIMIT {POINTS_MAX}"
    )
    found = await connection.execute(statement, values)
    return [Point(row.series, row.part, row.currency, row.number, row.of) for row in found]


async def standing_of(connection: AsyncConnection, projections: tuple[Projection, ...]) -> ProjectionStanding:
    found = await connection.execute(
        sa.text(
            "SELECT projection, revision, applied_at, newest_fact_at FROM projection_progress"
            " WHERE projection = ANY(CAST(:names AS text[])) ORDER BY projection"
        ),
        {"names": [str(one) for one in projections]},
    )
    rows = found.all()
    return ProjectionStanding(
        tuple((row.projection, row.revision) for row in rows),
        max((row.applied_at for row in rows), default=None),
        max((row.newest_fact_at for row in rows), default=None),
    )


async def newest_review(connection: AsyncConnection, name: DashboardName) -> UUID | None:
    """What the board of data quality changes with beside its projections; None for any other."""
    if name is not DashboardName.DATA_QUALITY:
        return None
    statement = sa.text("SELECT id FROM validation_runs ORDER BY id DESC LIMIT 1")
    found: UUID | None = await connection.scalar(statement)
    return found


async def changed_projections(connection: AsyncConnection) -> list[Projection]:
    """Those whose figures changed since this was asked last; they count as told from the commit on."""
    found = await connection.execute(
        sa.text(
            """
            INSERT INTO told_projections AS told (projection, revision)
            SELECT projection, revision FROM projection_progress ORDER BY projection
            ON CONFLICT (projection) DO UPDATE SET revision = excluded.revision
            WHERE told.revision < excluded.revision RETURNING projection
            """
        )
    )
    return [Projection(name) for name in found.scalars()]
