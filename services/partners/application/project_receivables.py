"""Keeps the facts payment sheets are made of, as payments tells them: in any order, any number of times."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.partners.adapters.sheet_facts import (
    add_bookings,
    add_changes,
    add_credit_notes,
    add_invoices,
    add_refunds,
    add_reversals,
    note_progress,
)
from services.partners.adapters.sheet_memo_facts import (
    add_certificates,
    add_charges,
    add_cheques,
    add_queries,
)
from services.partners.adapters.unit_of_work import UnitOfWork
from shared.events.credit_notes import (
    CreditNoteApprovedV1,
    CreditNoteEndedV1,
    CreditNoteIssuedV1,
    CreditNoteRequestedV1,
)
from shared.events.envelope import Envelope, Event
from shared.events.instruments import ChequeBouncedV1, ChequeStandingChangedV1
from shared.events.payment_queries import QueryChangedV1
from shared.events.payments import (
    AllocationChangedV1,
    InvoicesRegisteredV1,
    ReceiptReversedV1,
    ReceiptsBookedV1,
    RefundPaidV1,
    TaxCertificateRecordedV1,
)


async def project_invoices(work: UnitOfWork, told: Sequence[Envelope[InvoicesRegisteredV1]]) -> None:
    await add_invoices(work.connection, [invoice for one in told for invoice in one.data.invoices])
    await _note_progress(work, told)


async def project_receipts(work: UnitOfWork, told: Sequence[Envelope[ReceiptsBookedV1]]) -> None:
    await add_bookings(work.connection, [receipt for one in told for receipt in one.data.receipts])
    await _note_progress(work, told)


async def project_reversals(work: UnitOfWork, told: Sequence[Envelope[ReceiptReversedV1]]) -> None:
    await add_reversals(work.connection, [one.data for one in told])
    await _note_progress(work, told)


async def project_allocations(work: UnitOfWork, told: Sequence[Envelope[AllocationChangedV1]]) -> None:
    await add_changes(work.connection, [change for one in told for change in one.data.changes])
    await _note_progress(work, told)


async def project_refunds(work: UnitOfWork, told: Sequence[Envelope[RefundPaidV1]]) -> None:
    await add_refunds(work.connection, [one.data for one in told])
    await _note_progress(work, told)


async def project_charges(work: UnitOfWork, told: Sequence[Envelope[ChequeBouncedV1]]) -> None:
    await add_charges(work.connection, [one.data for one in told])
    await _note_progress(work, told)


async def project_cheques(work: UnitOfWork, told: Sequence[Envelope[ChequeStandingChangedV1]]) -> None:
    await add_cheques(work.connection, [one.data for one in told])
    await _note_progress(work, told)


async def project_certificates(work: UnitOfWork, told: Sequence[Envelope[TaxCertificateRecordedV1]]) -> None:
    await add_certificates(work.connection, [one.data for one in told])
    await _note_progress(work, told)


async def project_queries(work: UnitOfWork, told: Sequence[Envelope[QueryChangedV1]]) -> None:
    await add_queries(work.connection, [one.data for one in told])
    await _note_progress(work, told)


async def project_credit_notes(
    work: UnitOfWork,
    told: Sequence[
        Envelope[CreditNoteRequestedV1]
        | Envelope[CreditNoteApprovedV1]
        | Envelope[CreditNoteIssuedV1]
        | Envelope[CreditNoteEndedV1]
    ],
) -> None:
    await add_credit_notes(work.connection, [one.data.note for one in told])
    await _note_progress(work, told)


async def _note_progress(work: UnitOfWork, told: Sequence[Envelope[Event]]) -> None:
    newest = max(one.time for one in told)
    await note_progress(work.connection, newest_fact_at=newest, at=datetime.now(UTC))
