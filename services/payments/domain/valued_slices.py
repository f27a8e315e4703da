"""Gives each part of a foreign settlement its share of what item and credit are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.payments.domain.base_value import ValuedItem, ValueLeft
from services.payments.domain.receipt import MONEY, Receipt, ReceiptAllocation


def sliced_receipts(receipts: Sequence[Receipt], items: Mapping[UUID, ValuedItem]) -> list[Receipt]:
    """Foreign receipts with the values of their slices, taken in the order of the receipts; others as they are."""
    if all(receipt.value is None for receipt in receipts):
        return list(receipts)
    left = _left_of(items)
    return [
        receipt if receipt.value is None else replace(receipt, allocations=_sliced(receipt, left))
        for receipt in receipts
    ]


def _sliced(receipt: Receipt, left: Mapping[UUID, ValueLeft]) -> tuple[ReceiptAllocation, ...]:
    assert receipt.value is not None
    money = ValueLeft.whole(receipt.amount_minor, receipt.value.minor)
    return tuple(_taken(receipt.allocations, left, money))


def sliced_parts(
    parts: Sequence[ReceiptAllocation], items: Mapping[UUID, ValuedItem], credit: ValuedItem
) -> list[ReceiptAllocation]:
    """The parts of a foreign credit that is set against foreign items."""
    return _taken(parts, _left_of(items), ValueLeft.of(credit))


def _taken(
    parts: Sequence[ReceiptAllocation], left: Mapping[UUID, ValueLeft], credit: ValueLeft
) -> list[ReceiptAllocation]:
    """What a payer kept back is worth what the credit's rate says, but uses nothing of the credit."""
    return [
        replace(
            part,
            base_minor=left[part.open_item_id].take(part.amount_minor),
            credit_base_minor=(credit.take if part.kind == MONEY else credit.worth)(part.amount_minor),
        )
        for part in parts
    ]


def _left_of(items: Mapping[UUID, ValuedItem]) -> dict[UUID, ValueLeft]:
    return {key: ValueLeft.of(item) for key, item in items.items() if item.open_base_minor is not None}
