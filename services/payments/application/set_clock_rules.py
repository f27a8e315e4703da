"""Adds the dated rules by which clocks count and are told; clocks that still run follow them at once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_accounts import bank_account_by_number
from services.payments.adapters.repositories.clock_rules import (
    add_rule,
    calendar_exists,
    running_clocks,
    set_deadlines,
)
from services.payments.adapters.repositories.clock_terms import ClockTerms, terms_of_account
from services.payments.adapters.repositories.clocks import ended_pauses
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.booking_clock import (
    BOOKING_WINDOW,
    BookingDeadline,
    BusinessCalendar,
    ClockPause,
    deadline_from,
    instant_after,
)
from services.payments.domain.errors import CalendarUnknown, RuleTaken
from services.payments.domain.posting import Posting


async def add_clock_reason(work: UnitOfWork, values: Mapping[str, object], posting: Posting) -> None:
    """RuleTaken when the code has a row from that day."""
    if not await add_rule(work.connection, "clock_reasons", {**values, **_set(posting)}):
        raise RuleTaken(f"{values['code']} has a row from {values['valid_from']}; take a later day")


async def add_business_calendar(work: UnitOfWork, values: Mapping[str, object], posting: Posting) -> None:
    """RuleTaken for a code that is there; CalendarNeverOpen when no day of it would count."""
    weekdays, saturdays = values["closed_weekdays"], values["closed_saturdays"]
    assert isinstance(weekdays, list)
    assert isinstance(saturdays, list)
    calendar = BusinessCalendar(frozenset(weekdays), frozenset(saturdays))
    instant_after(posting.at, BOOKING_WINDOW, calendar)
    if not await add_rule(work.connection, "business_calendars", {**values, **_set(posting)}):
        raise RuleTaken(f"There is a calendar {values['code']}; its rule stays, single days can be added")


async def add_calendar_days(
    work: UnitOfWork, code: str, days: Sequence[Mapping[str, object]], posting: Posting
) -> list[UUID]:
    """CalendarUnknown. Running clocks by this calendar get their new hour."""
    if not await calendar_exists(work.connection, code):
        raise CalendarUnknown(f"There is no calendar {code}")
    ids = [uuid7() for _ in days]
    for key, values in zip(ids, days, strict=True):
        row = {"id": key, "calendar_code": code, **values, **_set(posting)}
        await add_rule(work.connection, "calendar_days", row)
    await _follow(work, posting.at)
    return ids


async def add_clock_terms(
    work: UnitOfWork, bank_account: str | None, values: Mapping[str, object], posting: Posting
) -> UUID:
    """BankAccountUnknown; CalendarUnknown. Running clocks under these terms get their new hour."""
    code = values["calendar_code"]
    if isinstance(code, str) and not await calendar_exists(work.connection, code):
        raise CalendarUnknown(f"There is no calendar {code}")
    account_id = None
    if bank_account is not None:
        account_id = (await bank_account_by_number(work.connection, bank_account)).id
    key = uuid7()
    row = {"id": key, "bank_account_id": account_id, **values, **_set(posting)}
    await add_rule(work.connection, "clock_terms", row)
    await _follow(work, posting.at)
    return key


async def add_clock_escalation(work: UnitOfWork, values: Mapping[str, object], posting: Posting) -> UUID:
    """Of two rules from one day the later counts."""
    key = uuid7()
    await add_rule(work.connection, "clock_escalations", {"id": key, **values, **_set(posting)})
    return key


def _set(posting: Posting) -> dict[str, object]:
    return {"set_by": posting.actor, "set_at": posting.at}


async def _follow(work: UnitOfWork, at: datetime) -> None:
    """Give clocks that have not run out the hour of the rules as they are now."""
    terms: dict[UUID, ClockTerms] = {}
    known: dict[tuple[UUID, date, datetime], BookingDeadline] = {}
    moved: dict[UUID, BookingDeadline] = {}
    for clock in await running_clocks(work.connection, at):
        if clock.bank_account_id not in terms:
            terms[clock.bank_account_id] = await terms_of_account(work.connection, clock.bank_account_id)
        calendar = terms[clock.bank_account_id].on(clock.booked_on)
        if clock.revision > 1:
            deadline = deadline_from(clock.credited_at, calendar, await _pauses(work, clock))
        else:
            start = (clock.bank_account_id, clock.booked_on, clock.credited_at)
            if start not in known:
                known[start] = deadline_from(clock.credited_at, calendar)
            deadline = known[start]
        if deadline.due_at != clock.due_at:
            moved[clock.bank_line_id] = deadline
    if moved:
        await set_deadlines(work.connection, moved)


async def _pauses(work: UnitOfWork, clock: Row) -> list[ClockPause]:
    return await ended_pauses(work.connection, clock.bank_line_id)
