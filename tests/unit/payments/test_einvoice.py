"""Clocks of the registration with the invoice registration portal."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.payments.domain.einvoice import (
    RegistrationStanding,
    alerts_due,
    next_attempt_at,
    refuse_cancellation,
)
from services.payments.domain.errors import CancellationTooLate, RegistrationPending

AT = datetime(2026, 10, 20, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "told"),
    [(0, []), (2, []), (3, [3]), (19, [3]), (20, [3, 20]), (27, [3, 20, 27]), (40, [3, 20, 27])],
)
def test_each_day_of_the_clock_is_due_when_it_has_come(days: int, told: list[int]) -> None:
    issued_on = date(2026, 10, 20)

    assert alerts_due(issued_on, issued_on + timedelta(days)) == told


def test_attempts_come_slower_and_slower_up_to_an_hour() -> None:
    waits = [(next_attempt_at(failures, AT) - AT).total_seconds() // 60 for failures in (1, 2, 5, 6, 500)]

    assert waits == [2, 4, 32, 60, 60]


def test_the_portal_cancels_within_its_hours() -> None:
    refuse_cancellation(RegistrationStanding.REGISTERED, AT - timedelta(hours=24), AT, 24)

    with pytest.raises(CancellationTooLate):
        refuse_cancellation(RegistrationStanding.REGISTERED, AT - timedelta(hours=24, seconds=1), AT, 24)


def test_what_is_perhaps_registered_is_not_cancelled() -> None:
    with pytest.raises(RegistrationPending):
        refuse_cancellation(RegistrationStanding.PENDING, None, AT, 24)

    refuse_cancellation(RegistrationStanding.REFUSED, None, AT, 24)
