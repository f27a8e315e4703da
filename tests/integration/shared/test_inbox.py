"""The inbox claims an event once, whoever asks."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from shared.database import Database
from shared.inbox import claim, create_inbox_sql, prune
from shared.service_worker import forget_old_claims
from tests.integration.shared.counted import run_statements


@pytest.fixture
async def inbox(engine: AsyncEngine) -> AsyncEngine:
    await run_statements(engine, create_inbox_sql())
    return engine


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

    async def work(own: list[object]) -> int:
        async with inbox.begin() as connection:
            return len(await claim(connection, "test", own))

    claimed = await asyncio.gather(*(work(ids), work(ids[::-1]), work(ids), work(ids[::-1])))

    assert sorted(claimed) == [0, 0, 0, 200]


async def test_old_claims_are_forgotten_a_bounded_number_at_a_time(inbox: AsyncEngine) -> None:
    async with inbox.begin() as connection:
        await claim(connection, "test", [uuid7() for _ in range(5)])
        await connection.execute(text("UPDATE inbox SET claimed_at = now() - interval '31 days'"))
        kept = uuid7()
        await claim(connection, "test", [kept])

        gone = [await prune(connection, rows_max=3) for _ in range(3)]

        assert gone == [3, 2, 0]
        assert await claim(connection, "test", [kept]) == set()


async def test_a_worker_forgets_old_claims_until_none_is_left(inbox: AsyncEngine) -> None:
    kept = uuid7()
    async with inbox.begin() as connection:
        await claim(connection, "test", [kept])
        await connection.execute(
            text(
                "INSERT INTO inbox SELECT gen_random_uuid(), 'test', now() - interval '31 days'"
                " FROM generate_series(1, 10001)"
            )
        )
    database = Database(inbox.url.render_as_string(hide_password=False), application_name="test")

    await forget_old_claims(database)

    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT event_id FROM inbox"))).scalars().all() == [kept]
    await database.close()
