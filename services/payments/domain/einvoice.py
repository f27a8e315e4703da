"""Registration of a credit note with the invoice registration portal: its standing, its clocks."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from services.payments.domain.errors import CancellationTooLate, RegistrationPending

ALERT_DAYS: Final = (3, 20, 27)  # after the day of the note, of the thirty the portal gives
RETRY_MINUTES_MAX: Final = 60


class RegistrationStanding(StrEnum):
    """`refused` needs a person; `cancel_pending` waits for the portal to take a cancellation."""

    PENDING = "pending"
    REGISTERED = "registered"
    REFUSED = "refused"
    CANCEL_PENDING = "cancel_pending"
    CANCELLED = "cancelled"
    CANCEL_REFUSED = "cancel_refused"


@dataclass(frozen=True, slots=True)
class Registered:
    """What the portal answers and the law has us keep; `irn` has 64 hexadecimal characters."""

    irn: str
    ack_no: str
    ack_at: datetime
    signed_invoice: str
    signed_qr: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The portal read the document and does not take it."""

    code: str
    message: str


def refuse_cancellation(
    standing: RegistrationStanding, acknowledged_at: datetime | None, at: datetime, hours: int
) -> None:
    """RegistrationPending while nobody knows whether it is registered; CancellationTooLate after the hours."""
    if standing is RegistrationStanding.PENDING:
        raise RegistrationPending("Whether the portal has the note is not known yet; cancel it when it is")
    if acknowledged_at is not None and at - acknowledged_at > timedelta(hours=hours):
        raise CancellationTooLate(
            f"The portal cancels within {hours} hours of {acknowledged_at:%Y-%m-%d %H:%M} UTC; later changes go through"
            " the returns"
        )


def alerts_due(issued_on: date, today: date) -> list[int]:
    """The days of ALERT_DAYS that have passed."""
    return [days for days in ALERT_DAYS if issued_on + timedelta(days=days) <= today]


def next_attempt_at(failures: int, at: datetime) -> datetime:
    """Two, four, eight … minutes after a failure, an hour at most."""
    return at + timedelta(minutes=min(2 ** min(failures, 10), RETRY_MINUTES_MAX))
