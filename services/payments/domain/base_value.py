"""What foreign amounts are worth in rupees, and how that value is used up slice by slice without a rest.

An item or credit in foreign currency has a value in paise from its first day. Each slice that is settled takes its
share of the value that is left, and the last slice takes all of it: what is fully settled is worth exactly nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from services.payments.domain.exchange_rate import base_minor, rate_of


@dataclass(frozen=True, slots=True)
class BaseValue:
    """Paise at `rate`; `is_credited` when the bank changed the money and credited these rupees themselves."""

    minor: int
    rate: Decimal
    is_credited: bool = False


def value_at(amount_minor: int, currency: str, rate: Decimal) -> BaseValue:
    """1,000.00 USD at 83.4567 are worth 83,456.70 rupees."""
    return BaseValue(base_minor(amount_minor, currency, rate), rate)


def value_credited(amount_minor: int, currency: str, credited_minor: int) -> BaseValue:
    """1,000.00 USD that arrived as 82,950.00 rupees are worth those."""
    return BaseValue(credited_minor, rate_of(credited_minor, amount_minor, currency), is_credited=True)


def share_of(base: int, part_minor: int, whole_minor: int) -> int:
    """The part's share of paise that the whole is worth, half up; the whole of it for the whole.

    10.00 of 30.00 USD worth 2,500.01 rupees take 833.34, then 10.00 of the 20.00 left take 833.34, the last 833.33.
    """
    return (2 * base * part_minor + whole_minor) // (2 * whole_minor)


class ValuedItem(Protocol):
    """An open item: what it was and is worth; None in rupees, where an amount is its own worth."""

    @property
    def original_minor(self) -> int: ...
    @property
    def open_minor(self) -> int: ...
    @property
    def original_base_minor(self) -> int | None: ...
    @property
    def open_base_minor(self) -> int | None: ...


@dataclass(slots=True)
class ValueLeft:
    """What is left of one foreign item or credit while slices are taken from it."""

    original_minor: int
    original_base_minor: int
    open_minor: int
    open_base_minor: int

    @classmethod
    def of(cls, item: ValuedItem) -> "ValueLeft":
        assert item.original_base_minor is not None, "an item in rupees is its own worth"
        assert item.open_base_minor is not None, "an item in rupees is its own worth"
        return cls(item.original_minor, item.original_base_minor, item.open_minor, item.open_base_minor)

    @classmethod
    def whole(cls, amount_minor: int, worth_minor: int) -> "ValueLeft":
        """Of an amount of which nothing is used yet."""
        return cls(amount_minor, worth_minor, amount_minor, worth_minor)

    def take(self, amount_minor: int) -> int:
        """Paise of a slice of what is open."""
        taken = share_of(self.open_base_minor, amount_minor, self.open_minor)
        self.open_minor -= amount_minor
        self.open_base_minor -= taken
        return taken

    def worth(self, amount_minor: int) -> int:
        """Paise of an amount at this rate, of which nothing is used up."""
        return share_of(self.original_base_minor, amount_minor, self.original_minor)


class Slice(Protocol):
    """What is settled of an item: its value there, and the value that the credit brings for it."""

    @property
    def open_item_id(self) -> UUID: ...
    @property
    def kind(self) -> str: ...
    @property
    def base_minor(self) -> int | None: ...
    @property
    def credit_base_minor(self) -> int | None: ...


def base_changes(slices: Iterable[Slice], credit_id: UUID, money_kind: str) -> Counter[UUID]:
    """How much value the slices take from items and from the credit; empty in rupees."""
    changes: Counter[UUID] = Counter()
    for one in slices:
        if one.base_minor is None or one.credit_base_minor is None:
            continue
        changes[one.open_item_id] -= one.base_minor
        if one.kind == money_kind:
            changes[credit_id] -= one.credit_base_minor
    return changes
