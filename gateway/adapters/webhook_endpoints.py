"""Where webhooks go: rows of endpoints and of their sealed secrets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.adapters.orm import webhook_endpoints as endpoints
from gateway.adapters.orm import webhook_secrets as secrets
from gateway.domain.live_event import Audience
from gateway.domain.live_event_types import heard_of
from gateway.domain.webhook import EndpointState
from shared.identity import RowScope

_LISTENING: Final = (EndpointState.ENABLED.value, EndpointState.PAUSED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`types` as its owner asked, none for all; roles and scope are those its owner had when it was registered."""

    id: UUID
    owner: str
    url: str
    description: str
    types: tuple[str, ...]
    roles: frozenset[str]
    scope: RowScope
    state: EndpointState
    state_reason: str
    failures: int
    held_until: datetime | None
    revision: int
    created_at: datetime

    @property
    def audience(self) -> Audience:
        return Audience(types=heard_of(self.types, self.roles), scope=self.scope)


async def add_endpoint(connection: AsyncConnection, endpoint: Endpoint) -> None:
    await connection.execute(
        endpoints.insert().values(
            id=endpoint.id,
            owner=endpoint.owner,
            url=endpoint.url,
            description=endpoint.description,
            types=list(endpoint.types),
            roles=sorted(endpoint.roles),
            sees_all=endpoint.scope.sees_all,
            zones=sorted(endpoint.scope.zones),
            partner_code=endpoint.scope.partner_code,
            state=endpoint.state.value,
            state_reason=endpoint.state_reason,
            created_at=endpoint.created_at,
        )
    )


async def endpoint_of(
    connection: AsyncConnection, endpoint_id: UUID, *, owner: str | None, is_for_change: bool = False
) -> Endpoint | None:
    """Return it unless it is retired or of somebody else than `owner`; None as owner sees all."""
    found = sa.select(endpoints).where(
        endpoints.c.id == endpoint_id, endpoints.c.state != EndpointState.RETIRED.value
    )
    if owner is not None:
        found = found.where(endpoints.c.owner == owner)
    row = (await connection.execute(found.with_for_update() if is_for_change else found)).one_or_none()
    return None if row is None else _endpoint(row)


async def endpoints_after(
    connection: AsyncConnection, after: UUID | None, *, owner: str | None, limit: int
) -> Sequence[Endpoint]:
    """Return limit + 1 in the order they were registered, for a page."""
    found = sa.select(endpoints).where(endpoints.c.state != EndpointState.RETIRED.value)
    if owner is not None:
        found = found.where(endpoints.c.owner == owner)
    if after is not None:
        found = found.where(endpoints.c.id > after)
    rows = await connection.execute(found.order_by(endpoints.c.id).limit(limit + 1))
    return [_endpoint(row) for row in rows]


async def listening_endpoints(connection: AsyncConnection) -> Sequence[Endpoint]:
    """Return those that deliveries are kept for; of a paused one they wait."""
    found = sa.select(endpoints).where(endpoints.c.state.in_(_LISTENING))
    return [_endpoint(row) for row in await connection.execute(found)]


async def change_endpoint(connection: AsyncConnection, endpoint_id: UUID, **facts: object) -> None:
    """Set the columns named and count the revision up."""
    await connection.execute(
        endpoints.update()
        .where(endpoints.c.id == endpoint_id)
        .values(revision=endpoints.c.revision + 1, **facts)
    )


async def count_success(connection: AsyncConnection, endpoint_id: UUID) -> None:
    """Forget the failures in a row; writes nothing when there were none."""
    await connection.execute(
        endpoints.update()
        .where(endpoints.c.id == endpoint_id, endpoints.c.failures > 0)
        .values(failures=0, held_until=None)
    )


async def count_failure(connection: AsyncConnection, endpoint_id: UUID) -> int:
    """Count one more failure in a row and return how many there are; the row stays locked."""
    counted = (
        endpoints.update()
        .where(endpoints.c.id == endpoint_id)
        .values(failures=endpoints.c.failures + 1)
        .returning(endpoints.c.failures)
    )
    return int(await connection.scalar(counted) or 0)


async def hold_endpoint(connection: AsyncConnection, endpoint_id: UUID, held: timedelta) -> None:
    """Send nothing to it for a while; a longer hold that is under way stays."""
    until = sa.func.now() + held
    await connection.execute(
        endpoints.update()
        .where(endpoints.c.id == endpoint_id)
        .values(held_until=sa.func.greatest(endpoints.c.held_until, until))
    )


async def add_secret(connection: AsyncConnection, endpoint_id: UUID, sealed: bytes) -> None:
    await connection.execute(secrets.insert().values(endpoint_id=endpoint_id, sealed=sealed))


async def end_secrets(connection: AsyncConnection, endpoint_id: UUID, overlap: timedelta) -> None:
    """Let the newest secret sign for the overlap still, and those before it no more: two at most are in force."""
    await connection.execute(_END_OLDER, {"endpoint_id": endpoint_id})
    await connection.execute(_END_NEWEST, {"endpoint_id": endpoint_id, "overlap": overlap})


async def sealed_secrets(
    connection: AsyncConnection, endpoint_ids: Sequence[UUID]
) -> dict[UUID, list[bytes]]:
    """Return the secrets in force of each endpoint, the newest first."""
    found = (
        sa.select(secrets.c.endpoint_id, secrets.c.sealed)
        .where(secrets.c.endpoint_id.in_(endpoint_ids))
        .where(sa.or_(secrets.c.expires_at.is_(None), secrets.c.expires_at > sa.func.now()))
        .order_by(secrets.c.id.desc())
    )
    sealed: dict[UUID, list[bytes]] = {}
    for row in await connection.execute(found):
        sealed.setdefault(row.endpoint_id, []).append(row.sealed)
    return sealed


def _endpoint(row: sa.Row[Any]) -> Endpoint:
    return Endpoint(
        id=row.id,
        owner=row.owner,
        url=row.url,
        description=row.description,
        types=tuple(row.types),
        roles=frozenset(row.roles),
        scope=RowScope(sees_all=row.sees_all, zones=frozenset(row.zones), partner_code=row.partner_code),
        state=EndpointState(row.state),
        state_reason=row.state_reason,
        failures=row.failures,
        held_until=row.held_until,
        revision=row.revision,
        created_at=row.created_at,
    )


_END_OLDER = sa.text(
    "DELETE FROM webhook_secrets WHERE endpoint_id = :endpoint_id"
    " AND id < (SELECT max(id) FROM webhook_secrets WHERE endpoint_id = :endpoint_id)"
)

_END_NEWEST = sa.text(
    "UPDATE webhook_secrets SET expires_at = now() + CAST(:overlap AS interval)"
    " WHERE endpoint_id = :endpoint_id"
)
