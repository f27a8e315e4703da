"""Subscriptions as use cases decide on them: read under a lock, written with every version kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.report_subscription import ReportSubscription, Subscriber, SubscriptionRule
from shared.identity import RowScope

Row = sa.Row[Any]
_SELECT: Final = """
    SELECT s.id, s.settled_until_at, s.next_due_at, s.created_by, s.created_at, s.is_paused, v.revision, v.rule,
        v.subscriber, v.note, v.set_by, v.set_at
    FROM report_subscriptions s JOIN report_subscription_versions v
        ON v.subscription_id = s.id AND v.revision = s.revision
"""
# A person's own, and every one for those who see everything.
_VISIBLE: Final = "(:sees_all OR s.created_by = :actor)"


@dataclass(frozen=True, slots=True)
class Setting:
    """Who set something, when, and the words they left."""

    actor: str
    at: datetime
    note: str | None = None


async def add_subscription(
    connection: AsyncConnection, subscription: ReportSubscription, setting: Setting
) -> None:
    """A new one with its first version."""
    await connection.execute(
        sa.text(
            "INSERT INTO report_subscriptions (id, revision, is_paused, settled_until_at, next_due_at, created_by,"
            " created_at) VALUES (:id, :revision, :is_paused, :settled_until_at, :next_due_at, :actor, :at)"
        ),
        _standing(subscription) | {"actor": setting.actor, "at": setting.at},
    )
    await _add_version(connection, subscription, setting)


async def write_version(
    connection: AsyncConnection, subscription: ReportSubscription, setting: Setting
) -> None:
    """The subscription as it is from now on, as its next version."""
    await _add_version(connection, subscription, setting)
    await move_on(connection, subscription)


async def move_on(connection: AsyncConnection, subscription: ReportSubscription) -> None:
    """Where it stands now."""
    await connection.execute(
        sa.text(
            "UPDATE report_subscriptions SET revision = :revision, is_paused = :is_paused,"
            " settled_until_at = :settled_until_at, next_due_at = :next_due_at WHERE id = :id"
        ),
        _standing(subscription),
    )


async def subscription_to_change(
    connection: AsyncConnection, subscription_id: UUID, scope: RowScope, actor: str
) -> ReportSubscription | None:
    """The caller's, locked until the commit."""
    statement = sa.text(f"{_SELECT} WHERE s.id = :id AND {_VISIBLE} FOR UPDATE OF s")
    values = {"id": subscription_id, "sees_all": scope.sees_all, "actor": actor}
    row = (await connection.execute(statement, values)).one_or_none()
    return None if row is None else subscription_of(row)


async def claim_due(
    connection: AsyncConnection, subscription_id: UUID, at: datetime
) -> ReportSubscription | None:
    """Locked until the commit; None when it is not due any more, or another worker has it."""
    statement = sa.text(f"{_SELECT} WHERE s.id = :id AND s.next_due_at <= :at FOR UPDATE OF s SKIP LOCKED")
    row = (await connection.execute(statement, {"id": subscription_id, "at": at})).one_or_none()
    return None if row is None else subscription_of(row)


async def due_subscription_ids(connection: AsyncConnection, at: datetime, limit: int) -> list[UUID]:
    """Those with a run that is due, the longest due first."""
    statement = (
        "SELECT id FROM report_subscriptions WHERE next_due_at <= :at ORDER BY next_due_at, id LIMIT :limit"
    )
    return list((await connection.execute(sa.text(statement), {"at": at, "limit": limit})).scalars())


async def subscriptions_by_calendar(connection: AsyncConnection, code: str) -> list[ReportSubscription]:
    """Those that follow the calendar and are not paused, locked in the order of their ids."""
    statement = sa.text(
        f"{_SELECT} WHERE v.rule ->> 'calendar_code' = :code AND NOT s.is_paused ORDER BY s.id FOR UPDATE OF s"
    )
    return [subscription_of(row) for row in await connection.execute(statement, {"code": code})]


async def visible_subscription(
    connection: AsyncConnection, subscription_id: UUID, scope: RowScope, actor: str
) -> Row | None:
    statement = sa.text(f"{_SELECT} WHERE s.id = :id AND {_VISIBLE}")
    values = {"id": subscription_id, "sees_all": scope.sees_all, "actor": actor}
    return (await connection.execute(statement, values)).one_or_none()


async def visible_subscriptions(
    connection: AsyncConnection, scope: RowScope, actor: str, *, after: UUID | None, limit: int
) -> Sequence[Row]:
    """In the order in which they were made."""
    statement = sa.text(
        f"{_SELECT} WHERE {_VISIBLE} AND (CAST(:after AS uuid) IS NULL OR s.id > :after) ORDER BY s.id LIMIT :limit"
    )
    values = {"sees_all": scope.sees_all, "actor": actor, "after": after, "limit": limit}
    return (await connection.execute(statement, values)).all()


async def partners_unseen(
    connection: AsyncConnection, codes: Sequence[str], subscriber: Subscriber
) -> list[int]:
    """Positions of the codes that no partner has, or whose partner the subscriber does not see."""
    rows = await connection.execute(
        sa.text(
            """
            SELECT position - 1 AS position
            FROM unnest(CAST(:codes AS text[])) WITH ORDINALITY AS asked (code, position)
            WHERE NOT EXISTS (SELECT FROM known_partners p WHERE p.code = asked.code
                AND (:sees_all OR p.zone = ANY(CAST(:zones AS text[])) OR p.code = :own_code))
            ORDER BY position
            """
        ),
        {
            "codes": list(codes),
            "sees_all": subscriber.sees_all,
            "zones": sorted(subscriber.zones),
            "own_code": subscriber.own_code,
        },
    )
    return [row.position for row in rows]


async def partners_of_zones(connection: AsyncConnection, zones: Sequence[str], limit: int) -> list[str]:
    """Codes of the active partners that the zones have now, in their order."""
    rows = await connection.execute(
        sa.text(
            "SELECT code FROM known_partners WHERE zone = ANY(CAST(:zones AS text[])) AND status = 'active'"
            " AND merged_into IS NULL ORDER BY code LIMIT :limit"
        ),
        {"zones": list(zones), "limit": limit},
    )
    return list(rows.scalars())


def subscription_of(row: Row) -> ReportSubscription:
    """The subscription in a row of this store."""
    return ReportSubscription(
        id=row.id,
        revision=row.revision,
        rule=msgspec.convert(row.rule, type=SubscriptionRule),
        subscriber=msgspec.convert(row.subscriber, type=Subscriber),
        is_paused=row.is_paused,
        settled_until_at=row.settled_until_at,
        next_due_at=row.next_due_at,
    )


def _standing(subscription: ReportSubscription) -> dict[str, object]:
    names = ("id", "revision", "is_paused", "settled_until_at", "next_due_at")
    return {name: getattr(subscription, name) for name in names}


async def _add_version(
    connection: AsyncConnection, subscription: ReportSubscription, setting: Setting
) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO report_subscription_versions (subscription_id, revision, rule, subscriber, is_paused, note,"
            " set_by, set_at) VALUES (:id, :revision, CAST(:rule AS jsonb), CAST(:subscriber AS jsonb), :is_paused,"
            " :note, :by, :at)"
        ),
        {
            "id": subscription.id,
            "revision": subscription.revision,
            "rule": msgspec.json.encode(subscription.rule).decode(),
            "subscriber": msgspec.json.encode(subscription.subscriber, order="sorted").decode(),
            "is_paused": subscription.is_paused,
            "note": setting.note,
            "by": setting.actor,
            "at": setting.at,
        },
    )
