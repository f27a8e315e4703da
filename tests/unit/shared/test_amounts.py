"""Amounts as people in India read them."""

import pytest

from shared.documents.amounts import grouped, with_sign


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("0.00", "INR", "0.00"),
        ("999.50", "INR", "999.50"),
        ("1000.00", "INR", "1,000.00"),
        ("100000.00", "INR", "1,00,000.00"),
        ("-12345678.90", "INR", "-1,23,45,678.90"),
        ("12345678.90", "USD", "12,345,678.90"),
        ("1234567", "JPY", "1,234,567"),
    ],
)
def test_rupees_are_grouped_by_lakh_and_crore(amount: str, currency: str, shown: str) -> None:
    assert grouped(amount, currency) == shown


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [("118000.00", "INR", "₹ 1,18,000.00"), ("-5.00", "INR", "-₹ 5.00"), ("7.00", "AED", "AED 7.00")],
)
def test_a_currency_without_a_sign_goes_by_its_code(amount: str, currency: str, shown: str) -> None:
    assert with_sign(amount, currency) == shown
