"""Digests of competitors and their subscriptions, read within a caller's zones."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.competitors import Row
from services.research.domain.competitor_digest import Card
from services.research.domain.errors import DigestSubscriptionUnknown, DigestUnknown
from shared.identity import RowScope


async def add_subscription(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """Where it stands; a version has to follow."""
    await connection.execute(_ADD, dict(facts))


async def add_subscription_version(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    await connection.execute(_ADD_VERSION, dict(facts))


async def set_subscription_standing(
    connection: AsyncConnection, subscription_id: UUID, **values: object
) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    await connection.execute(
        sa.text(f"UPDATE competitor_digest_subscriptions SET {columns} WHERE id = :id"),
        {**values, "id": subscription_id},
    )


async def subscription_row(
    connection: AsyncConnection, scope: RowScope, subscription_id: UUID, *, for_update: bool = False
) -> Row:
    """As its newest version says. DigestSubscriptionUnknown for one of another zone, or of all to people of some."""
    lock = "FOR UPDATE OF s" if for_update else ""
    values = {"id": subscription_id, **scope.parameters()}
    row = (await connection.execute(sa.text(f"{_SHOWN} AND s.id = :id {lock}"), values)).one_or_none()
    if row is None:
        raise DigestSubscriptionUnknown(f"There is no subscription {subscription_id}")
    return row


async def subscription_rows(
    connection: AsyncConnection, scope: RowScope, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """Those made last first."""
    values = {"before": before, "limit": limit, **scope.parameters()}
    return (await connection.execute(_LIST, values)).all()


async def due_subscriptions(connection: AsyncConnection, at: datetime, *, limit: int) -> Sequence[Row]:
    """Those that are due, locked; what another worker holds is left to it."""
    return (await connection.execute(_DUE, {"at": at, "limit": limit})).all()


async def add_digest_run(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """Once per due instant: a second row of it is an error of the database."""
    await connection.execute(_ADD_RUN, {"digest_id": None, "due_at": None, **facts})


async def digest_run_rows(
    connection: AsyncConnection, subscription_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The last first."""
    return (await connection.execute(_RUNS, {"id": subscription_id, "before": before, "limit": limit})).all()


async def digest_run_row(connection: AsyncConnection, run_id: UUID) -> Row:
    query = sa.text("SELECT * FROM competitor_digest_runs WHERE id = :id")
    return (await connection.execute(query, {"id": run_id})).one()


