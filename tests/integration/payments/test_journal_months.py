"""The journal lies in months by the time in its ids; what held in one table holds over all of them and in each."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa
from alembic import command
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.journal_months import keep_journal_months
from services.payments.adapters.ledger_writer import copy_rows, post_entries
from services.payments.adapters.queries.ledger import ENTRY_SELECT
from services.payments.adapters.repositories.journal import standing_entries
from services.payments.adapters.standing import PAYMENTS_STANDING
from services.payments.application.verify_ledger import verify_ledger
from services.payments.domain.journal import JournalEntry, reversal_of
from services.payments.worker import run_journal_months
from shared.database import Database
from shared.migrations.runner import alembic_config
from shared.month_partitions import first_id, month_start
from tests.factories.emptied_database import superuser_of
from tests.factories.payments import journal_entry
from tests.factories.payments_books import AT
from tests.provisions import DatabaseFactory, ThrowawayDatabases

ENTRY_COLUMNS = "id batch_id kind source_id currency effective_on posted_at description reverses_entry_id"
LINE_COLUMNS = "entry_id line_number account_code partner_code amount_minor base_minor"
REFUSALS = (sa.exc.DBAPIError, asyncpg.PostgresError)
NEVER = UUID(int=first_id(datetime(2400, 1, 1, tzinfo=UTC)).int + 1)  # in no month anybody makes here


@pytest.fixture
async def database(fresh_database: DatabaseFactory) -> AsyncIterator[Database]:
    database = Database(await fresh_database("payments"), application_name="tests", pool_size=4)
    yield database
    await database.close()


def made_in(ahead: int) -> UUID:
    """An id of a day in the month so many after this one."""
    instant = month_start(datetime.now(UTC), ahead) + timedelta(days=2)
    return UUID(int=first_id(instant).int | uuid7().int & ((1 << 80) - 1))


def an_entry(ahead: int, amount: int = 100) -> JournalEntry:
    return replace(journal_entry(amount, -amount), id=made_in(ahead))


async def post(database: Database, *entries: JournalEntry) -> None:
    async with database.engine.begin() as connection:
        await post_entries(connection, entries, actor="u-1", at=AT)


async def make_months(database: Database, ahead: int) -> None:
    """Those of the month so many after this one, and the two after it."""
    async with database.engine.begin() as connection:
        await keep_journal_months(connection, month_start(datetime.now(UTC), ahead))


async def holdings(connection: AsyncConnection, table: str) -> dict[str, int]:
    """How many rows each partition holds."""
    rows = await connection.execute(
        sa.text(
            f"SELECT relname, (SELECT count(*) FROM {table} t WHERE t.tableoid = p.oid) AS held FROM pg_inherits"
            " JOIN pg_class p ON p.oid = inhrelid WHERE inhparent = CAST(CAST(:table AS text) AS regclass)"
        ),
        {"table": table},
    )
    return {row.relname.removeprefix(table): row.held for row in rows}


def month(ahead: int) -> str:
    return f"_p{month_start(datetime.now(UTC), ahead):%Y%m}"


async def test_entries_of_many_months_are_copied_at_once_and_the_books_agree(database: Database) -> None:
    await make_months(database, 3)
    entries = [an_entry(ahead) for ahead in (0, 1, 2, 4, 5, 0)] + [replace(an_entry(0), id=NEVER)]

    await post(database, *entries)

    async with database.reading() as connection:
        of_entries, of_lines = [await holdings(connection, t) for t in ("journal_entries", "journal_lines")]
        books = await verify_ledger(connection)
    expected = {"_before": 3, month(2): 1, month(4): 1, month(5): 1, "_default": 1}
    assert {name: held for name, held in of_entries.items() if held} == expected
    assert {name: held for name, held in of_lines.items() if held} == {k: 2 * v for k, v in expected.items()}
    assert (books.is_intact, books.entries) == (True, len(entries))


async def test_months_are_made_ahead_for_both_tables_once(database: Database) -> None:
    await asyncio.gather(*(make_months(database, 6) for _ in range(3)))
    await run_journal_months(database)

    async with database.reading() as connection:
        found = [sorted(await holdings(connection, table)) for table in ("journal_entries", "journal_lines")]
    assert found[0] == found[1]
    assert {"_before", "_default", *(month(ahead) for ahead in (2, 6, 7, 8))} == set(found[0])


async def test_a_month_that_was_not_made_in_time_refuses_nobody_and_the_next_ones_are_made(
    database: Database,
) -> None:
    late = an_entry(7)
    await post(database, late)

    await make_months(database, 6)
    await post(database, an_entry(7), an_entry(8))

    async with database.reading() as connection:
        found = await holdings(connection, "journal_entries")
        books = await verify_ledger(connection)
    assert {month(6), month(8)} <= found.keys()
    assert (month(7) in found, found["_default"], found[month(8)]) == (False, 2, 1)
    assert books.is_intact


async def test_operators_see_whether_months_are_ahead_and_entries_in_none(database: Database) -> None:
    await run_journal_months(database)
    await post(database, an_entry(0), an_entry(30))

    await PAYMENTS_STANDING.read(database)

    assert REGISTRY.get_sample_value("journal_entries_misplaced") == 1
    assert (REGISTRY.get_sample_value("journal_months_ahead") or 0) >= 1


@pytest.mark.parametrize("ahead", [0, 2, 9])
async def test_an_entry_is_taken_back_once_whatever_month_the_second_time_is(
    database: Database, ahead: int
) -> None:
    entry = an_entry(0)
    await post(database, entry)
    await post(database, reversal(entry, 0))

    for statement_on in ("journal_entries", f"journal_entries{where(ahead)}"):
        with pytest.raises(REFUSALS, match=r"reversed_entries|reverses_entry_id"):
            await insert(database, statement_on, reversal(entry, ahead))
    async with database.reading() as connection:
        assert await standing_entries(connection, entry.source_id) == []


async def test_of_two_who_take_back_the_same_at_once_one_is_refused(database: Database) -> None:
    entries = [an_entry(0) for _ in range(5)]
    await post(database, *entries)
    back = [[reversal(one, ahead) for one in entries] for ahead in (0, 2)]

    done = await asyncio.gather(
        post(database, *back[0]), post(database, *back[1][::-1]), return_exceptions=True
    )

    (refusal,) = [one for one in done if one is not None]
    assert "pk_reversed_entries" in str(refusal)


async def test_what_is_not_there_cannot_be_taken_back(database: Database) -> None:
    with pytest.raises(REFUSALS, match="so it is not taken back"):
        await post(database, reversal(an_entry(0), 0))


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_no_partition_can_be_changed_by_its_name(database: Database, statement: str) -> None:
    await make_months(database, 3)
    async with database.reading() as connection:
        names = [table + one for table in TABLES for one in await holdings(connection, table)]
    assert len(names) == 2 * 6
    for name in (*names, "reversed_entries"):
        column = "line_number" if "lines" in name else "reversal_id" if name == "reversed_entries" else "kind"
        with pytest.raises(REFUSALS, match="append-only"):
            async with database.engine.begin() as connection:
                await connection.execute(sa.text(statement.format(name, column, column)))


TABLES = ("journal_entries", "journal_lines")


@pytest.mark.parametrize(("ahead", "is_named"), [*product((0, 2, 4, 9), (True, False))])
async def test_a_month_refuses_what_the_journal_refuses_also_by_its_name(
    database: Database, ahead: int, is_named: bool
) -> None:
    await make_months(database, 3)
    suffix = where(ahead, made=(2, 3, 4, 5)) if is_named else ""
    entry = an_entry(ahead)
    await post(database, entry)

    lines = f"journal_lines{suffix}"
    with pytest.raises(REFUSALS, match="does not balance"):
        await insert_lines(database, lines, (entry.id, 3, "a", None, 1, 1))
    with pytest.raises(REFUSALS, match="is not worth its amount"):
        await insert_lines(database, lines, (entry.id, 3, "a", None, 5, 7), (entry.id, 4, "b", None, -5, -7))
    with pytest.raises(REFUSALS, match="amount_not_zero"):
        await insert_lines(database, lines, (entry.id, 3, "a", None, 0, 0))
    nobody = made_in(ahead)
    with pytest.raises(REFUSALS, match=r"fk_journal_lines.*entry_id"):
        await insert_lines(database, lines, (nobody, 1, "a", None, 5, 5), (nobody, 2, "b", None, -5, -5))
    with pytest.raises(REFUSALS, match=r"pk_journal_entries|journal_entries\S*_pkey"):
        await insert(database, f"journal_entries{suffix}", entry)
    async with database.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE ledger_locks SET first_open_on = '2090-01-01'"))
    with pytest.raises(REFUSALS, match="is closed"):
        await insert(database, f"journal_entries{suffix}", an_entry(ahead))


@pytest.mark.parametrize(
    "change", ["DELETE FROM reversed_entries", "UPDATE reversed_entries SET entry_id = reversal_id"]
)
async def test_a_reversal_that_is_not_noted_is_found_by_the_verification(
    database: Database, postgres_admin_url: str, change: str
) -> None:
    entry = an_entry(0)
    await post(database, entry)
    await post(database, reversal(entry, 2))
    async with database.reading() as connection:
        before = await verify_ledger(connection)
    admin = superuser_of(database, postgres_admin_url)
    async with admin.engine.begin() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(sa.text(change))
    await admin.close()

    async with database.reading() as connection:
        after = await verify_ledger(connection)
    assert (before.is_intact, after.is_intact, after.entries) == (True, False, 2)


async def test_one_entry_is_read_from_its_month_and_one_partner_by_index(database: Database) -> None:
    """Also when the months are full of others: no month but its own is looked at, and none is scanned."""
    await make_months(database, 3)
    for ahead in (0, 2, 3, 4, 5):
        await post(database, *(of_partner(an_entry(ahead), f"CP{n:04}") for n in range(400)))
    asked = of_partner(an_entry(4), "CP9999")
    await post(database, asked)
    async with database.engine.begin() as connection:
        await connection.execute(sa.text("ANALYZE journal_entries"))
        await connection.execute(sa.text("ANALYZE journal_lines"))
        of_one = await explained(connection, f"{ENTRY_SELECT} WHERE e.id = :id", id=asked.id)
        of_partner_lines = await explained(
            connection,
            "SELECT e.currency, sum(l.amount_minor) FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id"
            " WHERE l.partner_code = :code GROUP BY 1",
            code="CP9999",
        )

    read = [one["Relation Name"] for one in of_one if one.get("Relation Name") and one["Actual Loops"]]
    assert sorted(read) == [f"journal_entries{month(4)}", f"journal_lines{month(4)}"]
    scanned = {one["Relation Name"] for one in of_partner_lines if one["Node Type"] == "Seq Scan"}
    assert scanned <= {"journal_lines_default", "journal_entries_default"}, "these have no rows"
    entries_read = [
        one
        for one in of_partner_lines
        if one.get("Relation Name", "").startswith("journal_entries") and one["Actual Loops"]
    ]
    assert [one["Relation Name"] for one in entries_read] == [f"journal_entries{month(4)}"]


async def test_the_books_of_before_stay_in_their_file_and_what_was_taken_back_stays_so(
    throwaway_databases: ThrowawayDatabases,
) -> None:
    url = throwaway_databases.empty("payments")
    config = alembic_config("payments", url)
    with throwaway_databases.migrating:
        await asyncio.to_thread(command.upgrade, config, "0038")
    database = Database(url, application_name="tests", pool_size=2)
    entry, other = an_entry(0), an_entry(0)
    await post(database, entry, other)
    await post(database, reversal(entry, 0))
    files = await files_of(database, "journal_entries", "journal_lines")
    with throwaway_databases.migrating:
        await asyncio.to_thread(command.upgrade, config, "0040")
    # Processes of before go on between the steps, and what they take back is noted.
    await post(database, reversal(other, 1))
    with throwaway_databases.migrating:
        await asyncio.to_thread(command.upgrade, config, "head")

    assert await files_of(database, "journal_entries_before", "journal_lines_before") == files
    for one in (entry, other):
        with pytest.raises(REFUSALS, match="pk_reversed_entries"):
            await post(database, reversal(one, 2))
    async with database.reading() as connection:
        books = await verify_ledger(connection)
    assert (books.is_intact, books.entries) == (True, 4)
    await database.close()


def reversal(entry: JournalEntry, ahead: int) -> JournalEntry:
    return reversal_of(entry, id=made_in(ahead), effective_on=entry.effective_on, description="Taken back")


def of_partner(entry: JournalEntry, code: str) -> JournalEntry:
    return replace(entry, lines=tuple(replace(line, partner_code=code) for line in entry.lines))


def where(ahead: int, made: Sequence[int] = (2,)) -> str:
    """How the partition ends that takes ids of this month."""
    return "_before" if ahead < 2 else month(ahead) if ahead in made else "_default"


async def insert(database: Database, table: str, entry: JournalEntry) -> None:
    row = (
        entry.id, uuid7(), entry.kind, entry.source_id, entry.currency, entry.effective_on, AT, "",
        entry.reverses_entry_id,
    )  # fmt: skip
    async with database.engine.begin() as connection:
        await copy_rows(connection, table, ENTRY_COLUMNS, [row])


async def insert_lines(database: Database, table: str, *rows: Sequence[object]) -> None:
    async with database.engine.begin() as connection:
        await copy_rows(connection, table, LINE_COLUMNS, rows)


async def explained(
    connection: AsyncConnection, statement: str, **parameters: object
) -> list[dict[str, Any]]:
    """All nodes of the plan, as they ran."""
    found = await connection.scalar(sa.text(f"EXPLAIN (ANALYZE, FORMAT json) {statement}"), parameters)
    plans = found if isinstance(found, list) else json.loads(found)
    nodes, queue = [], [plans[0]["Plan"]]
    while queue:
        nodes.append(queue.pop())
        queue += nodes[-1].get("Plans", [])
    return nodes


async def files_of(database: Database, *tables: str) -> list[int]:
    async with database.reading() as connection:
        return [
            int(
                await connection.scalar(
                    sa.text("SELECT pg_relation_filenode(CAST(:t AS text)::regclass)"), {"t": t}
                )
            )
            for t in tables
        ]
