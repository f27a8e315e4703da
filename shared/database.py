"""One PostgreSQL database per service, and the unit of work: one transaction, committed before the reply."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self

from sqlalchemy import MetaData, PoolProxiedConnection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.events.envelope import Cause, Envelope, Event, current_cause, envelope_of
from shared.outbox import write_outbox
from shared.pool_use import PoolUse, watched_pool
from shared.primary import connect_to_primary, database_url
from shared.statement_spans import trace_statements
from shared.tracing import current_trace, is_tracing

NAMING_CONVENTION: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# A request that waits longer than this for a lock is told to try again instead of piling up behind it.
SERVER_SETTINGS: Final = {
    "lock_timeout": "10s",
    "statement_timeout": "120s",
    "idle_in_transaction_session_timeout": "120s",
    "timezone": "UTC",
    # Tables in the same months are joined month by month; otherwise a few rows of one could cost a scan of the other.
    "enable_partitionwise_join": "on",
}


def service_metadata() -> MetaData:
    """MetaData whose constraint names are predictable, so that migrations can name them."""
    return MetaData(naming_convention=NAMING_CONVENTION)


class Database:
    """The connection pool of one process; to the primary alone, also of several servers that `url` names."""

    def __init__(
        self, url: str, *, application_name: str, pool_size: int = 8, wait_seconds: float = 10
    ) -> None:
        self.url = url
        self.pool_use = PoolUse(pool_size)
        self.engine: AsyncEngine = create_async_engine(
            database_url(url, driver="asyncpg"),
            poolclass=watched_pool(self.pool_use),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=wait_seconds,
            connect_args={
                "server_settings": SERVER_SETTINGS | {"application_name": application_name},
                "async_creator_fn": connect_to_primary,
            },
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        if is_tracing():
            trace_statements(self.engine.sync_engine)
        event.listen(self.engine.sync_engine, "checkout", lambda *_: self.pool_use.counted(1))
        event.listen(self.engine.sync_engine, "checkin", lambda *_: self.pool_use.counted(-1))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection in one read-only snapshot: the numbers of one reply belong to one instant."""
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    async def close(self) -> None:
        await self.engine.dispose()


def _refuse_closed(connection: DBAPIConnection, _record: object, _proxy: PoolProxiedConnection) -> None:
    """Let the pool open another connection in place of one whose server has gone, of which the driver has heard.

    Asking the server each time instead takes three round trips, more than a small read, and proves as little: it may
    go right after its answer.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed the connection")


def _cause_of_this_request() -> Cause:
    trace = current_trace()
    return Cause(trace.traceparent, trace.request_id) if trace else Cause()


class UnitOfWork:
    """One transaction and the events it causes; nothing is kept unless `commit` returns."""

    connection: AsyncConnection

    def __init__(self, database: Database) -> None:
        self._database = database
        self._events: list[Envelope[Event]] = []

    async def __aenter__(self) -> Self:
        self.connection = await self._database.engine.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.connection.close()  # rolls back what was not committed

    def publish(
        self, event: Event, *, partition_key: str, subject: str | None = None, sequence: int | None = None
    ) -> None:
        """Queue an event; it leaves only if this unit of work commits. The subject defaults to the key."""
        self._events.append(
            envelope_of(
                event,
                subject=subject or partition_key,
                partition_key=partition_key,
                sequence=sequence,
                cause=current_cause.get() or _cause_of_this_request(),
            )
        )

    async def commit(self) -> None:
        """Write the outbox rows and commit both; on failure neither exists."""
        if self._events:
            await write_outbox(self.connection, self._events)
        await self.connection.commit()
        self._events.clear()
