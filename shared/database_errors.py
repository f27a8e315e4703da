"""What a database error means for the caller: try again, or wait until the database is back."""

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


class DatabaseUnavailable(UpstreamUnavailable):
    """The database is away, starting, stopping or full: waiting helps."""

    code, title = "database_unavailable", "The database is not available"


def meaning_of(error: Exception) -> SalesOpsError | None:
    """Busy for lost races, DatabaseUnavailable for outages, None for everything else: that is a bug."""
    if isinstance(error, PoolTimeoutError):
        return Busy("All database connections are in use; try again")
    cause: BaseException | None = error
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        if error.connection_invalidated:
            return DatabaseUnavailable("The connection to the database was lost; try again")
    if isinstance(cause, _CONTENTION):
        return Busy("Somebody else is changing the same records; try again")
    if isinstance(cause, (*_OUTAGES, ConnectionError)):
        return DatabaseUnavailable("The database cannot be used right now; try again")
    return None
