"""What a database error means for the caller: try again, wait until the database is back, or send other words."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.errors import Busy, SalesOpsError, UpstreamUnavailable

# Somebody else held what the request needed; nothing was written.
_CONTENTION: Final = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.QueryCanceledError,
)
_OUTAGES: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
)
# A migration changed what a prepared statement answers; the driver forgets all it prepared, and the next try is right.
_SCHEMA_CHANGES: Final = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)
# PostgreSQL keeps every character but U+0000, in no text and in no JSON.
_NULL_CHARACTERS: Final = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


class DatabaseUnavailable(UpstreamUnavailable):
    """The database is away, starting, stopping or full: waiting helps."""

    code, title = "database_unavailable", "The database is not available"


def meaning_of(error: Exception) -> SalesOpsError | None:
    """Busy for lost races, DatabaseUnavailable for outages, None for everything else: that is a bug."""
    if isinstance(error, PoolTimeoutError):
        return Busy("All database connections are in use; try again")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return DatabaseUnavailable("The connection to the database was lost; try again")
    cause = _cause_of(error)
    if isinstance(cause, _CONTENTION):
        return Busy("Somebody else is changing the same records; try again")
    if isinstance(cause, _SCHEMA_CHANGES):
        return Busy("The tables were changed by a migration meanwhile; try again")
    if isinstance(cause, (*_OUTAGES, ConnectionError)):
        return DatabaseUnavailable("The database cannot be used right now; try again")
    return None


def is_about_null_characters(error: Exception) -> bool:
    """Tell whether a value held U+0000: it was sent so, and sending it again would end alike."""
    return isinstance(_cause_of(error), _NULL_CHARACTERS)


def _cause_of(error: Exception) -> BaseException | None:
    if isinstance(error, DBAPIError):
        return error.orig.__cause__ if error.orig is not None else None
    return error
