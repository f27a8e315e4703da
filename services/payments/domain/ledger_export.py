"""What the accounting system is told: vouchers of a kind it knows, on ledgers by its own names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.payments.domain.chart_of_accounts import PARTNER_ACCOUNTS, account_name, is_bank_account

# Tally's own groups by the first digits of our accounts; a mapping may name another.
_GROUPS: Final = (
    ("1100-bank", "Bank Accounts"),
    ("1200", "Sundry Debtors"),
    ("11", "Current Assets"),
    ("13", "Loans & Advances (Asset)"),
    ("21", "Sundry Debtors"),
    ("23", "Duties & Taxes"),
    ("24", "Current Liabilities"),
    ("29", "Suspense A/c"),
    ("39", "Suspense A/c"),
    ("4", "Indirect Incomes"),
    ("5", "Indirect Expenses"),
)
PARTNER_GROUP: Final = "Sundry Debtors"
OTHER_GROUP: Final = "Suspense A/c"


class VoucherType(StrEnum):
    RECEIPT = "Receipt"
    PAYMENT = "Payment"
    JOURNAL = "Journal"
    CREDIT_NOTE = "Credit Note"


@dataclass(frozen=True, slots=True)
class LedgerName:
    """How the accounting system calls an account or partner, and the group it belongs to."""

    ledger_name: str
    group_name: str


@dataclass(frozen=True, slots=True)
class ExportedLine:
    """Positive is a debit; `partner_code` is set where a partner stands behind the line.

    `base_minor` is what it is worth in paise: in rupees the amount itself, and all there is of an exchange difference.
    """

    account_code: str
    partner_code: str | None
    amount_minor: int
    base_minor: int

    @property
    def party(self) -> str | None:
        """The partner whose own ledger takes the line: what partners owe and are owed is theirs by name."""
        return self.partner_code if self.account_code in PARTNER_ACCOUNTS else None


@dataclass(frozen=True, slots=True)
class ExportedEntry:
    """One journal entry as it leaves, with the batch that vouches for it."""

    position: int
    id: UUID
    kind: str
    source_id: UUID
    currency: str
    effective_on: date
    occurred_on: date | None
    posted_at: datetime
    description: str
    lines: tuple[ExportedLine, ...]

    @property
    def voucher_type(self) -> VoucherType:
        """Money into a bank is a receipt, out of one a payment; credit notes are their own; all else is a journal."""
        at_bank = sum(line.base_minor for line in self.lines if is_bank_account(line.account_code))
        if at_bank:
            is_opening = self.kind == "opening_balance"
            if not is_opening:
                return VoucherType.RECEIPT if at_bank > 0 else VoucherType.PAYMENT
        if self.kind.startswith("credit_note") and not self.kind.endswith("_reversal"):
            return VoucherType.CREDIT_NOTE
        return VoucherType.JOURNAL


@dataclass(frozen=True, slots=True)
class LedgerNames:
    """The names in force for one export."""

    accounts: Mapping[str, LedgerName]
    partners: Mapping[str, LedgerName]

    def of(self, line: ExportedLine) -> LedgerName:
        """The party's ledger where the line is a party's; else the account's."""
        if line.party is not None:
            return self.partners[line.party]
        return self.accounts[line.account_code]


def default_account_name(account_code: str) -> LedgerName:
    """Our own name in the group that its number tells, until somebody maps it."""
    group = next((name for prefix, name in _GROUPS if account_code.startswith(prefix)), OTHER_GROUP)
    name = account_name(account_code)
    return LedgerName(f"Bank {name}" if is_bank_account(account_code) else name, group)


def default_partner_name(code: str, name: str) -> LedgerName:
    """The code makes it unique: two partners may have one name, and two ledgers may not."""
    return LedgerName(f"{name} ({code})" if name else code, PARTNER_GROUP)
