"""Pages and files that were asked for, and when each host may be asked again with what its robots.txt says."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.assignments import Row
from services.research.domain.errors import ResearchFetchUnknown

HOSTS_KEPT_DAYS: Final = 7


async def add_fetch(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """As it was asked for; its job says later what became of it."""
    names = ", ".join(facts)
    bound = ", ".join(f":{name}" for name in facts)
    await connection.execute(sa.text(f"INSERT INTO research_fetches ({names}) VALUES ({bound})"), dict(facts))


async def settle_fetch(connection: AsyncConnection, fetch_id: UUID, facts: Mapping[str, Any]) -> None:
    """Once: what was settled stays."""
    columns = ", ".join(f"{name} = :{name}" for name in facts)
    query = sa.text(f"UPDATE research_fetches SET {columns} WHERE id = :id AND state = 'queued'")
    await connection.execute(query, {**facts, "id": fetch_id})


async def fetch_row(connection: AsyncConnection, assignment_id: UUID, fetch_id: UUID) -> Row:
    """ResearchFetchUnknown for one that is not of this assignment."""
    query = sa.text("SELECT * FROM research_fetches WHERE id = :id AND assignment_id = :assignment")
    row = (await connection.execute(query, {"id": fetch_id, "assignment": assignment_id})).one_or_none()
    if row is None:
        raise ResearchFetchUnknown(f"The assignment has no fetch {fetch_id}")
    return row


async def asked_fetch(connection: AsyncConnection, fetch_id: UUID) -> Row:
    """Of a job, which has no rights of its own."""
    query = sa.text("SELECT * FROM research_fetches WHERE id = :id")
    return (await connection.execute(query, {"id": fetch_id})).one()


async def fetch_rows(
    connection: AsyncConnection, assignment_id: UUID, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The last asked first."""
    return (
        await connection.execute(_LIST, {"assignment": assignment_id, "before": before, "limit": limit})
    ).all()


async def kept_before(connection: AsyncConnection, assignment_id: UUID, url: str) -> Row | None:
    """The last copy of the same URL for the same assignment."""
    return (
        await connection.execute(_KEPT, {"assignment": assignment_id, "url": url})
    ).one_or_none()  # fmt: skip


async def take_host(connection: AsyncConnection, origin: str, lease_seconds: float) -> bool:
    """Whether the host is ours to ask until the lease ends or it is given back; nobody else asks it meanwhile."""
    values = {"origin": origin, "seconds": lease_seconds}
    return (await connection.execute(_TAKE, values)).one_or_none() is not None


async def give_host_back(connection: AsyncConnection, origin: str, pause_seconds: float) -> None:
    """The next may ask after the pause."""
    await connection.execute(_GIVE_BACK, {"origin": origin, "seconds": pause_seconds})


async def known_robots(connection: AsyncConnection, origin: str) -> Row | None:
    """What robots.txt said within the last day (RFC 9309, section 2.4)."""
    return (await connection.execute(_ROBOTS, {"origin": origin})).one_or_none()


async def keep_robots(connection: AsyncConnection, origin: str, rules: str) -> None:
    """Of a host that is taken. Hosts that nobody asked for a week are forgotten."""
    await connection.execute(_KEEP_ROBOTS, {"origin": origin, "rules": rules})
    await connection.execute(_FORGET, {"days": HOSTS_KEPT_DAYS})


_LIST = sa.text(
    """
    SELECT * FROM research_fetches
    WHERE assignment_id = :assignment AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit
    """
)
_KEPT = sa.text(
    """
    SELECT * FROM research_fetches
    WHERE assignment_id = :assignment AND url = :url AND file_id IS NOT NULL ORDER BY id DESC LIMIT 1
    """
)
_TAKE = sa.text(
    """
    INSERT INTO research_fetch_hosts AS h (origin, free_at) VALUES (:origin, now() + make_interval(secs => :seconds))
    ON CONFLICT (origin) DO UPDATE SET free_at = excluded.free_at WHERE h.free_at <= now() RETURNING origin
    """
)
_GIVE_BACK = sa.text(
    "UPDATE research_fetch_hosts SET free_at = now() + make_interval(secs => :seconds) WHERE origin = :origin"
)
_ROBOTS = sa.text(
    """
    SELECT robots FROM research_fetch_hosts
    WHERE origin = :origin AND robots IS NOT NULL AND robots_at > now() - interval '1 day'
    """
)
_KEEP_ROBOTS = sa.text(
    "UPDATE research_fetch_hosts SET robots = :rules, robots_at = now() WHERE origin = :origin"
)
_FORGET = sa.text("DELETE FROM research_fetch_hosts WHERE free_at < now() - make_interval(days => :days)")
