"""The 24 hours: when they start, what counts, and who is told."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.booking_clock import (
    BANK_TIME_ZONE,
    BusinessCalendar,
    ClockPause,
    booking_deadline,
    deadline_from,
)
from services.payments.domain.errors import CalendarNeverOpen
from services.payments.domain.escalation import Escalation, escalation_for


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


def india(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BANK_TIME_ZONE)


SUNDAYS = BusinessCalendar(closed_weekdays=frozenset({7}))
BANK_DAYS = BusinessCalendar(
    closed_weekdays=frozenset({7}),
    closed_saturdays=frozenset({2, 4}),
    days={date(2026, 11, 9): False, date(2026, 11, 8): True},
)


def test_a_credit_whose_instant_the_bank_tells_starts_its_clock_then() -> None:
    stated = india("2026-10-01T18:04:11")

    deadline = booking_deadline(date(2026, 10, 1), stated)

    assert (deadline.credited_at, deadline.due_at) == (stated, india("2026-10-02T18:04:11"))


def test_half_and_four_fifths_of_the_time_are_twelve_hours_and_a_good_nineteen() -> None:
    deadline = booking_deadline(date(2026, 12, 31))

    assert deadline.half_at == india("2027-01-01T12:00:00")
    assert deadline.warn_at == india("2027-01-01T19:12:00")
    assert deadline.due_at == india("2027-01-02T00:00:00")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-10-30T18:00:00", "2026-10-31T18:00:00"),  # Friday to Saturday, which counts
        ("2026-10-31T18:00:00", "2026-11-02T18:00:00"),  # over a Sunday and a month's end
        ("2026-11-01T10:00:00", "2026-11-03T00:00:00"),  # credited on a Sunday: counts from Monday 00:00
        ("2026-10-31T00:00:00", "2026-11-01T00:00:00"),  # exactly the end of the day that counts
    ],
)
def test_closed_weekdays_do_not_count(start: str, due: str) -> None:
    assert deadline_from(india(start), SUNDAYS).due_at == india(due)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-06T18:00:00", "2026-11-07T18:00:00"),  # the first Saturday counts
        ("2026-11-13T18:00:00", "2026-11-16T18:00:00"),  # the second Saturday and Sunday do not
        ("2026-11-07T18:00:00", "2026-11-08T18:00:00"),  # a Sunday named as working day
        ("2026-11-08T18:00:00", "2026-11-10T18:00:00"),  # a Monday named as holiday
    ],
)
def test_named_days_and_the_banks_saturdays_differ_from_the_week(start: str, due: str) -> None:
    assert deadline_from(india(start), BANK_DAYS).due_at == india(due)


def test_a_pause_moves_what_comes_after_it_and_nothing_before() -> None:
    pause = ClockPause(india("2026-10-01T14:00:00"), india("2026-10-03T08:00:00"))

    deadline = deadline_from(india("2026-10-01T00:00:00"), pauses=[pause])

    assert deadline.half_at == india("2026-10-01T12:00:00")
    assert deadline.warn_at == india("2026-10-03T13:12:00")
    assert deadline.due_at == india("2026-10-03T18:00:00")


def test_a_calendar_that_is_never_open_is_refused() -> None:
    with pytest.raises(CalendarNeverOpen):
        deadline_from(india("2026-10-01T00:00:00"), BusinessCalendar(frozenset(range(1, 8))))


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(BANK_TIME_ZONE))  # noqa: DTZ001


@given(INSTANTS, st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 3000)), max_size=4))
def test_pauses_add_exactly_their_own_length_when_every_day_counts(
    start: datetime, steps: list[tuple[int, int]]
) -> None:
    pauses, at, paused = [], start, timedelta()
    for before, length in steps:
        begins = at + timedelta(minutes=before)
        at = begins + timedelta(minutes=length)
        pauses.append(ClockPause(begins, at))
    due = deadline_from(start, pauses=pauses).due_at
    for pause in pauses:
        if pause.resumed_at is not None and pause.paused_at < due:
            paused += pause.resumed_at - pause.paused_at

    assert due == start + timedelta(hours=24) + paused


@given(INSTANTS, st.sets(st.integers(1, 6), max_size=6), st.sets(st.integers(1, 5), max_size=5))
def test_the_hours_that_count_are_24_whatever_the_calendar(
    start: datetime, weekdays: set[int], saturdays: set[int]
) -> None:
    calendar = BusinessCalendar(frozenset(weekdays), frozenset(saturdays))

    due = deadline_from(start, calendar).due_at

    counted, at = timedelta(), start
    while at < due:
        day = at.astimezone(BANK_TIME_ZONE).date()
        until = min(due, datetime.combine(day + timedelta(days=1), time(), tzinfo=BANK_TIME_ZONE))
        counted += (until - at) if calendar.counts(day) else timedelta()
        at = until
    assert counted == timedelta(hours=24)


RULES = [
    Escalation("*", 80, date(2026, 1, 1), "zone_head", ""),
    Escalation("south", 80, date(2026, 1, 1), "zone_head", "south@example.com"),
    Escalation("south", 80, date(2026, 10, 1), "zone_head", "new.head@example.com"),
    Escalation("south", 80, date(2026, 10, 1), "zone_head", "corrected@example.com"),
    Escalation("", 80, date(2026, 1, 1), "coordinator", ""),
]


@pytest.mark.parametrize(
    ("zone", "day", "told"),
    [
        ("south", date(2026, 9, 30), ("zone_head", "south@example.com")),
        ("south", date(2026, 10, 1), ("zone_head", "corrected@example.com")),
        ("north", date(2026, 10, 1), ("zone_head", "")),
        ("", date(2026, 10, 1), ("coordinator", "")),
        ("south", date(2025, 10, 1), ("zone_head", "")),
    ],
)
def test_the_newest_rule_of_the_zone_says_who_is_told(zone: str, day: date, told: tuple[str, str]) -> None:
    rule = escalation_for(RULES, zone, 80, day)

    assert (rule.role, rule.address) == told
