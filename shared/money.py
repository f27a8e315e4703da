"""Exact money: integer minor units inside, decimal strings outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from functools import lru_cache
from typing import Final

from shared.errors import Invalid

# ISO 4217 currencies whose exponent is not two (list of active codes, SIX Financial, read 2026-01).
EXPONENTS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
# PostgreSQL stores amounts as BIGINT; the sum of the 10,000 amounts of a batch has to fit as well.
AMOUNT_MINOR_MAX: Final = 10**14
_TEXT_LENGTH_MAX: Final = 40


class MoneyError(Invalid):
    """An amount or currency that cannot be represented exactly."""

    code = "invalid_money"


@lru_cache(maxsize=256)
def currency_exponent(currency: str) -> int:
    """Return the number of decimal digits of an ISO 4217 code; MoneyError if it is no code."""
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or not currency.isupper():
        raise MoneyError(
            f"'{currency}' is not a currency; expected three capital letters of ISO 4217, e.g. INR"
        )
    return EXPONENTS.get(currency, 2)


def minor_from_decimal(amount: Decimal, currency: str) -> int:
    """Return minor units; MoneyError when the amount has more digits than the currency or is out of range."""
    exponent = currency_exponent(currency)
    shown = str(amount)[:_TEXT_LENGTH_MAX]
    if not amount.is_finite():
        raise MoneyError(f"{shown} is not an amount")
    try:
        # The default context would silently round what has more than 28 digits.
        scaled = amount.scaleb(exponent, Context(traps=[Inexact, InvalidOperation, Overflow]))
    except DecimalException as error:
        raise MoneyError(f"{shown} {currency} has more digits than an amount can have") from error
    if scaled != scaled.to_integral_value():
        raise MoneyError(f"{shown} has more than {exponent} decimal digits, which {currency} does not have")
    if abs(scaled) > AMOUNT_MINOR_MAX:
        raise MoneyError(f"{shown} {currency} is larger than this system books in one amount")
    return int(scaled)


def minor_from_text(text: str, currency: str) -> int:
    """Return minor units of a plain decimal string such as '1234.50'; grouping and exponents are refused."""
    plain = text.strip()
    digits = plain[1:] if plain[:1] in ("+", "-") else plain
    is_plain = digits.isascii() and digits.replace(".", "", 1).isdigit()
    if not is_plain or len(plain) > _TEXT_LENGTH_MAX:
        shown = text[:_TEXT_LENGTH_MAX]
        raise MoneyError(f"'{shown}' is not a decimal amount; expected digits with a point, e.g. '1234.50'")
    return minor_from_decimal(Decimal(plain), currency)


def text_from_minor(amount_minor: int, currency: str) -> str:
    """Return the decimal string with exactly the currency's digits: 123450 INR → '1234.50'."""
    exponent = currency_exponent(currency)
    if exponent == 0:
        return str(amount_minor)
    sign = "-" if amount_minor < 0 else ""
    whole, fraction = divmod(abs(amount_minor), 10**exponent)
    return f"{sign}{whole}.{fraction:0{exponent}d}"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency; arithmetic across currencies raises MoneyError."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        currency_exponent(self.currency)

    @classmethod
    def of(cls, text: str, currency: str) -> "Money":
        return cls(minor_from_text(text, currency), currency)

    def __str__(self) -> str:
        return text_from_minor(self.amount_minor, self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount_minor + self._same_currency(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount_minor - self._same_currency(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Return parts proportional to the weights that sum exactly to this amount.

        Largest-remainder method: each part is rounded towards zero and the minor units left over go to the
        largest remainders, earliest first. 100 split by (1, 1, 1) is (34, 33, 33).
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise MoneyError("an amount is split by weights that are not negative and not all zero")
        sign = -1 if self.amount_minor < 0 else 1
        shares = [divmod(abs(self.amount_minor) * weight, total) for weight in weights]
        left_over = abs(self.amount_minor) - sum(whole for whole, _ in shares)
        by_remainder = sorted(range(len(shares)), key=lambda index: (-shares[index][1], index))
        lucky = set(by_remainder[:left_over])
        return tuple(
            Money(sign * (whole + (index in lucky)), self.currency) for index, (whole, _) in enumerate(shares)
        )

    def _same_currency(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise MoneyError(f"{other.currency} cannot be added to {self.currency}")
        return other.amount_minor
