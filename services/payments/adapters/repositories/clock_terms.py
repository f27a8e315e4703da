"""By which calendar the clocks of a bank account run, as dated data."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.domain.booking_clock import ROUND_THE_CLOCK, BusinessCalendar

Dated = Sequence[tuple[date, BusinessCalendar]]  # by the day from which they count, the newest first


@dataclass(frozen=True, slots=True)
class ClockTerms:
    """Terms of the account itself come before those of all accounts."""

    own: Dated = ()
    general: Dated = ()

    def on(self, day: date) -> BusinessCalendar:
        """The calendar of a credit booked on the day."""
        for dated in (self.own, self.general):
            for valid_from, calendar in dated:
                if valid_from <= day:
                    return calendar
        return ROUND_THE_CLOCK


async def terms_of_account(connection: AsyncConnection, bank_account_id: UUID) -> ClockTerms:
    """Of two terms from one day the later counts."""
    rows = (
        await connection.execute(
            sa.text(
                "SELECT bank_account_id, valid_from, calendar_code FROM clock_terms"
                " WHERE bank_account_id = :account OR bank_account_id IS NULL ORDER BY valid_from DESC, id DESC"
            ),
            {"account": bank_account_id},
        )
    ).all()
    codes = sorted({row.calendar_code for row in rows if row.calendar_code is not None})
    calendars = await business_calendars(connection, codes) if codes else {}
    own, general = (
        [
            (row.valid_from, calendars.get(row.calendar_code, ROUND_THE_CLOCK))
            for row in rows
            if (row.bank_account_id is None) is is_general
        ]
        for is_general in (False, True)
    )
    return ClockTerms(own, general)


async def business_calendars(
    connection: AsyncConnection, codes: Sequence[str]
) -> Mapping[str, BusinessCalendar]:
    """The calendars with their named days; what was said last about a day counts."""
    days: dict[str, dict[date, bool]] = defaultdict(dict)
    stated = await connection.execute(
        sa.text(
            "SELECT DISTINCT ON (calendar_code, day) calendar_code, day, is_working FROM calendar_days"
            " WHERE calendar_code = ANY(CAST(:codes AS text[])) ORDER BY calendar_code, day, id DESC"
        ),
        {"codes": list(codes)},
    )
    for row in stated:
        days[row.calendar_code][row.day] = row.is_working
    rows = await connection.execute(
        sa.text("SELECT * FROM business_calendars WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": list(codes)},
    )
    return {
        row.code: BusinessCalendar(
            frozenset(row.closed_weekdays), frozenset(row.closed_saturdays), days[row.code]
        )
        for row in rows
    }
