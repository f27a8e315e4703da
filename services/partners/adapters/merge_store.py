"""Two codes for one partner: pairs that look alike, what was decided about them, merges and their reversals."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.errors import MergeUnknown

Row = sa.Row[Any]
# Names of one place that share so much of their letters in threes are asked about.
ALIKE_SHARE: Final = 0.5

_PAIRS: Final = """
    WITH living AS (
        SELECT *, coalesce(stated_pan, CASE WHEN length(gstin) = 15 THEN substr(gstin, 3, 10) END) AS pan
        FROM partners WHERE merged_into IS NULL
    ), grams AS (
        SELECT code, lower(city) AS city, pin_code, cardinality(name_grams) AS size, unnest(name_grams) AS gram
        FROM living WHERE city IS NOT NULL OR pin_code IS NOT NULL
    ), alike AS (
        SELECT a.code AS first_code, b.code AS second_code,
            CAST(count(*) AS float) / (max(a.size) + max(b.size) - count(*)) AS share
        FROM grams a JOIN grams b
            ON a.gram = b.gram AND a.code < b.code AND (a.city = b.city OR a.pin_code = b.pin_code)
        GROUP BY a.code, b.code
    ), reasons AS (
        SELECT a.code AS first_code, b.code AS second_code, 'same_gstin' AS reason FROM living a
        JOIN living b ON a.gstin = b.gstin AND a.code < b.code
        UNION ALL SELECT a.code, b.code, 'same_pan' FROM living a JOIN living b ON a.pan = b.pan AND a.code < b.code
        UNION ALL SELECT a.code, b.code, 'same_bank_account' FROM living a
        JOIN living b ON a.bank_account = b.bank_account AND a.code < b.code
        UNION ALL SELECT first_code, second_code, 'alike_name_and_place' FROM alike WHERE share >= :alike_share
    ), pairs AS (
        SELECT first_code, second_code, array_agg(DISTINCT reason ORDER BY reason) AS reasons FROM reasons
        GROUP BY first_code, second_code
    )
    SELECT pairs.*, coalesce(round(CAST(alike.share AS numeric), 2), 0) AS name_share, a.name AS first_name,
        b.name AS second_name, a.zone AS first_zone, b.zone AS second_zone, d.is_duplicate, d.note, d.decided_at,
        d.decided_by
    FROM pairs JOIN partners a ON a.code = pairs.first_code
    JOIN partners b ON b.code = pairs.second_code
    LEFT JOIN alike ON alike.first_code = pairs.first_code AND alike.second_code = pairs.second_code
    LEFT JOIN LATERAL (SELECT * FROM duplicate_decisions o WHERE o.first_code = pairs.first_code
        AND o.second_code = pairs.second_code ORDER BY o.id DESC LIMIT 1) AS d ON true
    WHERE (d.id IS NOT NULL) = :is_decided
        AND (CAST(:after_first AS text) IS NULL
            OR (pairs.first_code, pairs.second_code) > (CAST(:after_first AS text), CAST(:after_second AS text)))
        AND (CAST(:zone AS text) IS NULL OR :zone IN (a.zone, b.zone))
    ORDER BY pairs.first_code, pairs.second_code LIMIT :limit
