"""The states and the clock of research assignments."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.research.domain.assignment import (
    AssignmentStanding,
    checked_step,
    clock_until,
    day_in_india,
    questions_in,
)
from services.research.domain.errors import AssignmentState

NOON = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)  # in India


@pytest.mark.parametrize(
    ("due_on", "left", "told_before"),
    [
        (date(2026, 12, 4), timedelta(days=8, hours=12), timedelta(days=1)),
        (date(2026, 11, 26), timedelta(hours=12), timedelta(hours=6)),
        (date(2026, 11, 24), timedelta(days=-1, hours=-12), timedelta()),
    ],
)
def test_a_day_ends_at_midnight_in_india_and_is_told_in_time(
    due_on: date, left: timedelta, told_before: timedelta
) -> None:
    clock = clock_until(due_on, NOON)

    assert clock.due_at - NOON == left
    assert clock.due_at - clock.due_soon_at == told_before


def test_late_in_the_evening_of_greenwich_it_is_tomorrow_in_india() -> None:
    assert day_in_india(datetime(2026, 11, 26, 18, 30, tzinfo=UTC)) == date(2026, 11, 27)


@pytest.mark.parametrize(
    ("state", "wanted", "note"),
    [
        ("open", "delivered", "done"),
        ("delivered", "open", "again"),
        ("cancelled", "in_progress", "again"),
        ("open", "open", ""),
        ("in_progress", "delivered", " "),
        ("open", "cancelled", ""),
    ],
)
def test_steps_that_lead_nowhere_or_end_in_silence_are_refused(state: str, wanted: str, note: str) -> None:
    with pytest.raises(AssignmentState):
        checked_step(AssignmentStanding(state), AssignmentStanding(wanted), note)


def test_questions_are_lines_without_the_marks_of_a_list() -> None:
    assert questions_in("- Who supplies them?\n\n • At what price?  \nWhy?") == [
        "Who supplies them?",
        "At what price?",
        "Why?",
    ]