async def add_digest(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """Once; it stays as it is."""
    told = {name: msgspec.json.encode(facts[name]).decode() for name in ("content", "known")}
    await connection.execute(_ADD_DIGEST, {**facts, **told})


async def last_digest(connection: AsyncConnection, subscription_id: UUID) -> Row | None:
    """Of a subscription that the transaction has locked; with what it knew."""
    return (await connection.execute(_LAST, {"id": subscription_id})).one_or_none()


async def digest_row(connection: AsyncConnection, scope: RowScope, digest_id: UUID) -> Row:
    """DigestUnknown for one that is not there, of another zone, or of all zones to people of some."""
    rows = await digest_rows(connection, scope, {"id": digest_id})
    if not rows:
        raise DigestUnknown(f"There is no digest {digest_id}")
    return rows[0]


async def digest_rows(
    connection: AsyncConnection,
    scope: RowScope,
    chosen: Mapping[str, object],
    before: UUID | None = None,
    limit: int = 1,
) -> Sequence[Row]:
    """The last made first; `chosen` is the subscription's id or its own."""
    values = {"id": None, "subscription": None, **chosen, "before": before, "limit": limit}
    return (await connection.execute(_DIGESTS, {**values, **scope.parameters()})).all()


async def newest_cards(connection: AsyncConnection, scope: RowScope, codes: Sequence[str]) -> list[Card]:
    """The newest battlecard of each competitor and zone that the scope sees."""
    rows = await connection.execute(_CARDS, {"codes": list(codes), **scope.parameters()})
    return [
        Card(
            id=str(row.id),
            competitor=row.competitor,
            zone=row.zone,
            version=row.version,
            positioning=row.content["positioning"],
        )
        for row in rows
    ]


_HERE: Final = "(:sees_all OR {of}.zone = ANY(CAST(:zones AS text[])))"
_SHOWN: Final = f"""
    SELECT s.id, s.owner, s.zone, s.revision, s.settled_until_at, s.next_due_at, s.created_at, v.title, v.competitors,
        v.tells_no_change, v.cron, v.time_zone, v.valid_from, v.set_by, v.set_at
    FROM competitor_digest_subscriptions AS s
    JOIN competitor_digest_subscription_versions AS v ON v.subscription_id = s.id AND v.revision = s.revision
    WHERE {_HERE.format(of="s")}
"""
_ADD = sa.text(
    """
    INSERT INTO competitor_digest_subscriptions (id, owner, zone, revision, settled_until_at, next_due_at, created_at)
    VALUES (:id, :owner, :zone, 1, :at, :next_due_at, :at)
    """
)
_ADD_VERSION = sa.text(
    """
    INSERT INTO competitor_digest_subscription_versions (subscription_id, revision, title, competitors, tells_no_change,
        cron, time_zone, valid_from, set_by, set_at)
    VALUES (:subscription_id, :revision, :title, :competitors, :tells_no_change, :cron, :time_zone, :valid_from, :set_by,
        :set_at)
    """
)
_LIST = sa.text(
    f"{_SHOWN} AND (CAST(:before AS uuid) IS NULL OR s.id < :before) ORDER BY s.id DESC LIMIT :limit"
)
_DUE = sa.text(
    """
    SELECT s.id, s.owner, s.zone, s.revision, s.settled_until_at, s.next_due_at, v.title, v.competitors,
        v.tells_no_change, v.cron, v.time_zone, v.valid_from
    FROM competitor_digest_subscriptions AS s
    JOIN competitor_digest_subscription_versions AS v ON v.subscription_id = s.id AND v.revision = s.revision
    WHERE s.next_due_at <= :at ORDER BY s.next_due_at LIMIT :limit FOR UPDATE OF s SKIP LOCKED
    """
)
_ADD_RUN = sa.text(
    """
    INSERT INTO competitor_digest_runs (id, subscription_id, revision, due_at, outcome, digest_id, asked_by, asked_at)
    VALUES (:id, :subscription_id, :revision, :due_at, :outcome, :digest_id, :asked_by, :asked_at)
    """
)
_RUNS = sa.text(
    """
    SELECT * FROM competitor_digest_runs
    WHERE subscription_id = :id AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit
    """
)
_ADD_DIGEST = sa.text(
    """
    INSERT INTO competitor_digests (id, subscription_id, number, title, zone, content, content_sha256, known, made_by,
        made_at)
    VALUES (:id, :subscription_id, :number, :title, :zone, CAST(:content AS jsonb), :content_sha256,
        CAST(:known AS jsonb), :made_by, :made_at)
    """
)
_LAST = sa.text(
    "SELECT number, known, made_at FROM competitor_digests WHERE subscription_id = :id ORDER BY number DESC LIMIT 1"
)
_DIGESTS = sa.text(
    f"""
    SELECT d.id, d.subscription_id, d.number, d.title, d.zone, d.content, d.content_sha256, d.made_by, d.made_at
    FROM competitor_digests AS d
    WHERE {_HERE.format(of="d")}
        AND (CAST(:id AS uuid) IS NULL OR d.id = :id)
        AND (CAST(:subscription AS uuid) IS NULL OR d.subscription_id = :subscription)
        AND (CAST(:before AS uuid) IS NULL OR d.id < :before)
    ORDER BY d.id DESC LIMIT :limit
    """
)
_CARDS = sa.text(
    """
    SELECT DISTINCT ON (c.code, b.zone) b.id, b.zone, b.version, b.content, c.code AS competitor
    FROM battlecards AS b JOIN competitors AS c ON c.id = b.competitor_id
    WHERE c.code = ANY(CAST(:codes AS text[]))
        AND (:sees_all OR b.zone IS NULL OR b.zone = ANY(CAST(:zones AS text[])))
    ORDER BY c.code, b.zone, b.version DESC
    """
)
