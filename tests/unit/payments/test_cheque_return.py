"""What a returned cheque means, and the days the law gives."""

from datetime import date

import pytest

from services.payments.domain.business_day import financial_year
from services.payments.domain.cheque_return import (
    RETURN_REASONS,
    ReturnClass,
    StatutoryClock,
    months_after,
    return_class,
    return_reason,
    statutory_clock,
)
from services.payments.domain.instrument import cheque_number_key


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("01", ReturnClass.FINANCIAL),
        ("20", ReturnClass.DRAWER_ACT),
        ("50", ReturnClass.DRAWER_ACT),
        ("12", ReturnClass.TECHNICAL),
        ("84", ReturnClass.TECHNICAL),
        ("", ReturnClass.TECHNICAL),
        ("99", ReturnClass.TECHNICAL),
    ],
)
def test_a_code_says_whose_fault_a_return_is_and_a_guess_never_does(code: str, what: ReturnClass) -> None:
    assert return_class(code) is what


def test_every_code_has_words_and_an_unknown_one_is_named() -> None:
    assert all(RETURN_REASONS.values())
    assert (return_reason("01"), return_reason("77")) == ("Funds insufficient", "Code 77")
    assert return_reason("") == "Reason not told by the bank"


def test_the_clock_of_section_138_runs_from_step_to_step() -> None:
    assert statutory_clock(date(2026, 10, 1)) == StatutoryClock(date(2026, 10, 31))
    assert statutory_clock(date(2026, 10, 1), notice_received_on=date(2026, 10, 5)) == StatutoryClock(
        date(2026, 10, 31), date(2026, 10, 20), date(2026, 11, 21)
    )


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 1, 15), 12, date(2027, 1, 15)),
    ],
)
def test_months_end_on_their_last_day_at_the_latest(day: date, months: int, later: date) -> None:
    assert months_after(day, months) == later


@pytest.mark.parametrize(("day", "year"), [(date(2026, 3, 31), "2526"), (date(2026, 4, 1), "2627")])
def test_a_financial_year_begins_in_april(day: date, year: str) -> None:
    assert financial_year(day) == year


@pytest.mark.parametrize("written", ["918178", "00918178", " 918178"])
def test_a_cheque_number_is_the_same_however_padded(written: str) -> None:
    assert cheque_number_key(written) == "918178"
    assert cheque_number_key("001234") == cheque_number_key("1234") == "001234"
