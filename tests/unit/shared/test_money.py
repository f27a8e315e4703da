from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Invalid
from shared.money import (
    AMOUNT_MINOR_MAX,
    Money,
    MoneyError,
    currency_exponent,
    minor_from_decimal,
    minor_from_text,
    text_from_minor,
)

BIGINT_MAX = 2**63 - 1
BATCH_MAX = 10_000

currencies = st.sampled_from(["INR", "JPY", "KWD", "CLF", "USD"])
amounts = st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX)


@pytest.mark.parametrize(("currency", "digits"), [("INR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_a_currency_has_the_digits_of_iso_4217(currency: str, digits: int) -> None:
    assert currency_exponent(currency) == digits


@pytest.mark.parametrize("text", ["", "inr", "IN", "INRS", "IN1", "₹", "ÀÀÀ", "I R"])
def test_what_is_no_currency_code_is_refused(text: str) -> None:
    with pytest.raises(MoneyError, match="not a currency"):
        currency_exponent(text)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1234.50", "INR", 123450),
        ("1234.5", "INR", 123450),
        ("1234", "INR", 123400),
        (".5", "INR", 50),
        ("+7", "INR", 700),
        ("-0.01", "INR", -1),
        ("-0", "INR", 0),
        (" 12.30 ", "INR", 1230),
        ("12.300", "INR", 1230),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("0000012.00", "INR", 1200),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert minor_from_text(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-", ".", "..", "1.2.3", "+-1", "1,234.50", "1e3", "1E+3", "0x10", "1_000", "NaN", "nan", "Infinity",
        "-inf", "sNaN", "١٢٣", "１２", "½", "₹5", "5 INR", "1 000", "--1", "true", "null", "1\x00",
    ],
)  # fmt: skip
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        minor_from_text(text, "INR")


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.005", "INR"),
        ("1.5", "JPY"),
        ("1.2345", "KWD"),
        ("0." + "0" * 40 + "1", "INR"),
        ("1." + "0" * 30 + "1", "INR"),
    ],
)
def test_more_digits_than_the_currency_has_are_refused_however_many(text: str, currency: str) -> None:
    with pytest.raises(MoneyError):
        minor_from_text(text, currency)


@pytest.mark.parametrize("text", ["9" * 18, "9" * 400, "1" + "0" * 100_000, "-" + "9" * 30])
def test_an_amount_too_large_to_book_is_refused(text: str) -> None:
    with pytest.raises(MoneyError) as refusal:
        minor_from_text(text, "INR")

    assert len(refusal.value.detail) < 200


@pytest.mark.parametrize(
    "text", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+999999", "9E+999999", "1E-999999", "1E+60"]
)
def test_a_decimal_that_is_no_bookable_amount_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        minor_from_decimal(Decimal(text), "INR")


def test_a_refused_amount_is_the_callers_mistake_not_ours() -> None:
    assert issubclass(MoneyError, Invalid)
    assert (MoneyError.code, MoneyError.status) == ("invalid_money", 422)


def test_a_batch_of_the_largest_amounts_fits_into_the_databases_integer() -> None:
    assert BATCH_MAX * AMOUNT_MINOR_MAX <= BIGINT_MAX


@given(amounts, currencies)
def test_what_is_written_is_read_back(amount: int, currency: str) -> None:
    assert minor_from_text(text_from_minor(amount, currency), currency) == amount


@given(amounts, currencies)
def test_an_amount_is_written_with_exactly_its_currencys_digits(amount: int, currency: str) -> None:
    _, _, fraction = text_from_minor(amount, currency).partition(".")

    assert len(fraction) == currency_exponent(currency)


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_refused_and_nothing_else(text: str) -> None:
    try:
        minor = minor_from_text(text, "INR")
    except MoneyError:
        return
    assert Decimal(text.strip()) * 100 == minor


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any))
def test_the_parts_of_a_split_sum_exactly_to_the_amount(amount: int, weights: list[int]) -> None:
    parts = Money(amount, "INR").split(weights)

    assert sum(part.amount_minor for part in parts) == amount
    assert len(parts) == len(weights)


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any))
def test_no_part_of_a_split_is_a_minor_unit_or_more_from_its_exact_share(
    amount: int, weights: list[int]
) -> None:
    total = sum(weights)

    for part, weight in zip(Money(amount, "INR").split(weights), weights, strict=True):
        assert abs(part.amount_minor * total - amount * weight) < total


@given(amounts, st.lists(st.integers(0, 100), min_size=2, max_size=8).filter(any))
def test_a_greater_weight_never_gets_the_smaller_part(amount: int, weights: list[int]) -> None:
    parts = [abs(part.amount_minor) for part in Money(amount, "INR").split(weights)]

    pairs = sorted(zip(weights, parts, strict=True))
    assert all(low <= high for (w1, low), (w2, high) in pairwise(pairs) if w1 < w2)


def test_what_is_left_over_of_a_split_goes_to_the_earliest_of_equals() -> None:
    parts = Money(100, "INR").split((1, 1, 1))

    assert [part.amount_minor for part in parts] == [34, 33, 33]


def test_a_negative_amount_is_split_as_its_mirror() -> None:
    assert Money(-100, "INR").split((1, 1, 1)) == tuple(-part for part in Money(100, "INR").split((1, 1, 1)))


@pytest.mark.parametrize("weights", [(), (0,), (0, 0), (1, -1), (3, -1)])
def test_weights_that_share_nothing_out_are_refused(weights: list[int]) -> None:
    with pytest.raises(MoneyError):
        Money(100, "INR").split(weights)


def test_money_adds_up_within_one_currency() -> None:
    assert Money.of("10.00", "INR") + Money.of("0.50", "INR") - Money.of("0.25", "INR") == Money(1025, "INR")
    assert str(-Money(1025, "INR")) == "-10.25"


def test_money_of_two_currencies_is_never_added() -> None:
    with pytest.raises(MoneyError, match="USD cannot be added to INR"):
        Money(1, "INR") + Money(1, "USD")
