"""What foreign costs are worth in the currency of an analysis."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.reporting.domain.errors import AnalysisInvalid, RateUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRate:
    """What one unit of the currency is worth."""

    currency: str
    rate: str


def rate_of(currency: str, own: str, rates: Sequence[CostRate]) -> Fraction:
    """One for the analysis' own currency. RateUnknown names another without a rate."""
    if currency == own:
        return Fraction(1)
    found = [Fraction(one.rate) for one in rates if one.currency == currency]
    if not found:
        raise RateUnknown(
            f"Rows are in {currency}, and no rate says what it is worth in {own}", currency=currency
        )
    if found[0] <= 0 or len(found) > 1:
        raise AnalysisInvalid(f"The rate of {currency} is not positive, or told twice")
    return found[0]
