"""Makes API keys and gives them new secrets; the text of a key exists only in the reply that shows it."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from gateway.adapters.api_key_store import Row, add_key, change_key, note_event
from gateway.adapters.api_keys import KeyDigests
from gateway.application.own_api_key import own_key
from gateway.domain.api_key import SECRET_BYTES, Grant, key_text
from gateway.domain.errors import KeyRevoked
from shared.database import UnitOfWork
from shared.identity import Caller


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key's id and its whole text, to be shown once."""

    id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class IssueApiKey:
    """What somebody wants a key for."""

    name: str
    grant: Grant
    valid_for: timedelta


async def issue_api_key(
    work: UnitOfWork, digests: KeyDigests, command: IssueApiKey, creator: Caller, at: datetime
) -> IssuedKey:
    """Its creator owns it. Invalid for what no key may be; Forbidden and GrantTooWide for more than the creator may."""
    command.grant.refuse_unsuitable()
    command.grant.refuse_excess(creator)
    key_id = uuid7()
    text = key_text(key_id, secrets.token_bytes(SECRET_BYTES))
    grant = command.grant
    values = {
        "id": key_id,
        "name": command.name,
        "owner": creator.subject,
        "roles": sorted(grant.roles),
        "scopes": None if grant.scopes is None else sorted(grant.scopes),
        "zones": sorted(grant.zones),
        "partner_code": grant.partner_code,
        "digest": digests.new(text),
        "created_at": at,
        "issued_at": at,
        "expires_at": at + command.valid_for,
        "revision": 1,
    }
    await add_key(work.connection, values)
    await note_event(work.connection, key_id, ("created", ""), creator.actor, at)
    return IssuedKey(key_id, text)


@dataclass(frozen=True, slots=True)
class RotateApiKey:
    """Which key, as of which revision, and how long the secret before still counts."""

    key_id: UUID
    revision: int
    overlap: timedelta
    valid_for: timedelta


async def rotate_api_key(
    work: UnitOfWork, digests: KeyDigests, command: RotateApiKey, caller: Caller, at: datetime
) -> IssuedKey:
    """Give the key a new secret and a new term. NotFound, Forbidden, Stale; KeyRevoked also for one that expired.

    A secret before the last one ends at once: at most two count.
    """
    row = await own_key(work, command.key_id, caller, revision=command.revision)
    _refuse_ended(row, at)
    text = key_text(row.id, secrets.token_bytes(SECRET_BYTES))
    ends_at = min(at + command.overlap, row.expires_at)
    has_overlap = command.overlap > timedelta(0)
    values = {
        "digest": digests.new(text),
        "previous_digest": row.digest if has_overlap else None,
        "previous_ends_at": ends_at if has_overlap else None,
        "issued_at": at,
        "expires_at": at + command.valid_for,
    }
    await change_key(work.connection, row.id, values)
    detail = f"the secret before counts until {ends_at:%Y-%m-%dT%H:%M:%SZ}"
    await note_event(work.connection, row.id, ("rotated", detail), caller.actor, at)
    return IssuedKey(row.id, text)


def _refuse_ended(row: Row, at: datetime) -> None:
    if row.revoked_at is not None:
        raise KeyRevoked(f"The key was revoked at {row.revoked_at:%Y-%m-%d %H:%M}; make a new one")
    if row.expires_at <= at:
        raise KeyRevoked(f"The key expired at {row.expires_at:%Y-%m-%d %H:%M}; make a new one")
