"""Rates value amounts to the paisa, whatever digits the currency has."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.exchange_rate import RateInvalid, base_minor, rate_per_unit


@pytest.mark.parametrize(
    ("amount_minor", "currency", "rate", "expected_minor"),
    [
        (100_000, "USD", "83.4567", 8_345_670),
        (1, "USD", "83.5", 84),  # half up: 83.5 paise
        (1_000, "JPY", "0.5512", 55_120),
        (1_000, "KWD", "271.305", 27_131),  # half up: 27,130.5 paise
        (1, "KWD", "271.305", 27),
        (0, "EUR", "91.2", 0),
    ],
)
def test_an_amount_is_worth_what_its_rate_says(
    amount_minor: int, currency: str, rate: str, expected_minor: int
) -> None:
    assert base_minor(amount_minor, currency, Decimal(rate)) == expected_minor


@given(
    amount_minor=st.integers(0, 10**14),
    rate=st.decimals("0.0000000001", "999999", allow_nan=False, places=10),
    currency=st.sampled_from(("USD", "JPY", "KWD")),
)
def test_the_value_is_never_more_than_half_a_paisa_off(
    amount_minor: int, rate: Decimal, currency: str
) -> None:
    digits = {"USD": 2, "JPY": 0, "KWD": 3}[currency]
    exact = Decimal(amount_minor) * rate * 100 / 10**digits

    assert abs(base_minor(amount_minor, currency, rate) - exact) <= Decimal("0.5")


def test_rates_are_told_for_round_numbers_of_units() -> None:
    assert rate_per_unit(Decimal("55.12"), 100) == Decimal("0.5512")
    with pytest.raises(RateInvalid):
        rate_per_unit(Decimal("55.12"), 3)
