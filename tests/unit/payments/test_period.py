"""Months: which can be posted to, in which order they close, and what late facts become."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.audit_chain import content_hash
from services.payments.domain.errors import DateImpossible, PeriodOrder, PeriodState
from services.payments.domain.period import (
    BalanceChange,
    Check,
    CheckName,
    PeriodStanding,
    changed_balances,
    counts_from,
    failing,
    in_open_month,
    last_day,
    month_of,
    next_month,
    refuse_closing,
    refuse_reopening,
)
from tests.factories.payments import journal_entry

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2028, 2, 1), date(2028, 2, 29)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (OCTOBER, date(2026, 10, 31)),
    ],
)
def test_months_end_on_their_last_day(first: date, last: date) -> None:
    assert last_day(first) == last


def test_after_december_comes_january() -> None:
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "26-10", "2026-1", "2026-10-01", "1799-10"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(DateImpossible):
        month_of(text)


def test_a_month_is_named_by_its_first_day() -> None:
    assert month_of("2026-10") == OCTOBER


@given(DAYS, DAYS)
def test_a_late_fact_counts_from_the_first_open_day_and_keeps_its_own(own: date, opens_on: date) -> None:
    entry = in_open_month(journal_entry(100, -100, effective_on=own), opens_on)

    assert entry.effective_on == max(own, opens_on)
    assert entry.occurred_on == (own if own < opens_on else None)
    assert (counts_from(own, opens_on) or own) == entry.effective_on


def test_the_day_of_a_late_fact_is_part_of_what_is_hashed() -> None:
    plain = journal_entry(100, -100, effective_on=NOVEMBER)
    late = in_open_month(journal_entry(100, -100, id=plain.id, source_id=plain.source_id), NOVEMBER)

    assert (late.id, late.effective_on) == (plain.id, plain.effective_on)
    assert content_hash([late]) != content_hash([plain])


def test_entries_without_a_day_of_their_own_are_hashed_as_ever() -> None:
    entry = journal_entry(
        100,
        -100,
        id=UUID(int=1),
        source_id=UUID(int=2),
    )

    assert content_hash([entry]).hex() == ("45918b186114b8f4df3358e5c2f0a8481b91f8107ce67dd6e90d678b7e7ae39f")


def closing(month: date, **changes: object) -> None:
    facts: dict[str, object] = {
        "today": date(2026, 11, 5),
        "standing": PeriodStanding.OPEN,
        "first_open_on": OCTOBER,
        "first_entry_on": date(2026, 8, 14),
    }
    refuse_closing(month, **{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's


@pytest.mark.parametrize(
    ("month", "changes", "refusal"),
    [
        (OCTOBER, {"today": date(2026, 10, 31)}, DateImpossible),
        (NOVEMBER, {"today": date(2026, 12, 1)}, PeriodOrder),
        (date(2026, 9, 1), {}, PeriodState),
        (OCTOBER, {"standing": PeriodStanding.CLOSED}, PeriodState),
        (OCTOBER, {"standing": PeriodStanding.REOPENING}, PeriodState),
        (date(2026, 9, 1), {"first_open_on": date(1900, 1, 1)}, PeriodOrder),
    ],
)
def test_a_month_is_not_closed_before_its_turn(
    month: date, changes: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        closing(month, **changes)


def test_the_first_month_with_entries_and_the_next_open_one_can_be_closed() -> None:
    closing(OCTOBER)
    closing(date(2026, 8, 1), first_open_on=date(1900, 1, 1))
    closing(OCTOBER, today=NOVEMBER)


def test_only_the_month_closed_last_is_opened_again() -> None:
    refuse_reopening(OCTOBER, standing=PeriodStanding.CLOSED, first_open_on=NOVEMBER)
    with pytest.raises(PeriodOrder):
        refuse_reopening(date(2026, 9, 1), standing=PeriodStanding.CLOSED, first_open_on=NOVEMBER)
    with pytest.raises(PeriodState):
        refuse_reopening(OCTOBER, standing=PeriodStanding.OPEN, first_open_on=OCTOBER)


def test_waivers_excuse_what_can_be_waived_and_nothing_else() -> None:
    checks = [
        Check(CheckName.EXCEPTIONS, False, "2 open"),
        Check(CheckName.AUDIT_CHAIN, False, "broken"),
        Check(CheckName.STATEMENTS, True, ""),
        Check(CheckName.WAITING_LINES, False, "1 waits"),
    ]

    left = failing(checks, ["exceptions", "audit_chain"])

    assert [check.name for check in left] == [CheckName.AUDIT_CHAIN, CheckName.WAITING_LINES]


def test_what_changed_between_two_closings_is_told() -> None:
    bank, partner = ("1100", "", "INR"), ("1200", "CP0001", "INR")
    gone = ("2100", "CP0002", "INR")

    changes = changed_balances({bank: 5, partner: 7, gone: 1}, {bank: 5, partner: 9})

    assert changes == [BalanceChange(partner, 7, 9), BalanceChange(gone, 1, 0)]
