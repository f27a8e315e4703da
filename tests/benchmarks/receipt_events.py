"""The events that the messaging measurements send: one booked receipt each, about 900 bytes."""

from datetime import UTC, date, datetime

from uuid_utils.compat import uuid7

from shared.events.envelope import Envelope, Event, envelope_of
from shared.events.payments import Allocation, ReceiptBooked, ReceiptsBookedV1

KEYS = 200
AMOUNT_MINOR = 1_234_500


def receipt_events(count: int) -> list[Envelope[Event]]:
    return [_event(number) for number in range(count)]


def _event(number: int) -> Envelope[Event]:
    receipt = ReceiptBooked(
        receipt_id=uuid7(),
        bank_account="50200012345678",
        bank_line_id=uuid7(),
        partner_code=f"B{number % KEYS:05d}",
        zone="West",
        received_on=date(2025, 11, 3),
        booked_at=datetime(2025, 11, 3, 9, 30, tzinfo=UTC),
        currency="INR",
        amount_minor=AMOUNT_MINOR,
        on_account_minor=0,
        rail="neft",
        reference="HDFCN52025110312345678",
        is_on_time=True,
        allocations=(
            Allocation(invoice_id=uuid7(), invoice_number=f"INV/25/{number}", amount_minor=AMOUNT_MINOR),
        ),
    )
    key = receipt.partner_code or ""
    return envelope_of(ReceiptsBookedV1(receipts=(receipt,)), subject=key, partition_key=key)
