"""Months of the books: which can be posted to, what has to hold before one is closed, and how one is opened again."""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.payments.domain.errors import DateImpossible, PeriodOrder, PeriodState
from services.payments.domain.journal import JournalEntry

_MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")


class PeriodStanding(StrEnum):
    """REOPENING is still closed: one person asked, and another has not confirmed yet."""

    OPEN = "open"
    CLOSED = "closed"
    REOPENING = "reopening"


class CheckName(StrEnum):
    """What has to hold before a month is closed."""

    STATEMENTS = "statements"
    RECONCILIATIONS = "reconciliations"
    WAITING_LINES = "waiting_lines"
    BOOKING_CLOCKS = "booking_clocks"
    EXCEPTIONS = "exceptions"
    REFUNDS = "refunds"
    CREDIT_NOTES = "credit_notes"
    TAX_DEDUCTED = "tax_deducted"
    TRIAL_BALANCE = "trial_balance"
    CONTROL_ACCOUNTS = "control_accounts"
    AUDIT_CHAIN = "audit_chain"


# Books that do not add up are not closed, whoever wants it.
UNWAIVABLE: Final = frozenset({CheckName.TRIAL_BALANCE, CheckName.CONTROL_ACCOUNTS, CheckName.AUDIT_CHAIN})


@dataclass(frozen=True, slots=True)
class Check:
    """One item of the checklist; `found` says what was counted, and what fails if it does."""

    name: CheckName
    is_passed: bool
    found: str


def failing(checks: Iterable[Check], waived: Iterable[str]) -> list[Check]:
    """What stands in the way of closing."""
    excused = set(waived) - UNWAIVABLE
    return [check for check in checks if not check.is_passed and check.name not in excused]


def month_of(text: str) -> date:
    """'2026-10' is 1 October 2026; DateImpossible for what is no month."""
    if not _MONTH.fullmatch(text):
        raise DateImpossible(f"{text} is no month; expected one as 2026-10")
    return date(int(text[:4]), int(text[5:]), 1)


def month_name(month: date) -> str:
    return f"{month:%Y-%m}"


def last_day(month: date) -> date:
    """28 to 31 days after the first: of 1 February 2028 it is the 29th."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def next_month(month: date) -> date:
    return last_day(month) + timedelta(days=1)


def refuse_closing(
    month: date, *, today: date, standing: PeriodStanding, first_open_on: date, first_entry_on: date | None
) -> None:
    """PeriodState unless open; DateImpossible before the month is over; PeriodOrder after a gap.

    Months are closed in their order, so that one day divides what can be posted to from what cannot.
    """
    if standing is not PeriodStanding.OPEN:
        raise PeriodState(f"{month_name(month)} is {standing.value}")
    if last_day(month) >= today:
        raise DateImpossible(f"{month_name(month)} is not over; it can be closed from {next_month(month)}")
    earliest = first_entry_on.replace(day=1) if first_entry_on else month
    due = max(first_open_on, earliest)
    if month > due:
        raise PeriodOrder(f"{month_name(due)} has to be closed before {month_name(month)}")
    if month < first_open_on:
        raise PeriodState(f"{month_name(month)} lies before the first open day, {first_open_on}")


def refuse_reopening(month: date, *, standing: PeriodStanding, first_open_on: date) -> None:
    """PeriodState unless closed; PeriodOrder unless it is the last one that was closed."""
    if standing is not PeriodStanding.CLOSED:
        raise PeriodState(f"{month_name(month)} is {standing.value}")
    if next_month(month) != first_open_on:
        later = month_name(first_open_on - timedelta(days=1))
        raise PeriodOrder(f"{later} was closed after {month_name(month)} and has to be opened before it")


def in_open_month(entry: JournalEntry, first_open_on: date) -> JournalEntry:
    """A late fact counts from the first open day and keeps its own: a September receipt told in October, after closing."""
    if entry.effective_on >= first_open_on:
        return entry
    return replace(entry, effective_on=first_open_on, occurred_on=entry.effective_on)


def counts_from(own_day: date, first_open_on: date) -> date | None:
    """The first open day for a fact whose own day lies in a closed month; None when its own day counts."""
    return first_open_on if own_day < first_open_on else None


BalanceKey = tuple[str, str, str]  # account, partner or '', currency


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """A balance that differs between two closings of a month, in minor units."""

    key: BalanceKey
    before_minor: int
    after_minor: int


def changed_balances(
    before: Mapping[BalanceKey, int], after: Mapping[BalanceKey, int]
) -> list[BalanceChange]:
    """What the reopening changed; an account that is in one closing only counts as nothing in the other."""
    return [
        BalanceChange(key, before.get(key, 0), after.get(key, 0))
        for key in sorted(before.keys() | after.keys())
        if before.get(key, 0) != after.get(key, 0)
    ]
