"""Gathers single payments that arrive at the same time and books them together: one transaction for all of them.

Each of them locks and posts to the same bank account; alone, each would wait for the commits of all before it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.ledger import RECEIPT_SELECT
from services.payments.adapters.queries.listing import Listing, Row
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.record_receipts import PaymentVerdict, record_receipts
from services.payments.domain.business_day import business_day
from services.payments.domain.posting import Posting
from services.payments.domain.received_payment import ReceivedPayment
from shared.database import Database

WAIT_SECONDS: Final = 0.002
TOGETHER_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one payment, and its receipt as lists show it; no receipt when it was refused."""

    verdict: PaymentVerdict
    receipt: Row | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    payment: ReceivedPayment
    actor: str
    told: asyncio.Future[Told]


class ReceiptGathering:
    """One per process. While a transaction runs, what arrives gathers for the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._run: asyncio.Task[None] | None = None

    async def book(self, payment: ReceivedPayment, actor: str) -> Told:
        """What was committed of the payment; raises what made the transaction fail."""
        one = _Waiting(payment, actor, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._run is None or self._run.done():
            self._run = asyncio.create_task(self._book_all())
        return await one.told

    async def _book_all(self) -> None:
        await asyncio.sleep(WAIT_SECONDS)
        while self._waiting:
            together, self._waiting = self._waiting[:TOGETHER_MAX], self._waiting[TOGETHER_MAX:]
            try:
                all_told = await self._book(together)
            except Exception as error:  # noqa: BLE001 - whatever it is, each waiting request has to hear of it
                for one in together:
                    if not one.told.done():
                        one.told.set_exception(error)
                continue
            for one, told in zip(together, all_told, strict=True):
                if not one.told.done():
                    one.told.set_result(told)

    async def _book(self, together: Sequence[_Waiting]) -> list[Told]:
        at = datetime.now(UTC)
        verdicts: dict[int, PaymentVerdict] = {}
        async with UnitOfWork(self._database) as work:
            for actor in sorted({one.actor for one in together}):
                places = [place for place, one in enumerate(together) if one.actor == actor]
                payments = [together[place].payment for place in places]
                booked = await record_receipts(work, payments, Posting(actor, at, business_day(at)))
                verdicts |= dict(zip(places, booked, strict=True))
            rows = await receipts_told(work.connection, list(verdicts.values()))
            await work.commit()
        in_order = [verdicts[place] for place in range(len(together))]
        return [Told(verdict, rows.get(verdict.receipt_id)) for verdict in in_order]


async def receipts_told(
    connection: AsyncConnection, verdicts: Sequence[PaymentVerdict]
) -> dict[UUID | None, Row]:
    """The receipts that the verdicts name, by id: one read for all of them."""
    ids = [verdict.receipt_id for verdict in verdicts if verdict.receipt_id is not None]
    listing = Listing(RECEIPT_SELECT, order=("r.id",)).where("r.id = ANY(CAST(:ids AS uuid[]))", ids=ids)
    return {row.id: row for row in await listing.rows(connection, limit=len(ids))}
