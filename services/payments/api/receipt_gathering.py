"""Gathers single payments that arrive at the same time and books them together: one transaction for all of them.

Each of them locks and posts to the same bank account; alone, each would wait for the commits of all before it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.record_receipts import PaymentVerdict, record_receipts
from services.payments.domain.business_day import business_day
from services.payments.domain.posting import Posting
from services.payments.domain.received_payment import ReceivedPayment
from shared.database import Database

WAIT_SECONDS: Final = 0.002
TOGETHER_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class _Waiting:
    payment: ReceivedPayment
    actor: str
    verdict: asyncio.Future[PaymentVerdict]


class ReceiptGathering:
    """One per process. While a transaction runs, what arrives gathers for the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._run: asyncio.Task[None] | None = None

    async def book(self, payment: ReceivedPayment, actor: str) -> PaymentVerdict:
        """The verdict on the payment, committed; raises what made the transaction fail."""
        one = _Waiting(payment, actor, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._run is None or self._run.done():
            self._run = asyncio.create_task(self._book_all())
        return await one.verdict

    async def _book_all(self) -> None:
        await asyncio.sleep(WAIT_SECONDS)
        while self._waiting:
            together, self._waiting = self._waiting[:TOGETHER_MAX], self._waiting[TOGETHER_MAX:]
            try:
                verdicts = await self._book(together)
            except Exception as error:  # noqa: BLE001 - whatever it is, each waiting request has to hear of it
                for one in together:
                    if not one.verdict.done():
                        one.verdict.set_exception(error)
                continue
            for one, verdict in zip(together, verdicts, strict=True):
                if not one.verdict.done():
                    one.verdict.set_result(verdict)

    async def _book(self, together: Sequence[_Waiting]) -> list[PaymentVerdict]:
        at = datetime.now(UTC)
        verdicts: dict[int, PaymentVerdict] = {}
        async with UnitOfWork(self._database) as work:
            for actor in sorted({one.actor for one in together}):
                places = [place for place, one in enumerate(together) if one.actor == actor]
                payments = [together[place].payment for place in places]
                booked = await record_receipts(work, payments, Posting(actor, at, business_day(at)))
                verdicts |= dict(zip(places, booked, strict=True))
            await work.commit()
        return [verdicts[place] for place in range(len(together))]
