"""Observations of competitors: written once, withdrawn with a reason, read within a caller's zones."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.competitors import Row
from services.research.domain.errors import ObservationUnknown, ObservationWithdrawn
from services.research.domain.grade import Grade, Reliability
from services.research.domain.observation import SEEN_PER_COMPETITOR_MAX, Observation, Value
from shared.identity import RowScope

_NOTHING_CHOSEN: Final = dict.fromkeys(("attribute", "product", "zone", "seen_on_gte", "seen_on_lte"))


async def add_observation(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """As it was seen; it stays so."""
    names = ", ".join(facts)
    values = ", ".join(f":{name}" for name in facts)
    await connection.execute(
        sa.text(f"INSERT INTO competitor_observations ({names}) VALUES ({values})"), dict(facts)
    )


async def withdraw_observation_row(
    connection: AsyncConnection, observation_id: UUID, *, reason: str, by: str, at: datetime
) -> None:
    """ObservationWithdrawn when somebody did before."""
    values = {"id": observation_id, "reason": reason, "by": by, "at": at}
    if not (await connection.execute(_WITHDRAW, values)).rowcount:
        raise ObservationWithdrawn(f"{observation_id} was withdrawn before")


async def observation_row(connection: AsyncConnection, scope: RowScope, observation_id: UUID) -> Row:
    """ObservationUnknown for one that is not there or of another zone."""
    rows = await observation_rows(connection, scope, {"ids": [observation_id]})
    if not rows:
        raise ObservationUnknown(f"There is no observation {observation_id}")
    return rows[0]


async def observation_rows(
    connection: AsyncConnection,
    scope: RowScope,
    chosen: Mapping[str, Any],
    after: tuple[date, UUID] | None = None,
    limit: int = 1,
) -> Sequence[Row]:
    """The last seen first, withdrawn ones included. `chosen` leaves out what does not matter."""
    values = {
        "ids": None,
        "competitor": None,
        **_NOTHING_CHOSEN,
        **chosen,
        **scope.parameters(),
        "after_on": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }
    return (await connection.execute(_LIST, values)).all()


async def live_observations(
    connection: AsyncConnection, scope: RowScope, codes: Sequence[str], zone: str | None = None
) -> list[Observation]:
    """The last thousand of each competitor that were not withdrawn; with a zone those of everywhere and of it."""
    values = {"codes": list(codes), "zone": zone, "per_competitor": SEEN_PER_COMPETITOR_MAX}
    rows = await connection.execute(_LIVE, {**values, **scope.parameters()})
    return [observation_of(row) for row in rows]


def observation_of(row: Row) -> Observation:
    return Observation(
        id=row.id,
        competitor=row.competitor,
        product=row.product,
        attribute=row.attribute,
        zone=row.zone,
        value=Value(
            text=row.value_text,
            number=row.value_number,
            amount_minor=row.amount_minor,
            currency=row.currency,
        ),
        note=row.note,
        source=row.source,
        seen_on=row.seen_on,
        grade=Grade(reliability=Reliability(row.reliability), credibility=row.credibility),
    )


_WITHDRAW = sa.text(
    """
    INSERT INTO competitor_observation_withdrawals (observation_id, reason, withdrawn_by, withdrawn_at)
    VALUES (:id, :reason, :by, :at) ON CONFLICT DO NOTHING
    """
)
_LIST = sa.text(
    """
    SELECT o.*, c.code AS competitor, w.reason AS withdrawal_reason, w.withdrawn_by, w.withdrawn_at
    FROM competitor_observations AS o
    JOIN competitors AS c ON c.id = o.competitor_id
    LEFT JOIN competitor_observation_withdrawals AS w ON w.observation_id = o.id
    WHERE (:sees_all OR o.zone IS NULL OR o.zone = ANY(CAST(:zones AS text[])))
        AND (CAST(:ids AS uuid[]) IS NULL OR o.id = ANY(:ids))
        AND (CAST(:competitor AS text) IS NULL OR c.code = :competitor)
        AND (CAST(:attribute AS text) IS NULL OR o.attribute = :attribute)
        AND (CAST(:product AS text) IS NULL OR o.product = :product)
        AND (CAST(:zone AS text) IS NULL OR o.zone = :zone)
        AND (CAST(:seen_on_gte AS date) IS NULL OR o.seen_on >= :seen_on_gte)
        AND (CAST(:seen_on_lte AS date) IS NULL OR o.seen_on <= :seen_on_lte)
        AND (CAST(:after_id AS uuid) IS NULL OR (o.seen_on, o.id) < (CAST(:after_on AS date), :after_id))
    ORDER BY o.seen_on DESC, o.id DESC LIMIT :limit
    """
)
_LIVE = sa.text(
    """
    SELECT last.*, c.code AS competitor
    FROM competitors AS c
    CROSS JOIN LATERAL (
        SELECT * FROM competitor_observations AS o
        WHERE o.competitor_id = c.id
            AND (:sees_all OR o.zone IS NULL OR o.zone = ANY(CAST(:zones AS text[])))
            AND (CAST(:zone AS text) IS NULL OR o.zone IS NULL OR o.zone = :zone)
            AND NOT EXISTS (SELECT FROM competitor_observation_withdrawals AS w WHERE w.observation_id = o.id)
        ORDER BY o.seen_on DESC, o.id DESC LIMIT :per_competitor
    ) AS last
    WHERE c.code = ANY(CAST(:codes AS text[]))
    """
)
