"""Turns what was written into the events other services read."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from services.payments.adapters.clock_store import due_instants
from services.payments.adapters.line_store import NewLine
from services.payments.adapters.repositories import Row
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.booking_clock import booking_deadline
from services.payments.domain.bounce import Charge
from services.payments.domain.cheque_return import return_reason
from services.payments.domain.invoice import Invoice
from services.payments.domain.receipt import MONEY, Receipt, ReceiptAllocation
from services.payments.domain.refund import RefundPayment
from services.payments.domain.settlement import Credit, Settlement
from shared.events.envelope import in_events
from shared.events.instruments import BounceDeadlineNearV1, ChequeBouncedV1
from shared.events.payments import (
    Allocation,
    AllocationChange,
    AllocationChangedV1,
    Deduction,
    InvoiceRegistered,
    InvoicesRegisteredV1,
    ReceiptBooked,
    ReceiptReversedV1,
    ReceiptsBookedV1,
    ReceiptUnidentifiedV1,
    RefundPaidV1,
    StatementImportedV1,
)


def publish_invoices(work: UnitOfWork, invoices: Sequence[Invoice]) -> None:
    """One event per few hundred invoices, small enough for the broker."""
    told = [
        InvoiceRegistered(
            invoice_id=invoice.id,
            number=invoice.number,
            partner_code=invoice.partner_code,
            issued_on=invoice.issued_on,
            due_on=invoice.due_on,
            currency=invoice.currency,
            taxable_minor=invoice.taxable_minor,
            tax_minor=invoice.tax_minor,
            total_minor=invoice.total_minor,
            base_minor=invoice.value.minor if invoice.value else None,
        )
        for invoice in invoices
    ]
    for part in in_events(told):
        work.publish(InvoicesRegisteredV1(invoices=part), partition_key="receivables", subject=part[0].number)


async def publish_receipts(work: UnitOfWork, receipts: Sequence[Receipt], booked_at: datetime) -> None:
    """Tell partners and reporting, in batches, what was booked and what it settled."""
    zones = await _zones(work, {receipt.partner_code for receipt in receipts})
    dues = await due_instants(work.connection, [one.bank_line_id for one in receipts if one.bank_line_id])
    told = [
        _receipt_booked(receipt, zones.get(receipt.partner_code), (booked_at, _due_at(receipt, dues)))
        for receipt in receipts
    ]
    for part in in_events(told):
        work.publish(
            ReceiptsBookedV1(receipts=part), partition_key="receivables", subject=str(part[0].receipt_id)
        )


async def publish_reversal(
    work: UnitOfWork,
    receipt: Receipt,
    settled: Sequence[Settlement],
    advance_minor: int,
    why: tuple[str, date],
) -> None:
    """Tell that what the receipt had settled is open again, and what of it was still an advance."""
    zones = await _zones(work, {receipt.partner_code})
    allocations, deductions = _parts(settled)
    work.publish(
        ReceiptReversedV1(
            receipt_id=receipt.id,
            reason_code=why[0],
            reversed_on=why[1],
            partner_code=receipt.partner_code,
            zone=zones.get(receipt.partner_code),
            currency=receipt.currency,
            amount_minor=receipt.amount_minor,
            on_account_minor=advance_minor,
            allocations=allocations,
            deductions=deductions,
        ),
        partition_key="receivables",
        subject=str(receipt.id),
    )


async def publish_allocations(
    work: UnitOfWork,
    credit: Credit,
    parts: Mapping[UUID, ReceiptAllocation],
    *,
    effective_on: date,
    settled_on: Mapping[UUID, date] | None = None,
) -> None:
    """Tell what a receipt or credit note settles from now on, or no longer (negative amounts).

    `settled_on` has the days of what is taken back.
    """
    zones = await _zones(work, {credit.partner_code})
    told = [
        AllocationChange(
            allocation_id=key,
            credit_id=credit.id,
            credit_kind=credit.kind.value,
            partner_code=credit.partner_code,
            zone=zones.get(credit.partner_code),
            invoice_id=part.open_item_id,
            invoice_number=part.document_number,
            kind=part.kind,
            currency=credit.currency,
            amount_minor=part.amount_minor,
            effective_on=effective_on,
            settled_on=(settled_on or {}).get(key, effective_on),
        )
        for key, part in parts.items()
    ]
    for group in in_events(told):
        work.publish(AllocationChangedV1(changes=group), partition_key="receivables", subject=str(credit.id))


async def publish_refund(work: UnitOfWork, credit: Credit, payment: RefundPayment) -> None:
    """Tell that money of the credit went back."""
    zones = await _zones(work, {credit.partner_code})
    work.publish(
        RefundPaidV1(
            refund_id=payment.refund_id,
            credit_id=credit.id,
            credit_kind=credit.kind.value,
            partner_code=credit.partner_code,
            zone=zones.get(credit.partner_code),
            currency=credit.currency,
            amount_minor=payment.amount_minor,
            refunded_on=payment.refunded_on,
            reference=payment.reference,
        ),
        partition_key="receivables",
        subject=str(payment.refund_id),
    )


async def publish_bounce(
    work: UnitOfWork, receipt: Receipt, what: tuple[UUID, str, date], charge: Charge | None, count: int
) -> None:
    """Tell that a cheque came back, what it costs and how often that happened within a year."""
    zones = await _zones(work, {receipt.partner_code})
    bounce_id, code, bounced_on = what
    work.publish(
        ChequeBouncedV1(
            bounce_id=bounce_id,
            receipt_id=receipt.id,
            partner_code=receipt.partner_code,
            zone=zones.get(receipt.partner_code),
            cheque_number=receipt.cheque_number,
            currency=receipt.currency,
            amount_minor=receipt.amount_minor,
            return_code=code,
            return_reason=return_reason(code),
            bounced_on=bounced_on,
            charge_number=charge.number if charge else None,
            charge_minor=charge.total_minor if charge else 0,
            bounces_in_a_year=count,
            charge_id=charge.id if charge else None,
            charged_on=charge.charged_on if charge else None,
        ),
        partition_key="receivables",
        subject=str(bounce_id),
    )


async def publish_bounce_deadline(work: UnitOfWork, bounce: Row, deadline: str, due_on: date) -> None:
    """Tell that a day of section 138 is near."""
    zones = await _zones(work, {bounce.partner_code})
    work.publish(
        BounceDeadlineNearV1(
            bounce_id=bounce.id,
            partner_code=bounce.partner_code,
            zone=zones.get(bounce.partner_code),
            cheque_number=bounce.cheque_number,
            deadline=deadline,
            due_on=due_on,
        ),
        partition_key="receivables",
        subject=str(bounce.id),
    )


async def _zones(work: UnitOfWork, partner_codes: set[str]) -> dict[str, str]:
    rows = await work.connection.execute(
        sa.text("SELECT code, zone FROM partners WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": sorted(partner_codes)},
    )
    return {row.code: row.zone for row in rows}


def _due_at(receipt: Receipt, dues: Mapping[UUID, datetime]) -> datetime:
    """By the clock of its credit; one that the bank has not shown yet counts from the day it was received."""
    return (receipt.bank_line_id and dues.get(receipt.bank_line_id)) or booking_deadline(
        receipt.received_on
    ).due_at


def _receipt_booked(receipt: Receipt, zone: str | None, when: tuple[datetime, datetime]) -> ReceiptBooked:
    allocations, deductions = _parts(receipt.allocations)
    return ReceiptBooked(
        receipt_id=receipt.id,
        bank_account=receipt.bank_account_number,
        bank_line_id=receipt.bank_line_id,
        partner_code=receipt.partner_code,
        zone=zone,
        received_on=receipt.received_on,
        booked_at=when[0],
        currency=receipt.currency,
        amount_minor=receipt.amount_minor,
        on_account_minor=receipt.on_account_minor,
        rail=receipt.rail,
        reference=receipt.reference,
        is_on_time=when[0] <= when[1],
        allocations=allocations,
        deductions=deductions,
        base_minor=receipt.value.minor if receipt.value else None,
    )


def _parts(
    settled: Sequence[ReceiptAllocation] | Sequence[Settlement],
) -> tuple[tuple[Allocation, ...], tuple[Deduction, ...]]:
    allocations = tuple(
        Allocation(invoice_id=p.open_item_id, invoice_number=p.document_number, amount_minor=p.amount_minor)
        for p in settled
        if p.kind == MONEY
    )
    deductions = tuple(
        Deduction(
            invoice_id=p.open_item_id,
            invoice_number=p.document_number,
            kind=p.kind,
            amount_minor=p.amount_minor,
        )
        for p in settled
        if p.kind != MONEY
    )
    return allocations, deductions


async def publish_unidentified(work: UnitOfWork, lines: Sequence[NewLine], bank_account: str) -> None:
    """Tell that money came in and nobody knows whose it is; its clock runs."""
    dues = await due_instants(work.connection, [new.id for new in lines])
    for new in lines:
        work.publish(
            ReceiptUnidentifiedV1(
                bank_line_id=new.id,
                bank_account=bank_account,
                currency=new.line.currency,
                amount_minor=new.line.amount_minor,
                received_on=new.line.booked_on,
                due_at=dues[new.id],
            ),
            partition_key=str(new.id),
        )


def publish_statement(work: UnitOfWork, statement: Row, counts: Mapping[str, int]) -> None:
    """Tell that a statement was read to its end, with its counts."""
    work.publish(
        StatementImportedV1(
            statement_id=statement.id,
            bank_account=statement.bank_account_number,
            currency=statement.currency,
            line_count=counts["lines"],
            new_count=counts["new"],
            duplicate_count=counts["duplicate"],
            rejected_count=counts["rejected"],
            booked_count=counts["booked"],
            suggested_count=counts["suggested"],
            exception_count=counts["exceptions"],
        ),
        partition_key=str(statement.id),
    )
