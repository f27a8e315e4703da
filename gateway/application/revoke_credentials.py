"""Takes back what was given out: a key, one token, or everything that was issued to a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from gateway.adapters.api_key_store import add_revocation, change_key, note_event
from gateway.application.own_api_key import own_key
from shared.database import UnitOfWork
from shared.identity import Caller

# Longer than any key lives; a token that lives longer should not exist.
KEPT: Final = timedelta(days=400)


async def revoke_api_key(work: UnitOfWork, key_id: UUID, reason: str, caller: Caller, at: datetime) -> None:
    """Both its secrets end now; again changes nothing. NotFound, Forbidden.

    It takes no revision: an emergency must not fail because somebody rotated the key a second ago.
    """
    row = await own_key(work, key_id, caller)
    if row.revoked_at is not None:
        return
    await change_key(work.connection, key_id, {"revoked_at": at})
    await note_event(work.connection, key_id, ("revoked", reason), caller.actor, at)


@dataclass(frozen=True, slots=True)
class RevokeTokens:
    """Either one access token by its `jti`, or all of a subject, and its keys, that were issued until now."""

    token_id: str | None
    subject: str | None
    reason: str


async def revoke_tokens(work: UnitOfWork, command: RevokeTokens, caller: Caller, at: datetime) -> UUID:
    """Return the revocation's id. What is issued to the subject later counts again: the issuer has to lock it out."""
    revocation_id = uuid7()
    values = {
        "id": revocation_id,
        "token_id": command.token_id,
        "subject": command.subject,
        "issued_until": at,
        "reason": command.reason,
        "by": caller.actor,
        "at": at,
        "forgotten_at": at + KEPT,
    }
    await add_revocation(work.connection, values)
    return revocation_id
