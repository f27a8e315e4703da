"""The request audit lies in months: none is missing or can be changed, old ones leave for an archive that proves itself."""

import asyncio
import csv
import io
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from prometheus_client import REGISTRY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy import query_archive
from gateway.adapters.audit_archive import MonthArchive
from gateway.adapters.audit_partitions import Month
from gateway.adapters.orm import request_audit
from gateway.adapters.standing import GATEWAY_STANDING
from gateway.application.archive_audit import archive_audit, keep_audit_months
from gateway.domain.errors import ArchiveDiffers
from shared.database import Database
from shared.migrations.runner import alembic_config
from shared.object_store import object_store_opener
from tests.provisions import DatabaseFactory, ThrowawayDatabases

FAR = datetime(2031, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
async def database(fresh_database: DatabaseFactory) -> AsyncIterator[Database]:
    database = Database(await fresh_database("gateway"), application_name="tests", pool_size=4)
    yield database
    await database.close()


async def noted(database: Database, *instants: datetime, subject: str = "u-1") -> list[int]:
    """Rows of these instants, as the gateway writes them; returns their ids."""
    rows = [
        {
            "at": at,
            "subject": subject,
            "roles": ["approver", "auditor"],
            "method": "POST",
            "route": "/v1/credit-notes/{credit_note_id}/approval",
            "path": "/v1/credit-notes/1/approval",
            "status": 200,
            "trace_id": "a" * 32,
            "client_address": "10.0.3.7",
            "request_sha256": b"\x01" * 32,
            "version_before": '"3"',
        }
        for at in instants
    ]
    async with database.engine.begin() as connection:
        ids = [
            await connection.scalar(request_audit.insert().returning(request_audit.c.id), row) for row in rows
        ]
    return [int(one) for one in ids if one is not None]


async def partitions(database: Database) -> dict[str, int]:
    """How many rows each holds."""
    async with database.reading() as connection:
        names = await connection.execute(
            sa.text(
                "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
                " WHERE inhparent = 'request_audit'::regclass ORDER BY relname"
            )
        )
        return {name: await count(connection, name) for name in names.scalars()}


async def count(connection: AsyncConnection, table: str) -> int:
    return int(await connection.scalar(sa.text(f'SELECT count(*) FROM "{table}"')) or 0)


async def test_what_came_before_its_month_was_made_is_put_in_its_place_and_stays_unchangeable(
    database: Database,
) -> None:
    late = datetime(2031, 1, 30, tzinfo=UTC)
    await noted(database, late, FAR)

    await asyncio.gather(*(keep_audit_months(database, FAR) for _ in range(3)))
    await keep_audit_months(database, FAR)
    await noted(database, FAR, datetime(2031, 5, 31, 23, 59, tzinfo=UTC))

    found = {
        name: rows
        for name, rows in (await partitions(database)).items()
        if "2031" in name or "default" in name
    }
    assert found == {
        "request_audit_p203101_late": 3,  # January to March
        "request_audit_p203104": 0,
        "request_audit_p203105": 1,
        "request_audit_default": 0,
    }
    for name in found:
        for change in (f"UPDATE {name} SET status = 200", f"DELETE FROM {name}", f"TRUNCATE {name}"):
            with pytest.raises(DBAPIError, match="append-only"):
                async with database.engine.begin() as connection:
                    await connection.execute(sa.text(change))


async def test_operators_see_whether_months_are_ahead_and_rows_in_none(database: Database) -> None:
    await noted(database, FAR)

    await GATEWAY_STANDING.read(database)

    assert REGISTRY.get_sample_value("audit_rows_misplaced") == 1
    assert REGISTRY.get_sample_value("audit_months_ahead") == 2


async def test_old_months_leave_for_an_archive_that_answers_by_sql(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"file://{tmp_path}"
    archive = MonthArchive(object_store_opener(store))
    ids = await noted(
        database, datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC), subject='a\n"b"'
    )
    await keep_audit_months(database, FAR)
    (kept,) = await noted(database, FAR)

    gone = [await archive_audit(database, archive, FAR, months_kept=1) for _ in range(2)]

    manifests = {one.partition: one for one in await archive.manifests()}
    before = manifests["request_audit_before"]
    assert (gone, sorted(manifests)) == ([3, 0], sorted(manifests))
    assert (before.rows, before.first_id, before.last_id) == (2, ids[0], ids[1])
    assert (before.first_at, before.last_at) == ("2026-01-02T00:00:00.000000Z", "2026-01-03T00:00:00.000000Z")
    assert sum((await partitions(database)).values()) == 1
    monkeypatch.setenv("GATEWAY_ARCHIVE_STORE", store)
    statement = "SELECT id, subject, roles, request_sha256, reply_sha256 FROM request_audit ORDER BY id;"
    monkeypatch.setattr(
        sys, "argv", ["query_archive", statement, "--since", "2026-01-02", "--until", "2026-02-01"]
    )
    capsys.readouterr()  # what was logged meanwhile
    assert await asyncio.to_thread(query_archive.main) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["id", "subject", "roles", "request_sha256", "reply_sha256"]
    assert rows[1:] == [[str(one), 'a\n"b"', "[approver, auditor]", "01" * 32, ""] for one in ids]
    assert kept > ids[1]


async def test_nothing_leaves_while_the_archive_is_not_what_was_written(
    database: Database, tmp_path: Path
) -> None:
    archive = MonthArchive(object_store_opener(f"file://{tmp_path}"))
    await noted(database, datetime(2026, 1, 2, tzinfo=UTC))
    async with database.reading() as connection:
        rows = await count(connection, "request_audit")

    await keep_audit_months(database, FAR)
    before = await partitions(database)
    # The first round writes and dies before anything leaves; then somebody changes the file, or rows arrive.
    month = Month("request_audit_before", FAR)
    manifest = await archive.keep(database, month, FAR)
    file = tmp_path / manifest.file
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"x")
    with pytest.raises(ArchiveDiffers):
        await archive_audit(database, archive, FAR, months_kept=1)
    file.write_bytes(content)
    await noted(database, datetime(2026, 1, 4, tzinfo=UTC))
    with pytest.raises(ArchiveDiffers):
        await archive_audit(database, archive, FAR, months_kept=1)

    after = await partitions(database)
    assert after == {**before, "request_audit_before": rows + 1}


async def test_rows_of_before_keep_their_ids_there_and_back_and_new_ones_follow(
    throwaway_databases: ThrowawayDatabases,
) -> None:
    url = throwaway_databases.empty("gateway")
    config = alembic_config("gateway", url)
    with throwaway_databases.migrating:
        await asyncio.to_thread(command.upgrade, config, "0016")
    database = Database(url, application_name="tests", pool_size=2)
    ids = await noted(database, datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    with throwaway_databases.migrating:
        await asyncio.to_thread(command.upgrade, config, "0017")
    ids += await noted(database, datetime.now(UTC), FAR)
    with throwaway_databases.migrating:
        await asyncio.to_thread(command.downgrade, config, "0016")
    ids += await noted(database, datetime.now(UTC))

    async with database.reading() as connection:
        found = (
            (await connection.execute(sa.select(request_audit.c.id).order_by(request_audit.c.id)))
            .scalars()
            .all()
        )
    assert found == ids == sorted(set(ids))
    await database.close()
