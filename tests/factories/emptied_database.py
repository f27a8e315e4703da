"""A payments database as the migrations left it, again and again, in a twentieth of the time that a new one takes."""

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

import sqlalchemy as sa

from services.payments.adapters.orm import metadata
from shared.database import Database


def superuser_of(database: Database, postgres_admin_url: str) -> Database:
    """The same database with the rights of one who can pass by its triggers."""
    name = urlsplit(database.url).path
    return Database(urlunsplit(urlsplit(postgres_admin_url)._replace(path=name)), application_name="tamper")


async def seeds_of(database: Database) -> dict[str, str]:
    """What the migrations themselves put in, as JSON by table: rules as data that every installation begins with."""
    found: dict[str, str] = {}
    async with database.reading() as connection:
        for table in metadata.sorted_tables:
            rows = await connection.scalar(sa.text(f"SELECT json_agg(t)::text FROM {table.name} t"))
            if rows is not None:
                found[table.name] = rows
    return found


async def empty_again(superuser: Database, seeds: Mapping[str, str]) -> None:
    """Past its guards, in one transaction."""
    async with superuser.engine.begin() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for table in metadata.sorted_tables:
            await connection.execute(table.delete())
        for name, rows in seeds.items():
            await connection.execute(
                sa.text(
                    f"INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, CAST(:rows AS json))"
                ),
                {"rows": rows},
            )
