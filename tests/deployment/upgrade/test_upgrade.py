"""A schema of before, with rows in nearly every table, is brought to the newest: nothing is lost, the books still agree.

`base.json` says whose rows they are; pg_dump told them as INSERTs. They are loaded as a restored backup is, with triggers
and checks of references off; all that the migrations do to them has both on.
"""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from alembic import command
from psycopg import sql

from deploy.verify_ledger import verify
from shared.migrations.owners import OWNERS
from shared.migrations.runner import alembic_config, upgrade
from shared.migrations.versions import schema_versions
from tests.provisions import ThrowawayDatabases

FOLDER: Final = Path(__file__).parent
REVISIONS: Final[dict[str, str]] = json.loads((FOLDER / "base.json").read_text())["revisions"]
# How many rows migrations rewrite on purpose, by owner and table; and tables whose rows moved to others.
REWRITTEN: Final[dict[str, dict[str, int]]] = {}
MOVED: Final[dict[str, dict[str, str]]] = {"partners": {"published_documents": "documents"}}


@contextmanager
def administrator(admin_url: str, database_url: str) -> Iterator[psycopg.Connection]:
    """The superuser in somebody's database."""
    url = urlunsplit(urlsplit(admin_url)._replace(path=urlsplit(database_url).path))
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def load(connection: psycopg.Connection, owner: str) -> None:
    """In place of what the migrations themselves wrote, as that is among the rows."""
    text = gzip.decompress((FOLDER / f"{owner}.sql.gz").read_bytes()).decode()
    connection.execute("SET session_replication_role = replica")
    names = [sql.Identifier(name) for name in tables(connection)]
    connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(names)))
    connection.execute(text.encode())


def tables(connection: psycopg.Connection) -> list[str]:
    """All but partitions and what Alembic keeps."""
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition AND relname <> 'alembic_version' ORDER BY relname"
    )
    return [str(name) for (name,) in rows]


def columns(connection: psycopg.Connection, table: str) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        (f"public.{table}",),
    )
    return tuple(str(name) for (name,) in rows)


def digests(connection: psycopg.Connection, table: str, names: tuple[str, ...]) -> frozenset[str]:
    """One digest for each row, over these columns."""
    statement = sql.SQL("SELECT md5(row({})::text) FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(table)
    )
    return frozenset(str(digest) for (digest,) in connection.execute(statement))


@pytest.mark.parametrize("owner", sorted(OWNERS))
async def test_rows_of_before_are_all_there_after_the_upgrade_and_the_books_agree(
    owner: str, throwaway_databases: ThrowawayDatabases, postgres_admin_url: str
) -> None:
    url = throwaway_databases.empty(owner)
    with throwaway_databases.migrating:
        command.upgrade(alembic_config(owner, url), REVISIONS[owner])
    with administrator(postgres_admin_url, url) as connection:
        load(connection, owner)
        before = {table: columns(connection, table) for table in tables(connection)}
        rows_before = {table: digests(connection, table, names) for table, names in before.items()}

    with throwaway_databases.migrating:
        upgrade(owner, url)

    with administrator(postgres_admin_url, url) as connection:
        after = {table: columns(connection, table) for table in tables(connection)}
        moved = MOVED.get(owner, {})
        assert set(before) - set(after) == set(moved)
        for table, target in moved.items():
            assert len(rows_before[table]) == len(digests(connection, target, after[target]))
        lost = {
            table: len(rows_before[table] - digests(connection, table, names))
            for table, names in before.items()
            if table in after
        }
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
    assert {table: count for table, count in lost.items() if count} == REWRITTEN.get(owner, {})
    assert sum(map(len, rows_before.values())) > 0
    assert schema_versions(owner).newest == version
    if owner == "payments":
        books = await verify(url)
        assert books.is_intact
        assert books.entries > 20
