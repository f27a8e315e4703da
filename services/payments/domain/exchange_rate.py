"""What one unit of a foreign currency is worth in rupees on a day, and amounts valued by it."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from typing import Final

from shared.errors import FieldProblem, Invalid
from shared.money import currency_exponent

BASE_CURRENCY: Final = "INR"
BASE_EXPONENT: Final = 2
RATE_DIGITS: Final = Decimal("0.0000000001")
RATE_MAX: Final = Decimal(1_000_000)
EXACT: Final = Context(prec=60)  # the default would silently round what has more than 28 digits


class RateInvalid(Invalid):
    """A rate that cannot be one."""

    code, title = "rate_invalid", "The exchange rate cannot be"


class RatePublisher(StrEnum):
    """Who says so, in the order in which we take their word for a day that several of them speak about.

    `reference`: published by Financial Benchmarks India for the Reserve Bank; `customs`: notified for customs
    valuation (section 14 of the Customs Act 1962); `bank`: the card rate of one of our banks.
    """

    REFERENCE = "reference"
    CUSTOMS = "customs"
    BANK = "bank"


# How many days a rate is good for. Markets close for a weekend and holidays beside it; customs notifies a rate that
# stands until the next one, about every second week.
AGE_DAYS_MAX: Final = {RatePublisher.REFERENCE: 7, RatePublisher.CUSTOMS: 31, RatePublisher.BANK: 7}
UNITS: Final = (1, 10, 100, 1_000)


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """Rupees for one unit of the currency; `source` names the publication or letter it was read from."""

    currency: str
    rate_on: date
    publisher: RatePublisher
    rate: Decimal
    source: str

    def __post_init__(self) -> None:
        currency_exponent(self.currency)
        if self.currency == BASE_CURRENCY:
            raise RateInvalid("Rupees need no rate", problems=[FieldProblem("/currency", "expected another")])
        if not 0 < self.rate <= RATE_MAX or self.rate != self.rate.quantize(RATE_DIGITS):
            problem = FieldProblem("/rate", "expected rupees above 0 for one unit, with at most 10 digits")
            raise RateInvalid(f"{self.rate} is no rate of {self.currency}", problems=[problem])


def rate_per_unit(rupees: Decimal, units: int) -> Decimal:
    """Rates of small currencies are told for 100 units: 55.12 for 100 JPY is 0.5512 for one; exact."""
    if units not in UNITS:
        problem = FieldProblem("/units", f"expected one of {', '.join(map(str, UNITS))}")
        raise RateInvalid(f"Rates are told for round numbers of units, not for {units}", problems=[problem])
    return rupees / units


def base_minor(amount_minor: int, currency: str, rate: Decimal) -> int:
    """Paise, half up: 1,000.00 USD at 83.4567 are 83,456.70 rupees; 1.000 KWD at 271.305 are 271.31."""
    units = Decimal(amount_minor).scaleb(BASE_EXPONENT - currency_exponent(currency), EXACT)
    return int(EXACT.multiply(units, rate).quantize(Decimal(1), ROUND_HALF_UP, EXACT))


def rate_of(base: int, amount_minor: int, currency: str) -> Decimal:
    """The rate that a credit in rupees amounts to, to ten digits: 82,950.00 rupees for 1,000.00 USD is 82.95."""
    units = Decimal(amount_minor).scaleb(-currency_exponent(currency), EXACT)
    return EXACT.divide(Decimal(base).scaleb(-BASE_EXPONENT), units).quantize(RATE_DIGITS, context=EXACT)
