"""Bodies of the booking clock."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from shared.wire import MoneyBody, WireModel, money


class WaitingCredit(WireModel):
    """A credit that is not booked yet."""

    bank_line_id: UUID
    amount: MoneyBody
    narration: str
    reference: str
    credited_at: datetime
    due_at: datetime
    is_late: bool
    zone: str
    is_identified: bool


class BookingClockBody(WireModel):
    """The 24-hour promise in figures, over all credits of the caller's zones."""

    as_of: datetime
    seen: int
    excused: int = Field(description="Credits that are no customer's payment")
    booked: int
    booked_on_time: int
    booked_late: int
    due: int = Field(description="Not booked, still within 24 hours")
    late: int = Field(description="Not booked, past 24 hours")
    on_time_share: str | None = Field(description="booked_on_time over booked and late, 0.0000 to 1.0000")
    waiting: list[WaitingCredit] = Field(description="The most urgent first, at most 200")


def waiting_credit(row: Row, *, at: datetime) -> WaitingCredit:
    """The reply for one clock that is still running."""
    return WaitingCredit(
        bank_line_id=row.bank_line_id,
        amount=money(row.amount_minor, row.currency),
        narration=row.narration,
        reference=row.strong_reference,
        credited_at=row.credited_at,
        due_at=row.due_at,
        is_late=row.due_at < at,
        zone=row.zone,
        is_identified=row.identified_at is not None,
    )
