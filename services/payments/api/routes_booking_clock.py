"""The 24-hour booking clock."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from fastapi import APIRouter

from services.payments.adapters.queries.booking_clock import booking_clock_summary, waiting_clocks
from services.payments.api.dependencies import Reading
from services.payments.api.row_scope import visible_zones
from services.payments.api.schemas_booking_clock import BookingClockBody, waiting_credit
from shared.identity import CurrentCaller

router = APIRouter(prefix="/v1")
WAITING_MAX: Final = 200


@router.get(
    "/booking-clock",
    response_model=BookingClockBody,
    tags=["Booking clock"],
    summary="Who is late and who will be",
)
async def show_booking_clock(connection: Reading, caller: CurrentCaller) -> BookingClockBody:
    """Credits seen, booked on time, due and late, with the most urgent ones."""
    at, zones = datetime.now(UTC), visible_zones(caller)
    row = await booking_clock_summary(connection, at, zones)
    waiting = await waiting_clocks(connection, zones, limit=WAITING_MAX)
    return BookingClockBody(
        as_of=at,
        seen=row.seen,
        excused=row.excused,
        booked=row.booked,
        booked_on_time=row.on_time,
        booked_late=row.booked_late,
        due=row.due,
        late=row.late,
        on_time_share=_share(row.on_time, row.booked + row.late),
        waiting=[waiting_credit(one, at=at) for one in waiting],
    )


def _share(part: int, whole: int) -> str | None:
    return None if whole == 0 else str((Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001")))
