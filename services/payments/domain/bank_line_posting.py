"""A line of the bank that is no customer's payment, and the entry that takes it into the books."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from services.payments.domain.chart_of_accounts import (
    ACCOUNT_NAMES,
    LINE_ACCOUNTS,
    OPENING_BALANCES,
    bank_ledger_account,
)
from services.payments.domain.errors import AccountNotForLines
from services.payments.domain.journal import JournalEntry, JournalLine

POSTED: Final = "bank_line"


@dataclass(frozen=True, slots=True)
class BankLinePosting:
    """`amount_minor` is the line's: positive is money in."""

    id: UUID
    account_code: str
    amount_minor: int
    currency: str
    bank_account_number: str
    effective_on: date
    note: str
    base_minor: int | None = None  # what a line in foreign money is worth in paise


def refuse_unsuitable_account(account_code: str) -> None:
    """AccountNotForLines for an unknown account and for those that only receipts, invoices and notes move."""
    if account_code in LINE_ACCOUNTS:
        return
    usable = ", ".join(sorted(LINE_ACCOUNTS))
    why = "moves by its own documents only" if account_code in ACCOUNT_NAMES else "is not in the chart"
    raise AccountNotForLines(f"{account_code} {why}; expected one of {usable}")


def entry_for_bank_line(posting: BankLinePosting, *, entry_id: UUID) -> JournalEntry:
    """Interest of 812.40 received: Dr bank / Cr interest. A charge of 59.00: Dr bank charges / Cr bank."""
    return JournalEntry(
        id=entry_id,
        kind=POSTED,
        source_id=posting.id,
        currency=posting.currency,
        effective_on=posting.effective_on,
        description=posting.note,
        lines=(
            bank := JournalLine(
                bank_ledger_account(posting.bank_account_number),
                posting.amount_minor,
                base_minor=posting.base_minor,
            ),
            replace(bank.mirrored(), account_code=posting.account_code),
        ),
    )


def entry_for_opening_balance(posting: BankLinePosting, *, entry_id: UUID) -> JournalEntry:
    """Dr bank / Cr opening balances: what lay in the account, whose id it bears, before its first statement."""
    entry = entry_for_bank_line(replace(posting, account_code=OPENING_BALANCES), entry_id=entry_id)
    return replace(entry, kind="opening_balance")
