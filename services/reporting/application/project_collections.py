"""Keeps receipts and reversals as payments tells them: in any order, any number of times."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.reporting.adapters.repositories import add_receipts, add_reversals, note_progress
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.projection import Projection
from shared.events.envelope import Envelope, Event
from shared.events.payments import ReceiptReversedV1, ReceiptsBookedV1


async def project_receipts(work: UnitOfWork, told: Sequence[Envelope[ReceiptsBookedV1]]) -> None:
    await add_receipts(work.connection, [receipt for one in told for receipt in one.data.receipts])
    await _note_progress(work, told)


async def project_reversals(work: UnitOfWork, told: Sequence[Envelope[ReceiptReversedV1]]) -> None:
    await add_reversals(work.connection, [one.data for one in told])
    await _note_progress(work, told)


async def _note_progress(work: UnitOfWork, told: Sequence[Envelope[Event]]) -> None:
    newest = max(one.time for one in told)
    await note_progress(work.connection, Projection.COLLECTIONS, newest_fact_at=newest, at=datetime.now(UTC))
