"""Registers where webhooks go and changes it, as its owner asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from gateway.adapters.live_events import live_events_between
from gateway.adapters.webhook_deliveries import add_deliveries, cancel_waiting
from gateway.adapters.webhook_endpoints import (
    Endpoint,
    add_endpoint,
    add_secret,
    change_endpoint,
    end_secrets,
)
from gateway.application.tell_live_events import tell
from gateway.application.translate_events import Telling
from gateway.domain.live_data import WebhookTestedData
from gateway.domain.live_event_types import wanted_types, within_scopes
from gateway.domain.webhook import EndpointState
from shared.database import UnitOfWork
from shared.errors import Forbidden
from shared.identity import Caller
from shared.secret_box import SecretBox
from shared.webhooks.signature import new_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedEndpoint:
    """What its owner says of it; `url` was checked."""

    url: str
    description: str
    types: tuple[str, ...]


async def register_webhook(
    work: UnitOfWork, box: SecretBox, caller: Caller, wanted: WantedEndpoint
) -> tuple[Endpoint, str]:
    """Return the endpoint and its secret, which nobody is shown again.

    It hears what the caller's roles and rows open today; Invalid or Forbidden for types that they do not.
    """
    types = types_for(caller, wanted.types, caller.roles)
    endpoint = Endpoint(
        id=uuid7(),
        owner=caller.subject,
        url=wanted.url,
        description=wanted.description,
        types=types,
        roles=caller.roles,
        scope=caller.row_scope(),
        state=EndpointState.ENABLED,
        state_reason="",
        failures=0,
        held_until=None,
        revision=1,
        created_at=datetime.now(UTC),
    )
    await add_endpoint(work.connection, endpoint)
    return endpoint, await _new_secret(work, box, endpoint.id)


def types_for(caller: Caller, wanted: Sequence[str], roles: frozenset[str]) -> tuple[str, ...]:
    """Return what is kept of the wish: as it was said, or, for a key with scopes, the types that they cover.

    Raises Invalid and Forbidden as `wanted_types`, and Forbidden when the scopes cover none.
    """
    heard = wanted_types(wanted, roles, pointer="/types")
    if caller.scopes is None:
        return tuple(wanted)
    covered = within_scopes(heard, caller.scopes)
    if not covered:
        raise Forbidden("The key's scopes cover none of these types")
    return tuple(sorted(covered))


async def rotate_secret(work: UnitOfWork, box: SecretBox, endpoint: Endpoint, *, overlap: timedelta) -> str:
    """Return a new secret; the one before signs beside it for the overlap."""
    await end_secrets(work.connection, endpoint.id, overlap)
    await change_endpoint(work.connection, endpoint.id)
    return await _new_secret(work, box, endpoint.id)


async def resume_endpoint(work: UnitOfWork, endpoint: Endpoint) -> None:
    """Send again, at once, what waits."""
    facts = {"state": EndpointState.ENABLED.value, "state_reason": "", "failures": 0, "held_until": None}
    await change_endpoint(work.connection, endpoint.id, **facts)


async def retire_endpoint(work: UnitOfWork, endpoint: Endpoint) -> None:
    """Send nothing more, for good."""
    await cancel_waiting(work.connection, endpoint.id)
    await change_endpoint(work.connection, endpoint.id, state=EndpointState.RETIRED.value)


async def send_test(work: UnitOfWork, endpoint: Endpoint, *, by: str) -> UUID:
    """Queue a delivery that tells of nothing but itself; return its id."""
    telling = Telling(
        type="webhook_endpoint.tested",
        key=endpoint.id,
        data=WebhookTestedData(webhook_endpoint_id=endpoint.id, asked_by=by),
        recipient=endpoint.owner,
    )
    [event] = await tell(work, [(datetime.now(UTC), telling)])
    [delivery_id] = await add_deliveries(work.connection, [(endpoint.id, event)])
    return delivery_id


async def resend_between(
    work: UnitOfWork, endpoint: Endpoint, since: datetime, until: datetime
) -> Sequence[UUID]:
    """Queue again what was told in that time and reaches the endpoint, also what it missed; 10,000 at most."""
    audience = endpoint.audience
    events = await live_events_between(work.connection, since, until)
    heard = [(endpoint.id, event) for event in events if audience.hears(event, subject=endpoint.owner)]
    return await add_deliveries(work.connection, heard, is_again=True)


async def _new_secret(work: UnitOfWork, box: SecretBox, endpoint_id: UUID) -> str:
    secret = new_secret()
    await add_secret(work.connection, endpoint_id, box.seal(secret, owner=endpoint_id.bytes))
    return secret
