"""One number, one code, one name: what an accountant reads is never two things."""

from collections import Counter

import pytest

from services.payments.domain.bank_line_posting import refuse_unsuitable_account
from services.payments.domain.chart_of_accounts import (
    ACCOUNT_NAMES,
    DEDUCTION_ACCOUNTS,
    FORMER_CODES,
    LINE_ACCOUNTS,
    account_name,
    code_in_force,
    codes_of_account,
)
from services.payments.domain.ledger_export import default_account_name


def test_no_number_and_no_name_belongs_to_two_accounts() -> None:
    numbers = Counter(code.partition("-")[0] for code in ACCOUNT_NAMES)
    names = Counter(ACCOUNT_NAMES.values())

    assert {number for number, times in numbers.items() if times > 1} == set()
    assert {name for name, times in names.items() if times > 1} == set()


@pytest.mark.parametrize(("former", "code"), FORMER_CODES.items())
def test_what_was_booked_under_a_former_code_has_the_name_of_the_account(former: str, code: str) -> None:
    assert former not in ACCOUNT_NAMES
    assert account_name(former) == account_name(code) == ACCOUNT_NAMES[code]
    assert default_account_name(former) == default_account_name(code)
    assert (code_in_force(former), code_in_force(code)) == (code, code)
    assert codes_of_account(former) == codes_of_account(code) == {former, code}
    refuse_unsuitable_account(code_in_force(former))


def test_accounts_of_deductions_keep_their_codes_so_that_undoing_meets_what_was_booked() -> None:
    # An allocation is undone on the accounts of its kinds, whenever it was booked.
    assert DEDUCTION_ACCOUNTS["DISCOUNT"] == "5200-early-payment-discounts"
    assert DEDUCTION_ACCOUNTS["ROUNDING"] == "5900-rounding-differences"
    assert not set(DEDUCTION_ACCOUNTS.values()) & set(FORMER_CODES.values())
    assert set(FORMER_CODES.values()) <= LINE_ACCOUNTS
