"""A projection that shows every effect, however often it happens."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.events.envelope import Envelope
from tests.integration.shared.counted import CountedV1
from tests.integration.shared.waiting import until

CREATE_PROJECTION = "CREATE TABLE effects (place bigserial, key text, number integer)"


class Transaction:
    """The least a unit of work is: a connection, rolled back unless committed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.connection: AsyncConnection

    async def __aenter__(self) -> Self:
        self.connection = await self._engine.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.connection.close()

    async def commit(self) -> None:
        await self.connection.commit()


async def project(work: Transaction, envelopes: Sequence[Envelope[CountedV1]]) -> None:
    await work.connection.execute(
        text(
            "INSERT INTO effects (key, number) SELECT key, number "
            "FROM unnest(CAST(:keys AS text[]), CAST(:numbers AS integer[])) AS effect (key, number)"
        ),
        {
            "keys": [envelope.partition_key for envelope in envelopes],
            "numbers": [envelope.data.number for envelope in envelopes],
        },
    )


async def effects(engine: AsyncEngine) -> list[int]:
    """The numbers in the order they took effect."""
    async with engine.connect() as connection:
        return list((await connection.execute(text("SELECT number FROM effects ORDER BY place"))).scalars())


async def until_effects(engine: AsyncEngine, count: int) -> None:
    async def are_there() -> bool:
        return len(await effects(engine)) >= count

    await until(are_there)
