"""Exact fractions made into whole minor units that still add up, and texts of them."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Final

from shared.money import currency_exponent, text_from_minor

DECIMALS_SHOWN: Final = 6


def whole(value: Fraction) -> int:
    """The nearest whole number; of two as near, the even one."""
    return round(value)


def whole_parts(parts: Sequence[Fraction], total: int) -> list[int]:
    """Whole numbers beside the parts that add up to the total.

    Each part is rounded down and what is left goes to the largest remainders, earliest first: three thirds of 100 are
    34, 33, 33. A part that is whole already keeps its value while there are others. The total may differ from the sum of
    the parts by their rounding, not by more than one for each part: AssertionError otherwise.
    """
    wholes = [floor(part) for part in parts]
    left = total - sum(wholes)
    by_remainder = sorted(range(len(parts)), key=lambda place: (wholes[place] - parts[place], place))
    if left < 0:
        by_remainder.reverse()
    assert abs(left) <= len(parts), f"{total} is not what the parts come to"
    for place in by_remainder[: abs(left)]:
        wholes[place] += 1 if left > 0 else -1
    return wholes


def minor(value: Fraction, currency: str) -> Fraction:
    """Minor units of an amount, not rounded."""
    return value * int(10 ** currency_exponent(currency))


def money_text(amount_minor: int, currency: str) -> str:
    """An amount with the digits of its currency."""
    return text_from_minor(amount_minor, currency)


def decimal_text(value: Fraction, decimals: int = DECIMALS_SHOWN) -> str:
    """A plain decimal of at most so many decimals, rounded half to even: 2/3 is 0.666667, 5/2 is 2.5."""
    scaled = round(value * 10**decimals)
    sign = "-" if scaled < 0 else ""
    units, fraction = divmod(abs(scaled), 10**decimals)
    shown = f"{fraction:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{sign}{units}.{shown}" if shown else f"{sign}{units}"


def scaled_text(units: int, decimals: int) -> str:
    """So many units of the last of the decimals: 12345 with two is 123.45."""
    if decimals == 0:
        return str(units)
    sign = "-" if units < 0 else ""
    whole_part, fraction = divmod(abs(units), 10**decimals)
    return f"{sign}{whole_part}.{fraction:0{decimals}d}"
