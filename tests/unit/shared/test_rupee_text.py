"""Amounts as people in India read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.documents.rupee_text import amount_in_words, amount_text, grouped_text, number_in_words


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (99_999, "999.99"),
        (100_000, "1,000.00"),
        (41_203_716, "4,12,037.16"),
        (1_000_000_000, "1,00,00,000.00"),
        (12_345_678_901_234, "1,23,45,67,89,012.34"),
        (-150_000_00, "-1,50,000.00"),
    ],
)
def test_rupees_are_grouped_by_lakh_and_crore(minor: int, text: str) -> None:
    assert grouped_text(minor, "INR") == text


def test_other_currencies_are_grouped_by_thousands_and_named_by_their_code() -> None:
    assert amount_text(123_456_789, "USD") == "USD\N{NO-BREAK SPACE}1,234,567.89"
    assert amount_text(123_456, "JPY") == "JPY\N{NO-BREAK SPACE}123,456"
    assert amount_text(10_000_000, "INR") == "₹\N{NO-BREAK SPACE}1,00,000.00"


@given(st.integers(-(10**14), 10**14))
def test_grouping_changes_nothing_but_commas(minor: int) -> None:
    digits = grouped_text(minor, "INR").replace(",", "").replace(".", "")

    assert int(digits) == minor


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (17, "seventeen"),
        (40, "forty"),
        (101, "one hundred one"),
        (4_12_037, "four lakh twelve thousand thirty-seven"),
        (1_00_00_000, "one crore"),
        (120_00_00_000, "one hundred twenty crore"),
        (10_00_000_00_00_000, "ten lakh crore"),
    ],
)
def test_numbers_are_said_in_the_indian_system(number: int, words: str) -> None:
    assert number_in_words(number) == words


def test_an_amount_is_said_with_its_paise() -> None:
    assert amount_in_words(41_203_716, "INR") == (
        "Rupees four lakh twelve thousand thirty-seven and sixteen paise only"
    )
    assert amount_in_words(100_000, "INR") == "Rupees one thousand only"
    assert amount_in_words(105, "USD") == "USD one and five hundredths only"


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_different_numbers_are_said_differently(one: int, other: int) -> None:
    assert (number_in_words(one) == number_in_words(other)) == (one == other)