"""
_ALIKE: Final = sa.text(
    """
    WITH living AS (
        SELECT *, coalesce(stated_pan, CASE WHEN length(gstin) = 15 THEN substr(gstin, 3, 10) END) AS pan
        FROM partners WHERE merged_into IS NULL
    ), new AS (
        SELECT * FROM living WHERE code = ANY(CAST(:codes AS text[]))
    ), grams AS (
        SELECT code, cardinality(name_grams) AS size, city, pin_code, unnest(name_grams) AS gram FROM new
    ), others AS (
        SELECT l.code, cardinality(l.name_grams) AS size, l.city, l.pin_code, unnest(l.name_grams) AS gram FROM living l
        WHERE lower(l.city) IN (SELECT lower(city) FROM new) OR l.pin_code IN (SELECT pin_code FROM new)
    ), reasons AS (
        SELECT n.code, l.code AS other, 'same_gstin' AS reason FROM new n
            JOIN living l ON l.gstin = n.gstin AND l.code <> n.code
        UNION ALL SELECT n.code, l.code, 'same_pan' FROM new n JOIN living l ON l.pan = n.pan AND l.code <> n.code
        UNION ALL SELECT n.code, l.code, 'same_bank_account' FROM new n
            JOIN living l ON l.bank_account = n.bank_account AND l.code <> n.code
        UNION ALL SELECT g.code, o.code, 'alike_name_and_place' FROM grams g
            JOIN others o ON o.gram = g.gram AND o.code <> g.code
                AND (lower(o.city) = lower(g.city) OR o.pin_code = g.pin_code)
            GROUP BY g.code, o.code
            HAVING CAST(count(*) AS float) / (max(g.size) + max(o.size) - count(*)) >= :alike_share
    )
    SELECT code, other, array_agg(DISTINCT reason ORDER BY reason) AS reasons FROM reasons
    GROUP BY code, other ORDER BY code, other
    """
)
_MERGES: Final = """
    SELECT m.*, r.reversed_at, r.reversed_by, r.reason AS reversal_reason
    FROM partner_merges m LEFT JOIN partner_merge_reversals r ON r.merge_id = m.id
"""


async def duplicate_rows(
    connection: AsyncConnection,
    zone: str | None,
    *,
    is_decided: bool,
    after: tuple[str, str] | None,
    limit: int,
) -> Sequence[Row]:
    """Pairs of partners that may be one, in one statement, by their codes."""
    return (
        await connection.execute(
            sa.text(_PAIRS),
            {
                "alike_share": ALIKE_SHARE,
                "is_decided": is_decided,
                "zone": zone,
                "after_first": after[0] if after else None,
                "after_second": after[1] if after else None,
                "limit": limit,
            },
        )
    ).all()


async def alike_partners(
    connection: AsyncConnection, codes: Sequence[str]
) -> dict[str, list[tuple[str, str]]]:
    """Of new partners: others that may be the same, by code, each with the reasons; by tax numbers, account, and names
    of one place as among `duplicate_rows`. In one statement.
    """
    rows = await connection.execute(_ALIKE, {"codes": list(codes), "alike_share": ALIKE_SHARE})
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row.code, []).append((row.other, ", ".join(row.reasons).replace("_", " ")))
    return found


async def add_duplicate_decision(connection: AsyncConnection, decision: dict[str, object]) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO duplicate_decisions (id, first_code, second_code, is_duplicate, note, decided_at, decided_by)"
            " VALUES (:id, :first_code, :second_code, :is_duplicate, :note, :decided_at, :decided_by)"
        ),
        decision,
    )


async def has_merged_ones(connection: AsyncConnection, code: str) -> bool:
    found = await connection.scalar(
        sa.text("SELECT EXISTS (SELECT FROM partners WHERE merged_into = :code)"), {"code": code}
    )
    return bool(found)


async def add_merge(connection: AsyncConnection, merge: dict[str, object]) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO partner_merges (id, duplicate_code, survivor_code, earlier_status, reason, merged_at, merged_by)"
            " VALUES (:id, :duplicate_code, :survivor_code, :earlier_status, :reason, :merged_at, :merged_by)"
        ),
        merge,
    )


async def add_merge_reversal(
    connection: AsyncConnection, merge_id: UUID, reason: str, by: tuple[str, datetime]
) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO partner_merge_reversals (merge_id, reason, reversed_by, reversed_at)"
            " VALUES (:id, :reason, :by, :at)"
        ),
        {"id": merge_id, "reason": reason, "by": by[0], "at": by[1]},
    )


async def merge_row(connection: AsyncConnection, merge_id: UUID) -> Row:
    """MergeUnknown when there is none."""
    row = (await connection.execute(sa.text(f"{_MERGES} WHERE m.id = :id"), {"id": merge_id})).one_or_none()
    if row is None:
        raise MergeUnknown(f"There is no merge {merge_id}")
    return row


async def merge_rows(connection: AsyncConnection, *, before: UUID | None, limit: int) -> Sequence[Row]:
    """Newest first, before the one that the page before ended with."""
    return (
        await connection.execute(
            sa.text(
                f"{_MERGES} WHERE (CAST(:before AS uuid) IS NULL OR m.id < :before) ORDER BY m.id DESC LIMIT :limit"
            ),
            {"before": before, "limit": limit},
        )
    ).all()
