"""Months of the journal whose books are closed are archived as they are, prove themselves, and are asked by SQL."""

import asyncio
import csv
import io
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from deploy import archive_journal, query_archive
from deploy.journal_tables import JOURNAL_ENTRIES, JOURNAL_LINES
from gateway.adapters.audit_archive import Manifest, MonthArchive
from gateway.domain.errors import ArchiveDiffers
from services.payments.adapters.ledger_writer import post_entries
from services.payments.domain.journal import JournalEntry, JournalLine
from shared.database import Database
from shared.month_partitions import first_id, month_start
from shared.object_store import object_store_opener
from tests.factories.payments import journal_entry
from tests.factories.payments_books import AT


def an_entry(ahead: int, minor: int, **changes: object) -> JournalEntry:
    """Made in the month so many after this one, between two accounts; in paise."""
    made_at = month_start(datetime.now(UTC), ahead) + timedelta(days=3)
    one = UUID(int=first_id(made_at).int | uuid7().int & ((1 << 80) - 1))
    lines = (JournalLine("1200", minor, "CP0001"), JournalLine("4000", -minor, None))
    return replace(journal_entry(1, -1), id=one, lines=lines, **changes)  # type: ignore[arg-type]


async def post(database: Database, *entries: JournalEntry) -> None:
    async with database.engine.begin() as connection:
        await post_entries(connection, entries, actor="u-1", at=AT)


async def close_before(database: Database, day: str) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(
            sa.text("UPDATE ledger_locks SET first_open_on = CAST(CAST(:day AS text) AS date)"), {"day": day}
        )


async def archived(database: Database, store: str, ahead: int) -> dict[str, tuple[Manifest, Manifest]]:
    """What is archived in the month so many after this one, by the partition of entries."""
    archives = [MonthArchive(object_store_opener(store), table) for table in (JOURNAL_ENTRIES, JOURNAL_LINES)]
    now = month_start(datetime.now(UTC), ahead)
    return {
        one.name: (one.entries, one.lines)
        async for one in archive_journal.archive_journal(database, archives[0], archives[1], now)
    }


def month(ahead: int) -> str:
    return f"p{month_start(datetime.now(UTC), ahead):%Y%m}"


async def test_closed_months_are_archived_and_asked_by_sql_and_stay_in_the_database(
    months_ahead: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = f"file://{tmp_path}"
    entries = [an_entry(2, 11_800), an_entry(2, 5), an_entry(3, 2**62)]
    await post(months_ahead, *entries)
    later = an_entry(4, 700)
    await post(months_ahead, replace(later, effective_on=entries[0].effective_on + timedelta(days=400)))
    await close_before(months_ahead, f"{month_start(AT, 2):%Y-%m-%d}")

    found = await archived(months_ahead, store, 6)
    again = await archived(months_ahead, store, 6)

    assert again == found
    assert found.keys() == {"before", month(2), month(3), month(5)}, (
        "a month with an open day is not archived"
    )
    of_entries, of_lines = found[month(2)]
    assert (of_entries.rows, of_lines.rows, found["before"][0].rows) == (2, 4, 0)
    assert [of_entries.first_id, of_entries.last_id] == sorted(str(one.id) for one in entries[:2])
    assert of_lines.sums == [
        {"account_code": "1200", "currency": "INR", "lines": 2, "amount_minor": 11_805, "base_minor": 11_805},
        {
            "account_code": "4000",
            "currency": "INR",
            "lines": 2,
            "amount_minor": -11_805,
            "base_minor": -11_805,
        },
    ]
    told = json.loads((tmp_path / "journal_lines" / f"journal_lines_{month(3)}.json").read_text())
    assert told["sums"][0]["amount_minor"] == 2**62
    async with months_ahead.reading() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM journal_entries")) == 4
    asked = await ask(
        monkeypatch, capsys, store,
        "SELECT e.id, sum(l.amount_minor) FILTER (l.amount_minor > 0) FROM journal_entries e"
        " JOIN journal_lines l ON l.entry_id = e.id GROUP BY 1 ORDER BY 1",
    )  # fmt: skip
    assert asked[1:] == sorted([str(one.id), str(one.lines[0].amount_minor)] for one in entries)


async def test_a_month_that_is_not_what_was_archived_is_told(months_ahead: Database, tmp_path: Path) -> None:
    store = f"file://{tmp_path}"
    await post(months_ahead, an_entry(2, 100))
    await close_before(months_ahead, f"{month_start(AT, 2):%Y-%m-%d}")
    file = (await archived(months_ahead, store, 6))[month(2)][1].file
    content = (tmp_path / file).read_bytes()

    (tmp_path / file).write_bytes(content[:-1] + b"x")
    with pytest.raises(ArchiveDiffers, match="is not the file"):
        await archived(months_ahead, store, 6)
    (tmp_path / file).write_bytes(content)
    await close_before(months_ahead, "1900-01-01")
    await post(months_ahead, an_entry(2, 1))
    await close_before(months_ahead, f"{month_start(AT, 2):%Y-%m-%d}")
    with pytest.raises(ArchiveDiffers, match="has 2 entries and its archive 1"):
        await archived(months_ahead, store, 6)


async def test_the_command_says_what_it_archived_or_why_not(
    months_ahead: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PAYMENTS_DATABASE_URL", months_ahead.url)
    monkeypatch.delenv("GATEWAY_ARCHIVE_STORE", raising=False)
    assert await asyncio.to_thread(archive_journal.main) == archive_journal.NOT_ARCHIVED
    monkeypatch.setenv("GATEWAY_ARCHIVE_STORE", f"file://{tmp_path}")
    capsys.readouterr()

    assert await asyncio.to_thread(archive_journal.main) == archive_journal.ARCHIVED

    # Today's month has not ended, and all there is before is one partition with it.
    assert capsys.readouterr().out == "0 closed months are archived and agree with the database\n"


async def ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: str, statement: str
) -> list[list[str]]:
    """The answer of the archive, the names of its columns first."""
    monkeypatch.setenv("GATEWAY_ARCHIVE_STORE", store)
    monkeypatch.setattr(sys, "argv", ["query_archive", statement])
    capsys.readouterr()
    assert await asyncio.to_thread(query_archive.main) == 0
    return list(csv.reader(io.StringIO(capsys.readouterr().out)))
