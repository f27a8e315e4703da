"""What a clock on the wall shows, and the instant that it means."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_SECOND: Final = timedelta(seconds=1)


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a naive wall-clock time.

    A time that exists twice, when clocks are put back, is its first one. One that does not exist, when they are put
    forward, is the next instant that does: 02:30 in New York on 8 March 2026 is 07:00 UTC, when clocks show 03:00.
    """
    first = _with_offset_before(wall, zone)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _end_of_gap(wall, zone)


def quiet_until(at: datetime, hours: tuple[time, time], zone: ZoneInfo) -> datetime | None:
    """When the quiet hours (from, until) that the instant is in end; None outside them. They may span midnight."""
    begins, ends = hours
    wall = at.astimezone(zone)
    day, now = wall.date(), wall.time()
    if begins < ends:
        return instant_of(datetime.combine(day, ends), zone) if begins <= now < ends else None
    if now >= begins:
        return instant_of(datetime.combine(day + timedelta(days=1), ends), zone)
    return instant_of(datetime.combine(day, ends), zone) if now < ends else None


def _with_offset_before(wall: datetime, zone: ZoneInfo) -> datetime:
    """Read with the offset that holds before a change of clocks near it."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which clocks were put forward over the wall time, to the second."""
    after = _with_offset_before(wall, zone)
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + ((after - before) // 2) // _SECOND * _SECOND
        middle = middle if middle > before else before + _SECOND
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after
