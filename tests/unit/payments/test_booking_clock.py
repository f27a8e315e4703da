from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.booking_clock import BANK_TIME_ZONE, booking_deadline


@pytest.mark.parametrize(
    ("booked_on", "due_at"),
    [
        (date(2026, 10, 1), datetime(2026, 10, 2, 18, 30, tzinfo=UTC)),
        (date(2026, 10, 31), datetime(2026, 11, 1, 18, 30, tzinfo=UTC)),
        (date(2026, 12, 31), datetime(2027, 1, 1, 18, 30, tzinfo=UTC)),
        (date(2028, 2, 28), datetime(2028, 2, 29, 18, 30, tzinfo=UTC)),
        (date(2027, 2, 28), datetime(2027, 3, 1, 18, 30, tzinfo=UTC)),
        (date(2027, 3, 31), datetime(2027, 4, 1, 18, 30, tzinfo=UTC)),
    ],
)
def test_a_credit_is_due_at_the_end_of_the_next_day_in_india(booked_on: date, due_at: datetime) -> None:
    assert booking_deadline(booked_on).due_at == due_at


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_clock_starts_at_midnight_in_india_and_runs_for_24_hours(booked_on: date) -> None:
    deadline = booking_deadline(booked_on)

    local = deadline.credited_at.astimezone(BANK_TIME_ZONE)
    assert (local.date(), local.hour, local.minute) == (booked_on + timedelta(days=1), 0, 0)
    assert deadline.due_at - deadline.credited_at == timedelta(hours=24)


def test_the_instants_are_aware() -> None:
    deadline = booking_deadline(date(2026, 10, 1))

    assert deadline.credited_at.utcoffset() is not None
    assert deadline.due_at.utcoffset() is not None
