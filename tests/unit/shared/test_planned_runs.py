"""When a schedule runs: clocks that change, ends of months, holidays, and what was missed."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.scheduling.cron_times import wall_times
from shared.scheduling.holiday_calendar import ALWAYS_OPEN, CalendarDay, HolidayCalendar
from shared.scheduling.planned_runs import (
    CLOCK_CHANGE,
    PlannedRun,
    due_runs,
    planned_runs,
    settlement,
)
from shared.scheduling.refusals import CalendarNeverOpen, ScheduleInvalid
from shared.scheduling.timing import CatchUp, ClosedDayRule, Timing
from shared.scheduling.wall_clock import instant_of, quiet_until

INDIA = "Asia/Kolkata"
SUNDAYS_OFF = HolidayCalendar(closed_weekdays=frozenset({7}))
NOVEMBER = HolidayCalendar(
    closed_weekdays=frozenset({6, 7}),
    days={date(2026, 11, 10): CalendarDay(is_working=False, name="Diwali (Bali Pratipada)")},
)


def timing(cron: str, zone: str = INDIA, **changes: Any) -> Timing:
    facts: dict[str, Any] = {
        "on_closed_day": ClosedDayRule.RUN,
        "valid_from": date(2020, 1, 1),
        "valid_to": None,
    }
    return Timing(cron=cron, time_zone=zone, **facts | changes)


def shown(timing: Timing, after: str, count: int = 3, calendar: HolidayCalendar = ALWAYS_OPEN) -> list[str]:
    """The next runs behind a wall-clock time of the zone, as clocks there show them."""
    since = datetime.fromisoformat(after).replace(tzinfo=timing.zone)
    runs = islice(planned_runs(timing, calendar, since), count)
    return [run.due_at.astimezone(timing.zone).isoformat(timespec="minutes") for run in runs]


@pytest.mark.parametrize(
    ("zone", "cron", "after", "expected"),
    [
        # Clocks are put forward: what does not exist runs when clocks go on, once.
        ("America/New_York", "30 2 * * *", "2026-03-07T12:00", ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]),
        ("Europe/Berlin", "15,45 2 * * *", "2026-03-28T12:00", ["2026-03-29T03:00+02:00", "2026-03-30T02:15+02:00"]),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00", ["2026-10-04T02:30+11:00"]),
        # They are put back: what exists twice runs the first time, once.
        ("America/New_York", "30 1 * * *", "2026-10-31T12:00", ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]),
        ("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00", ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]),
        ("Europe/Berlin", "0 9 * * *", "2026-10-24T12:00", ["2026-10-25T09:00+01:00"]),
        (INDIA, "0 9 * * *", "2026-10-24T12:00", ["2026-10-25T09:00+05:30"]),
        # Ends of months and the leap day.
        (INDIA, "0 18 L * *", "2027-01-31T18:00", ["2027-02-28T18:00+05:30", "2027-03-31T18:00+05:30"]),
        (INDIA, "0 18 L 2 *", "2027-03-01T00:00", ["2028-02-29T18:00+05:30"]),
        (INDIA, "0 9 29 2 *", "2026-01-01T00:00", ["2028-02-29T09:00+05:30", "2032-02-29T09:00+05:30"]),
        (INDIA, "0 9 31 * *", "2026-04-01T00:00", ["2026-05-31T09:00+05:30", "2026-07-31T09:00+05:30"]),
        (INDIA, "0 9 LW * *", "2026-05-01T00:00", ["2026-05-29T09:00+05:30"]),
        (INDIA, "0 9 * * MON#1", "2026-11-03T00:00", ["2026-12-07T09:00+05:30"]),
    ],
)  # fmt: skip
def test_runs_follow_the_clocks_of_their_zone(zone: str, cron: str, after: str, expected: list[str]) -> None:
    assert shown(timing(cron, zone), after, len(expected)) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ClosedDayRule.RUN, ["2026-11-07", "2026-11-08", "2026-11-09", "2026-11-10", "2026-11-11"]),
        (ClosedDayRule.SKIP, ["2026-11-09", "2026-11-11", "2026-11-12", "2026-11-13", "2026-11-16"]),
        (ClosedDayRule.NEXT, ["2026-11-09", "2026-11-11", "2026-11-12", "2026-11-13", "2026-11-16"]),
        (ClosedDayRule.PREVIOUS, ["2026-11-09", "2026-11-11", "2026-11-12", "2026-11-13", "2026-11-16"]),
    ],
)
def test_a_daily_run_meets_a_closed_day_once(rule: ClosedDayRule, expected: list[str]) -> None:
    rows = shown(timing("0 9 * * *", on_closed_day=rule), "2026-11-06T09:00", 5, NOVEMBER)

    assert [row[:10] for row in rows] == expected


def test_a_run_that_moved_says_from_where_and_why() -> None:
    weekly = timing("0 9 * * TUE", on_closed_day=ClosedDayRule.PREVIOUS)

    run = next(planned_runs(weekly, NOVEMBER, datetime(2026, 11, 4, tzinfo=UTC)))

    assert run.due_at == datetime(2026, 11, 9, 3, 30, tzinfo=UTC)
    ((wall, because),) = [(one.wall, one.because) for one in run.moved]
    assert (wall, because) == (datetime(2026, 11, 10, 9), "Diwali (Bali Pratipada)")  # noqa: DTZ001


def test_a_run_says_which_times_were_left_out_before_it() -> None:
    daily = timing("0 9 * * *", on_closed_day=ClosedDayRule.SKIP)

    first = next(planned_runs(daily, NOVEMBER, datetime(2026, 11, 6, 12, tzinfo=UTC)))

    assert [one.because for one in first.left_out] == ["Saturday", "Sunday"]
    assert shown(timing("30 2 * * *", "America/New_York"), "2026-03-08T00:00", 1) == [
        "2026-03-08T03:00-04:00"
    ]


def test_a_gap_of_the_clocks_is_named_and_not_carried_to_another_day() -> None:
    """On 29 March, a Sunday, Berlin has no 02:30; Monday has."""
    berlin = timing("30 2 * * SUN", "Europe/Berlin")
    before = datetime(2026, 3, 28, tzinfo=UTC)

    stays = next(planned_runs(berlin, ALWAYS_OPEN, before))
    moves = next(
        planned_runs(
            timing("30 2 * * SUN", "Europe/Berlin", on_closed_day=ClosedDayRule.NEXT), SUNDAYS_OFF, before
        )
    )

    assert [one.because for one in stays.moved] == [CLOCK_CHANGE]
    assert moves.due_at == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
    assert [one.because for one in moves.moved] == ["Sunday"]


def test_a_rule_holds_from_its_first_day_to_its_last() -> None:
    daily = timing("0 9 * * *", valid_from=date(2026, 11, 10), valid_to=date(2026, 11, 12))

    assert len(shown(daily, "2026-10-01T00:00", 9)) == 3
    assert shown(daily, "2026-11-12T09:00", 9) == []


def test_a_rule_that_never_meets_a_working_day_ends() -> None:
    assert (
        shown(timing("0 9 * * SUN", on_closed_day=ClosedDayRule.SKIP), "2026-01-01T00:00", 1, SUNDAYS_OFF)
        == []
    )
    with pytest.raises(CalendarNeverOpen):
        HolidayCalendar(closed_weekdays=frozenset(range(1, 8))).open_from(date(2026, 1, 1), direction=1)


@pytest.mark.parametrize(
    "cron", ["", "0 9 * *", "0 0 9 * * *", "61 9 * * *", "0 9 31 2 *", "*/5 * * * *", "@daily"]
)
def test_a_cron_expression_that_says_nothing_or_too_much_is_refused(cron: str) -> None:
    with pytest.raises(ScheduleInvalid):
        timing(cron)


ZONES = st.sampled_from(
    [INDIA, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"]
)
CRONS = st.builds(
    lambda minute, hour, day: f"{minute} {hour} {day}",
    st.sampled_from(["0", "30", "15,45", "*/20"]),
    st.sampled_from(["9", "2", "1-3", "23"]),
    st.sampled_from(["* * *", "L * *", "* * SUN", "* * FRI,SAT", "1,15,31 * *", "29 2 *", "* * SAT#2"]),
)
DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))
CALENDARS = st.builds(
    lambda weekdays, saturdays, holidays: HolidayCalendar(
        weekdays, saturdays, {day: CalendarDay(is_working=False, name="A holiday") for day in holidays}
    ),
    st.frozensets(st.integers(5, 7), max_size=3),
    st.frozensets(st.integers(1, 5), max_size=3),
    st.sets(DAYS, max_size=12),
)


@settings(max_examples=60)
@given(cron=CRONS, zone=ZONES, rule=st.sampled_from(ClosedDayRule), calendar=CALENDARS, start=DAYS)
def test_runs_ascend_on_working_days_and_none_is_left_out_or_doubled(
    cron: str, zone: str, rule: ClosedDayRule, calendar: HolidayCalendar, start: date
) -> None:
    when = timing(cron, zone, on_closed_day=rule)
    after = datetime.combine(start, time(), tzinfo=UTC)
    runs = list(islice(planned_runs(when, calendar, after), 12))
    dues = [run.due_at for run in runs]

    assert dues == sorted(set(dues))
    assert all(due > after for due in dues)
    if rule is not ClosedDayRule.RUN:
        assert all(calendar.closed_because(due.astimezone(when.zone).date()) is None for due in dues)
    if dues and dues[-1] - after < timedelta(days=400):
        assert expected_dues(when, calendar, after, dues[-1]) == set(dues)
        resumed = list(islice(planned_runs(when, calendar, dues[len(dues) // 2]), len(dues)))
        assert [run.due_at for run in resumed][: len(dues) - len(dues) // 2 - 1] == dues[len(dues) // 2 + 1 :]


def expected_dues(when: Timing, calendar: HolidayCalendar, after: datetime, until: datetime) -> set[datetime]:
    """Said once more, naively: every time of the expression for months around, moved one by one."""
    found = set()
    first = datetime.combine(after.date() - timedelta(days=45), time())
    for wall in wall_times(when.cron, first):
        if wall.replace(tzinfo=UTC) > until + timedelta(days=45):
            break
        day = wall.date()
        while calendar.closed_because(day) and when.on_closed_day in (
            ClosedDayRule.NEXT,
            ClosedDayRule.PREVIOUS,
        ):
            day += timedelta(days=1 if when.on_closed_day is ClosedDayRule.NEXT else -1)
        if calendar.closed_because(day) and when.on_closed_day is ClosedDayRule.SKIP:
            continue
        found.add(instant_of(datetime.combine(day, wall.time()), when.zone))
    return {due for due in found if after < due <= until}


@settings(max_examples=60)
@given(wall=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), zone=ZONES)  # noqa: DTZ001 - a wall clock
def test_an_instant_shows_its_wall_time_or_the_first_one_behind_a_gap(wall: datetime, zone: str) -> None:
    wall = wall.replace(microsecond=0)
    instant = instant_of(wall, ZoneInfo(zone))
    there = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    if there != wall:
        assert there > wall
        just_before = (instant - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert just_before < wall


def runs_at(*hours: int) -> list[PlannedRun]:
    return [PlannedRun(datetime(2026, 11, 26, hour, tzinfo=UTC)) for hour in hours]


@pytest.mark.parametrize(
    ("rule", "hour", "minute", "fired", "skipped"),
    [
        (CatchUp.NEWEST, 9, 4, [9], [7, 8]),
        (CatchUp.NEWEST, 9, 6, [9], [7, 8]),
        (CatchUp.ALL, 9, 6, [7, 8, 9], []),
        (CatchUp.REPORT, 9, 6, [], [7, 8, 9]),
        (CatchUp.REPORT, 9, 4, [9], [7, 8]),
    ],
)
def test_what_was_missed_follows_the_rule(
    rule: CatchUp, hour: int, minute: int, fired: list[int], skipped: list[int]
) -> None:
    at = datetime(2026, 11, 26, hour, minute, tzinfo=UTC)

    settled = settlement(runs_at(7, 8, 9), rule, at, more_follow=False)

    assert [run.due_at.hour for run in settled.fired] == fired
    assert [run.due_at.hour for run in settled.skipped] == skipped


def test_of_a_long_downtime_the_newest_run_is_caught_up_even_in_parts() -> None:
    daily, at = timing("0 9 * * *"), datetime(2026, 11, 26, 12, tzinfo=UTC)
    after, fired, settled = at - timedelta(days=130), list[datetime](), 0
    following: datetime | None = after

    while following is not None and following <= at:
        runs, following = due_runs(daily, ALWAYS_OPEN, after, at)
        part = settlement(runs, CatchUp.NEWEST, at, more_follow=following is not None and following <= at)
        fired += [run.due_at for run in part.fired]
        settled += len(part.fired) + len(part.skipped)
        after = runs[-1].due_at

    assert (settled, fired) == (130, [datetime(2026, 11, 26, 3, 30, tzinfo=UTC)])


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        ((time(21), time(8)), "2026-11-26T22:00", "2026-11-27T08:00"),
        ((time(21), time(8)), "2026-11-27T07:59", "2026-11-27T08:00"),
        ((time(21), time(8)), "2026-11-27T08:00", None),
        ((time(13), time(14)), "2026-11-27T13:30", "2026-11-27T14:00"),
        ((time(13), time(14)), "2026-11-27T12:59", None),
    ],
)
def test_quiet_hours_end(hours: tuple[time, time], now: str, until: str | None) -> None:
    zone = ZoneInfo(INDIA)

    ends = quiet_until(datetime.fromisoformat(now).replace(tzinfo=zone), hours, zone)

    assert ends == (datetime.fromisoformat(until).replace(tzinfo=zone) if until else None)
