"""Entries in foreign currency: balanced in that currency and in rupees, with the exchange difference of each slice.

A slice of an item is worth what the item's rate says; the money that settles it is worth what the credit's rate says.
What lies between is realised gain or loss, one line for each slice.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from services.payments.domain.chart_of_accounts import (
    CURRENCY_CONVERSION,
    CUSTOMER_ADVANCES,
    DEDUCTION_ACCOUNTS,
    EXCHANGE_GAIN,
    EXCHANGE_LOSS,
    RECEIVABLES,
    bank_ledger_account,
)
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.journal import JournalEntry, JournalLine
from services.payments.domain.receipt import MONEY, Receipt


class ValuedSlice(Protocol):
    """A part of a receipt, or a stored allocation."""

    @property
    def kind(self) -> str: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def base_minor(self) -> int | None: ...
    @property
    def credit_base_minor(self) -> int | None: ...


def entry_for_foreign_receipt(receipt: Receipt, *, entry_id: UUID) -> JournalEntry:
    """Dr bank and what was kept back / Cr receivables and advances, each at its own rate, and the difference.

    1,000.00 USD invoiced at 82.00 and paid at 83.00: Dr bank 1,000.00 worth 83,000.00 rupees, Cr receivables 1,000.00
    worth 82,000.00, Cr exchange gain worth 1,000.00.
    """
    assert receipt.value is not None, "a foreign receipt is valued before it is booked"
    is_changed = receipt.is_credited_in_rupees
    into = CURRENCY_CONVERSION if is_changed else bank_ledger_account(receipt.bank_account_number)
    lines = [JournalLine(into, receipt.amount_minor, None, receipt.value.minor)]
    lines += settled_lines(receipt.allocations, receipt.partner_code)
    if receipt.on_account_minor:
        worth = _worth(receipt.on_account_base_minor)
        lines.append(JournalLine(CUSTOMER_ADVANCES, -receipt.on_account_minor, receipt.partner_code, -worth))
    return JournalEntry(
        id=entry_id,
        kind="receipt",
        source_id=receipt.id,
        currency=receipt.currency,
        effective_on=receipt.received_on,
        description=f"Receipt {receipt.reference}".strip(),
        lines=tuple(lines),
    )


def entry_for_conversion(receipt: Receipt, *, entry_id: UUID) -> JournalEntry:
    """Dr bank / Cr currency conversion, in the rupees that the bank credited.

    The receipt's own entry debits the conversion with the foreign amount worth these rupees: in rupees it is even.
    """
    assert receipt.value is not None, "a foreign receipt is valued before it is booked"
    return JournalEntry(
        id=entry_id,
        kind="conversion",
        source_id=receipt.id,
        currency=BASE_CURRENCY,
        effective_on=receipt.received_on,
        description=f"Rupees credited for receipt {receipt.reference}".strip(),
        lines=(
            JournalLine(bank_ledger_account(receipt.bank_account_number), receipt.value.minor),
            JournalLine(CURRENCY_CONVERSION, -receipt.value.minor),
        ),
    )


def settlement_lines(slices: Sequence[ValuedSlice], partner_code: str, control: str) -> list[JournalLine]:
    """Dr the control account of the credit and what was kept back / Cr receivables, and the differences."""
    money = [one for one in slices if one.kind == MONEY]
    amount, worth = (
        sum(one.amount_minor for one in money),
        sum(_worth(one.credit_base_minor) for one in money),
    )
    used = [JournalLine(control, amount, partner_code, worth)] if money else []
    return used + settled_lines(slices, partner_code)


def settled_lines(slices: Sequence[ValuedSlice], partner_code: str) -> list[JournalLine]:
    """Dr what was kept back, at the credit's rate / Cr receivables, at the items' rates, and the differences."""
    if not slices:
        return []
    kept_back: dict[str, tuple[int, int]] = {}
    for one in slices:
        if one.kind != MONEY:
            account = DEDUCTION_ACCOUNTS[one.kind]
            amount, worth = kept_back.get(account, (0, 0))
            kept_back[account] = amount + one.amount_minor, worth + _worth(one.credit_base_minor)
    lines = [
        JournalLine(account, amount, partner_code, worth)
        for account, (amount, worth) in sorted(kept_back.items())
    ]
    settled, worth = sum(one.amount_minor for one in slices), sum(_worth(one.base_minor) for one in slices)
    lines.append(JournalLine(RECEIVABLES, -settled, partner_code, -worth))
    gains = (_worth(one.credit_base_minor) - _worth(one.base_minor) for one in slices)
    return lines + difference_lines(gains, partner_code)


def difference_lines(gains_minor: Iterable[int], partner_code: str) -> list[JournalLine]:
    """One line per difference that is not nothing, worth something and of no amount: a gain is a credit."""
    return [
        JournalLine(EXCHANGE_GAIN if gain > 0 else EXCHANGE_LOSS, 0, partner_code, -gain)
        for gain in gains_minor
        if gain
    ]


def _worth(base_minor: int | None) -> int:
    assert base_minor is not None, "a slice of a foreign item is valued before it is booked"
    return base_minor
