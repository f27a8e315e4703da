"""Keeps what Salesforce will be told of partners and their questions, as payments tells it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from gateway.adapters.salesforce_figures import add_changes, add_invoices, add_receipts, add_reversals
from gateway.adapters.salesforce_writes import Draft, queue_writes
from gateway.domain.salesforce_write import WriteSubject
from shared.database import UnitOfWork
from shared.events.envelope import Envelope
from shared.events.payment_queries import QueryAnsweredV1
from shared.events.payments import (
    AllocationChangedV1,
    InvoicesRegisteredV1,
    ReceiptReversedV1,
    ReceiptsBookedV1,
)


async def follow_invoices(work: UnitOfWork, told: Sequence[Envelope[InvoicesRegisteredV1]]) -> None:
    invoices = [invoice for one in told for invoice in one.data.invoices]
    await add_invoices(work.connection, invoices, datetime.now(UTC))


async def follow_receipts(work: UnitOfWork, told: Sequence[Envelope[ReceiptsBookedV1]]) -> None:
    receipts = [receipt for one in told for receipt in one.data.receipts]
    await add_receipts(work.connection, receipts, datetime.now(UTC))


async def follow_reversals(work: UnitOfWork, told: Sequence[Envelope[ReceiptReversedV1]]) -> None:
    await add_reversals(work.connection, [one.data for one in told], datetime.now(UTC))


async def follow_allocations(work: UnitOfWork, told: Sequence[Envelope[AllocationChangedV1]]) -> None:
    changes = [change for one in told for change in one.data.changes]
    await add_changes(work.connection, changes, datetime.now(UTC))


async def follow_answers(work: UnitOfWork, told: Sequence[Envelope[QueryAnsweredV1]]) -> None:
    drafts = [
        Draft(
            subject=WriteSubject.QUERY_ANSWER,
            name=one.data.number,
            values={
                "partner_code": one.data.partner_code,
                "category": one.data.category,
                "state": "answered",
                "answered_at": one.data.answered_at.isoformat(),
                "is_on_time": one.data.is_on_time,
                "case_record_id": one.data.case_record_id,
            },
        )
        for one in told
    ]
    await queue_writes(work.connection, drafts, datetime.now(UTC))
