"""Reads a PostgreSQL database of others: one SELECT in a transaction that cannot write, within time and rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import psycopg
from psycopg import errors

from services.reporting.adapters.connectors.collected import Collected
from services.reporting.adapters.connectors.port import Found
from services.reporting.domain.data_checks.errors import (
    SourceAccessRefused,
    SourceUnreachable,
    SourceUnreadable,
)
from services.reporting.domain.source_connection import Connection
from services.reporting.domain.source_system import SourceObject
from shared.webhooks.client import TargetForbidden, checked_addresses
from shared.webhooks.target import TargetRules

CONNECT_SECONDS: Final = 30
STATEMENT_SECONDS: Final = 300
ROWS_AT_ONCE: Final = 5_000
DEFAULT_PORT: Final = 5432
_AUTHENTICATION: Final = "authentication failed"
# As libpq says it: nobody known vouches for the certificate, it is of another name, or there is none.
_NOT_KNOWN: Final = ("certificate verify failed", "does not match host name", "does not support SSL")


class DatabaseConnector:
    """One transaction for all objects, so that they fit together."""

    def __init__(self, connection: psycopg.AsyncConnection, name: str) -> None:
        self._connection, self._name = connection, name

    async def found(self, one: SourceObject) -> Found:
        """Values as PostgreSQL writes them: days as 2026-10-31, instants in UTC."""
        try:
            return Found(await self._rows(one), f"{self._name}, SELECT of {one.name}")
        except (errors.QueryCanceled, errors.LockNotAvailable) as error:
            raise SourceUnreachable(f"{one.name} took longer than {STATEMENT_SECONDS} s") from error
        except errors.InsufficientPrivilege as error:
            raise SourceAccessRefused(f"{one.name}: {_said(error)}") from error
        except psycopg.OperationalError as error:
            raise SourceUnreachable(f"{self._name}: {_said(error)}") from error
        except psycopg.Error as error:
            raise SourceUnreadable(f"{one.name}: {_said(error)}") from error

    async def _rows(self, one: SourceObject) -> Collected:
        """A cursor takes a query and nothing else, and a prepared statement takes one and no second behind it."""
        collected = Collected(one.name)
        async with self._connection.cursor() as cursor:
            declared = f"DECLARE source_rows NO SCROLL CURSOR FOR {one.query}".encode()
            await cursor.execute(declared, prepare=True)
            while True:
                await cursor.execute(f"FETCH FORWARD {ROWS_AT_ONCE} FROM source_rows".encode())
                rows = _texts(cursor, one)
                collected.add(rows)
                if len(rows) < ROWS_AT_ONCE:
                    break
            await cursor.execute(b"CLOSE source_rows")
        return collected


@asynccontextmanager
async def database_connector(
    connection: Connection, password: str, rules: TargetRules, ca_file: str
) -> AsyncIterator[DatabaseConnector]:
    """By the checked address, with the certificate of the name. Nothing is ever committed."""
    parts = urlsplit(connection.place)
    host = parts.hostname or ""
    name = f"{host}{parts.path}"
    try:
        address = (await checked_addresses(host, rules))[0]
        opened = await psycopg.AsyncConnection.connect(
            host=host,
            hostaddr=address,
            port=parts.port or DEFAULT_PORT,
            dbname=parts.path.strip("/"),
            user=parts.username,
            password=password,
            # Where an operator allowed it, a server without TLS is taken.
            sslmode="prefer" if rules.is_http_allowed else "verify-full",
            sslrootcert="" if rules.is_http_allowed else ca_file or "system",
            connect_timeout=CONNECT_SECONDS,
            application_name="salesops snapshot",
        )
    except TargetForbidden as error:
        raise SourceAccessRefused(str(error)) from error
    except psycopg.OperationalError as error:
        if _AUTHENTICATION in str(error):
            raise SourceAccessRefused(f"{name} does not let us in") from error
        if doubt := next((words for words in _NOT_KNOWN if words in str(error)), None):
            raise SourceAccessRefused(f"{host} is not known by its certificate: {doubt}") from error
        raise SourceUnreachable(f"{name} does not answer") from error
    except OSError as error:
        raise SourceUnreachable(f"{name} does not answer") from error
    try:
        await opened.set_read_only(True)
        await opened.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        await opened.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'".encode())
        await opened.execute(b"SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'")
        yield DatabaseConnector(opened, name)
    finally:
        await opened.close()


def _texts(cursor: psycopg.AsyncCursor[tuple[object, ...]], one: SourceObject) -> list[dict[str, str]]:
    """The rows as they came over the wire."""
    result = cursor.pgresult
    assert result is not None, "it fetched"
    assert cursor.description is not None, "it fetched"
    names = [column.name for column in cursor.description]
    if len(set(names)) < len(names):
        raise SourceUnreadable(f"The SELECT of {one.name} names a column twice")
    return [
        {name: (result.get_value(row, place) or b"").decode() for place, name in enumerate(names)}
        for row in range(result.ntuples)
    ]


def _said(error: psycopg.Error) -> str:
    return (error.diag.message_primary or type(error).__name__)[:200]
