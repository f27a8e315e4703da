"""Keeps what partners owe, as payments tells it: in any order, any number of times."""

from collections.abc import Iterator, Sequence

from services.reporting.adapters.fact_store import FactKind, keep_facts, note_told
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.projection import Projection
from shared.events.credit_notes import (
    CreditNoteApprovedV1,
    CreditNoteEndedV1,
    CreditNoteIssuedV1,
    CreditNoteRequestedV1,
)
from shared.events.envelope import Envelope
from shared.events.payments import (
    Allocation,
    AllocationChange,
    AllocationChangedV1,
    Deduction,
    InvoicesRegisteredV1,
    ReceiptBooked,
    ReceiptsBookedV1,
    RefundPaidV1,
)

MONEY = "money"  # as against a deduction that explains what was kept back


async def project_invoices(work: UnitOfWork, told: Sequence[Envelope[InvoicesRegisteredV1]]) -> None:
    invoices = [invoice for one in told for invoice in one.data.invoices]
    await keep_facts(work.connection, FactKind.INVOICE, invoices)
    await note_told(work.connection, Projection.RECEIVABLES, told)


async def project_settlements(work: UnitOfWork, told: Sequence[Envelope[ReceiptsBookedV1]]) -> None:
    """What receipts settled with their booking; a reversed receipt settles nothing any more."""
    settled = [part for one in told for receipt in one.data.receipts for part in _settled_by(receipt)]
    await keep_facts(work.connection, FactKind.SETTLEMENT, settled)
    await note_told(work.connection, Projection.RECEIVABLES, told)


async def project_allocations(work: UnitOfWork, told: Sequence[Envelope[AllocationChangedV1]]) -> None:
    """What credits settle since their booking, or no longer."""
    settled = [_settled_since(change) for one in told for change in one.data.changes]
    await keep_facts(work.connection, FactKind.SETTLEMENT, settled)
    await note_told(work.connection, Projection.RECEIVABLES, told)


async def project_refunds(work: UnitOfWork, told: Sequence[Envelope[RefundPaidV1]]) -> None:
    await keep_facts(work.connection, FactKind.REFUND, [one.data.model_dump() for one in told])
    await note_told(work.connection, Projection.RECEIVABLES, told)


async def project_credit_notes(
    work: UnitOfWork,
    told: Sequence[
        Envelope[CreditNoteRequestedV1]
        | Envelope[CreditNoteApprovedV1]
        | Envelope[CreditNoteIssuedV1]
        | Envelope[CreditNoteEndedV1]
    ],
) -> None:
    notes = [one.data.note for one in told]
    await keep_facts(work.connection, FactKind.CREDIT_NOTE, notes)
    await note_told(work.connection, Projection.CREDIT_NOTES, told)


def _settled_by(receipt: ReceiptBooked) -> Iterator[dict[str, object]]:
    """Money first, deductions after it; the position makes a repeated telling recognisable."""
    kinds = [MONEY for _ in receipt.allocations] + [part.kind for part in receipt.deductions]
    parts: Sequence[Allocation | Deduction] = (*receipt.allocations, *receipt.deductions)
    for position, (kind, part) in enumerate(zip(kinds, parts, strict=True)):
        yield {
            "source_id": receipt.receipt_id,
            "position": position,
            "credit_id": receipt.receipt_id,
            "credit_kind": "advance",
            "invoice_id": part.invoice_id,
            "invoice_number": part.invoice_number,
            "kind": kind,
            "currency": receipt.currency,
            "amount_minor": part.amount_minor,
            "effective_on": receipt.received_on,
        }


def _settled_since(change: AllocationChange) -> dict[str, object]:
    return {
        "source_id": change.allocation_id,
        "position": 0,
        "credit_id": change.credit_id,
        "credit_kind": change.credit_kind,
        "invoice_id": change.invoice_id,
        "invoice_number": change.invoice_number,
        "kind": MONEY if change.kind == "receipt" else change.kind,
        "currency": change.currency,
        "amount_minor": change.amount_minor,
        "effective_on": change.effective_on,
    }
