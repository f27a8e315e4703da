"""A table that leaves the system: named columns, each of one kind, and the cells that go into them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from shared.money import text_from_minor

# What a spreadsheet takes for the beginning of a formula, full-width forms included (OWASP ASVS 5.0, 1.2.10).
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Kind(Enum):
    """What the cells of a column are; an empty cell is None in each of them."""

    TEXT = "text"
    TRUTH = "truth"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    INSTANT = "instant"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact decimal with the digits of its currency."""

    text: str
    currency: str

    @classmethod
    def of(cls, amount_minor: int, currency: str) -> "Amount":
        return cls(text_from_minor(amount_minor, currency), currency)


@dataclass(frozen=True, slots=True)
class ColumnSum:
    """The sum of the cells above, which a workbook calculates; the amount is what it comes to."""

    amount: Amount


@dataclass(frozen=True, slots=True)
class CountSum:
    """The sum of the whole numbers above, which a workbook calculates."""

    count: int


@dataclass(frozen=True, slots=True)
class Calculated:
    """What a workbook calculates from other cells of the row, e.g. `={actual}-{base}` by the names of their columns.

    The value is what it comes to; a number without the digits of a currency has none.
    """

    formula: str
    value: Amount | Decimal


Cell = str | bool | int | Decimal | date | datetime | Amount | ColumnSum | CountSum | Calculated | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `name` is what programs read, `title` what people read."""

    name: str
    kind: Kind
    title: str

    @classmethod
    def named(cls, name: str, kind: Kind) -> "Column":
        """With the name as title: `booked_at` is read as "Booked at"."""
        return cls(name, kind, name.replace("_", " ").capitalize())


Row = Sequence[Cell]


def begins_like_a_formula(text: str) -> bool:
    """Whether a spreadsheet might calculate what is only a text."""
    return text.startswith(FORMULA_SIGNS)
