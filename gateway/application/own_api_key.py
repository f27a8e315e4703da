"""Who sees which API key, and who may change it."""

from uuid import UUID

from gateway.adapters.api_key_store import Row, key_for_update
from shared.access import ADMINS, AUDIT
from shared.actors import KEY_SUBJECT_PREFIX
from shared.database import UnitOfWork
from shared.errors import Forbidden, NotFound, Stale
from shared.identity import Caller


def sees_all_keys(caller: Caller) -> bool:
    """Auditors and admins do; a key sees itself, everybody else their own."""
    return caller.owner is None and not AUDIT.isdisjoint(caller.roles)


def refuse_invisible(row: Row | None, key_id: UUID, caller: Caller) -> Row:
    """Return the row; NotFound when there is none or it is not the caller's to see."""
    is_itself = row is not None and caller.subject == f"{KEY_SUBJECT_PREFIX}{row.id}"
    if row is None or not (is_itself or row.owner == caller.subject or sees_all_keys(caller)):
        raise NotFound(f"There is no API key {key_id}")
    return row


async def own_key(work: UnitOfWork, key_id: UUID, caller: Caller, *, revision: int | None = None) -> Row:
    """Return the locked key. NotFound; Forbidden for an auditor who does not own it; Stale for another revision."""
    row = refuse_invisible(await key_for_update(work.connection, key_id), key_id, caller)
    is_own = row.owner == caller.subject or caller.owner is not None
    if not is_own and ADMINS.isdisjoint(caller.roles):
        raise Forbidden("Only its owner and admins change a key")
    if revision is not None and row.revision != revision:
        raise Stale(f"The key changed; it is at revision {row.revision}")
    return row
