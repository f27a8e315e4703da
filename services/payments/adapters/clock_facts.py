"""What is told about the time of credits."""

from services.payments.adapters.repositories import Row
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.booking_clock import OVERDUE_PERCENT
from services.payments.domain.escalation import Escalation
from shared.events.payments import BookingAtRiskV1, BookingOverdueV1


def publish_clock(work: UnitOfWork, clock: Row, escalation: Escalation) -> None:
    """At risk or overdue, with who should act; the clock tells which part of its time is gone."""
    is_overdue = clock.told_percent == OVERDUE_PERCENT
    facts: dict[str, object] = {
        "bank_line_id": clock.bank_line_id,
        "bank_account": clock.bank_account,
        "currency": clock.currency,
        "amount_minor": clock.amount_minor,
        "received_on": clock.booked_on,
        "due_at": clock.due_at,
        "zone": clock.zone or None,
        "level": clock.told_percent,
        "credited_at": clock.credited_at,
        "is_identified": clock.identified_at is not None,
        "owner_role": escalation.role,
        "owner_address": escalation.address or None,
    }
    event = (
        BookingOverdueV1.model_validate(
            {**facts, "booked_at": clock.booked_at, "cause": clock.late_code or None}
        )
        if is_overdue
        else BookingAtRiskV1.model_validate(facts)
    )
    work.publish(event, partition_key=str(clock.bank_line_id))
