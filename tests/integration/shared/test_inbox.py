"""The inbox claims an event once, whoever asks."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from shared.database import Database
from shared.inbox_table import (
    KEPT,
    MOVED_MAX,
    claim,
    create_inbox_sql,
    cut_inbox_sql,
    join_inbox_sql,
    keep_months,
    prune,
)
from shared.month_partitions import first_id, month_start
from shared.service_worker import forget_old_claims
from tests.integration.shared.counted import run_statements


@pytest.fixture
async def inbox(engine: AsyncEngine) -> AsyncEngine:
    await run_statements(engine, (*create_inbox_sql(), *cut_inbox_sql(MARCH)))
    return engine


# Days of no run of these tests: what is claimed now is behind all months there are.
MARCH = datetime(2031, 3, 9, 12, tzinfo=UTC)


def made_at(instant: datetime) -> UUID:
    """A version 7 id of that instant."""
    return UUID(int=first_id(instant).int | uuid7().int & ((1 << 80) - 1))


async def partitions(connection: AsyncConnection) -> dict[str, int]:
    """How many claims each has."""
    rows = await connection.execute(
        text(
            "SELECT relname, (SELECT count(*) FROM inbox i WHERE i.tableoid = p.oid) AS claims FROM pg_inherits"
            " JOIN pg_class p ON p.oid = inhrelid WHERE inhparent = CAST('inbox' AS regclass)"
        )
    )
    return {row.relname: row.claims for row in rows}


async def test_ids_are_new_once(inbox: AsyncEngine) -> None:
    first, second, third = uuid7(), uuid7(), uuid7()
    async with inbox.begin() as connection:
        before = await claim(connection, "test", [first, second, first])

    async with inbox.begin() as connection:
        after = await claim(connection, "test", [first, second, third])

    assert (before, after) == ({first, second}, {third})


async def test_each_consumer_claims_for_itself(inbox: AsyncEngine) -> None:
    event_id = uuid7()
    async with inbox.begin() as connection:
        await claim(connection, "one", [event_id])
        assert await claim(connection, "other", [event_id]) == {event_id}


async def test_claim_of_a_rolled_back_transaction_is_free_again(inbox: AsyncEngine) -> None:
    event_id = uuid7()
    async with inbox.connect() as connection:
        await claim(connection, "test", [event_id])
        await connection.rollback()

        assert await claim(connection, "test", [event_id]) == {event_id}


async def test_two_workers_with_the_same_messages_in_other_order_do_not_deadlock(inbox: AsyncEngine) -> None:
    ids = [uuid7() for _ in range(200)]

    async def work(own: Sequence[UUID]) -> int:
        async with inbox.begin() as connection:
            return len(await claim(connection, "test", own))

    claimed = await asyncio.gather(*(work(ids), work(ids[::-1]), work(ids), work(ids[::-1])))

    assert sorted(claimed) == [0, 0, 0, 200]


async def test_old_claims_without_a_month_are_forgotten_a_bounded_number_at_a_time(
    inbox: AsyncEngine,
) -> None:
    async with inbox.begin() as connection:
        await claim(connection, "test", [made_at(month_start(MARCH, 9)) for _ in range(5)])
        await connection.execute(text("UPDATE inbox SET claimed_at = now() - interval '31 days'"))
        kept = made_at(month_start(MARCH, 9))
        await claim(connection, "test", [kept])

        gone = [await prune(connection, rows_max=3) for _ in range(3)]

        assert gone == [3, 2, 0]
        assert await claim(connection, "test", [kept]) == set()


async def test_a_worker_forgets_old_claims_until_none_is_left_and_makes_months(engine: AsyncEngine) -> None:
    await run_statements(
        engine, (*create_inbox_sql(), *cut_inbox_sql(datetime.now(UTC) - timedelta(days=150)))
    )
    old, kept = made_at(datetime.now(UTC) - timedelta(days=160)), uuid7()
    async with engine.begin() as connection:
        await claim(connection, "test", [old])
        await connection.execute(
            text(
                # Behind all months: of ten thousand without a time one lies in some month by chance.
                "INSERT INTO inbox SELECT"
                " CAST(overlay(CAST(gen_random_uuid() AS text) PLACING 'ff' FROM 1) AS uuid), 'test',"
                " now() - interval '31 days' FROM generate_series(1, 10001)"
            )
        )
        await connection.execute(text("UPDATE inbox SET claimed_at = now() - interval '31 days'"))
        await claim(connection, "test", [kept])
    database = Database(engine.url.render_as_string(hide_password=False), application_name="test")

    await forget_old_claims(database)
    await forget_old_claims(database)

    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT event_id FROM inbox"))).scalars().all() == [kept]
        now = datetime.now(UTC)
        months = {f"inbox_p{month_start(now, ahead):%Y%m}" for ahead in (0, 1)}
        assert months <= (await partitions(connection)).keys()
        assert "inbox_before" not in await partitions(connection)
    await database.close()


def ids_of_any_make() -> st.SearchStrategy[list[UUID]]:
    """Of months that are there and that are not, without a time, and at the edges of months."""
    edges = [first_id(month_start(MARCH, ahead)) for ahead in range(-2, 5)]
    instants = st.integers(-120, 180).map(lambda days: MARCH + timedelta(days=days))
    one = (
        st.uuids(version=4)
        | instants.map(lambda at: UUID(int=first_id(at).int | 7 << 76))
        | st.sampled_from([*edges, *(UUID(int=edge.int - 1) for edge in edges)])
    )
    return st.lists(one, max_size=12)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(ids_of_any_make(), max_size=6), month=st.integers(0, 6))
async def test_each_id_is_claimed_once_whatever_make_and_order_it_has(
    inbox: AsyncEngine, batches: list[list[UUID]], month: int
) -> None:
    """Months are made and dropped in between; none of the claims is old enough to be forgotten with one."""
    seen: Counter[UUID] = Counter()
    async with inbox.connect() as connection:
        for number, ids in enumerate([*batches, *batches]):
            seen.update(await claim(connection, "test", ids))
            await connection.execute(text("UPDATE inbox SET claimed_at = :at"), {"at": month_start(MARCH, 7)})
            await keep_months(connection, month_start(MARCH, min(month, number)))
        held = (await connection.execute(text("SELECT event_id FROM inbox"))).scalars().all()
        await connection.rollback()

    asked = {one for ids in batches for one in ids}
    assert seen == Counter(asked)
    assert sorted(held) == sorted(asked)


async def test_months_are_made_ahead_and_take_what_came_before_them(inbox: AsyncEngine) -> None:
    june = month_start(MARCH, 3)
    early, late = (
        made_at(june + timedelta(hours=1)),
        made_at(month_start(june, 1) - timedelta(milliseconds=1)),
    )
    nowhere = made_at(month_start(june, 9))
    async with inbox.begin() as connection:
        await claim(connection, "test", [early, late, nowhere])
        before = await partitions(connection)
        await keep_months(connection, month_start(MARCH, 1))
        after = await partitions(connection)

        assert before == {"inbox_before": 0, "inbox_p203104": 0, "inbox_p203105": 0, "inbox_default": 3}
        assert after == {**before, "inbox_p203106": 2, "inbox_default": 1}
        assert await claim(connection, "test", [early, late, nowhere]) == set()


async def test_an_old_month_goes_whole_and_its_events_are_new_again(inbox: AsyncEngine) -> None:
    april = month_start(MARCH, 1)
    ids = [made_at(april + timedelta(days=day)) for day in range(5)]
    last = made_at(month_start(april, 1) - timedelta(milliseconds=1))
    async with inbox.begin() as connection:
        await claim(connection, "test", [*ids, last])
        await connection.execute(text("UPDATE inbox SET claimed_at = :at"), {"at": april + timedelta(days=4)})
        end = month_start(april, 1) + KEPT
        await keep_months(connection, end - timedelta(milliseconds=1))
        there = (await partitions(connection))["inbox_p203104"]
        await keep_months(connection, end)

        assert there == 6
        assert not {"inbox_p203104", "inbox_before"} & (await partitions(connection)).keys()
        assert await claim(connection, "test", [*ids, last]) == {*ids, last}
        assert await claim(connection, "test", [*ids, last]) == set()


async def test_claims_of_late_outlive_the_month_of_their_events(inbox: AsyncEngine) -> None:
    """An operator told events of March again in May: they must not be applied once more in June."""
    told_again, forgotten = made_at(MARCH), made_at(MARCH)
    told_at = month_start(MARCH, 2)
    async with inbox.begin() as connection:
        await claim(connection, "test", [told_again, forgotten])
        await connection.execute(
            text(
                "UPDATE inbox SET claimed_at = CASE event_id WHEN :again THEN CAST(:told AS timestamptz) ELSE :once END"
            ),
            {"again": told_again, "told": told_at, "once": told_at - timedelta(microseconds=1)},
        )
        by_row = await keep_months(connection, told_at + KEPT)

        assert by_row == ["inbox_default"]
        assert await claim(connection, "test", [told_again, forgotten]) == {forgotten}


async def test_a_month_of_which_too_much_was_told_again_goes_row_by_row(inbox: AsyncEngine) -> None:
    end = month_start(MARCH, 1) + KEPT
    async with inbox.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO inbox SELECT CAST(:first AS uuid), 'c' || n, CASE WHEN n > 2 THEN CAST(:late AS timestamptz)"
                " ELSE now() - interval '31 days' END FROM generate_series(1, :rows) n"
            ),
            {"first": first_id(MARCH), "late": end, "rows": MOVED_MAX + 3},
        )

        assert await keep_months(connection, end) == ["inbox_default", "inbox_before"]
        assert await prune(connection, "inbox_before") == 2
        assert (await partitions(connection))["inbox_before"] == MOVED_MAX + 1


async def test_workers_that_keep_months_at_once_do_not_disturb_each_other(inbox: AsyncEngine) -> None:
    async def work() -> None:
        async with inbox.begin() as connection:
            await keep_months(connection, month_start(MARCH, 4))

    await asyncio.gather(*(work() for _ in range(4)))

    async with inbox.begin() as connection:
        assert {"inbox_p203107", "inbox_p203108", "inbox_p203109"} <= (await partitions(connection)).keys()


async def test_claims_of_before_are_kept_where_they_are_there_and_back(engine: AsyncEngine) -> None:
    before = [uuid4() for _ in range(30)] + [
        made_at(MARCH),
        made_at(month_start(MARCH, 2)),
        made_at(month_start(MARCH, 7)),
    ]
    await run_statements(engine, create_inbox_sql())
    async with engine.begin() as connection:
        await claim(connection, "test", before)
        (file,) = (await connection.execute(text("SELECT pg_relation_filenode('inbox')"))).scalars()

    await run_statements(engine, cut_inbox_sql(MARCH))
    async with engine.begin() as connection:
        assert await connection.scalar(text("SELECT pg_relation_filenode('inbox_before')")) == file
        found = await partitions(connection)
        assert await claim(connection, "test", before) == set()
    await run_statements(engine, join_inbox_sql())

    assert found["inbox_p203105"] >= 1
    assert found["inbox_default"] >= 1
    assert sum(found.values()) == len(before)
    async with engine.begin() as connection:
        assert await claim(connection, "test", before) == set()
