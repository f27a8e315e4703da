"""The ledger once more, as plain facts in memory: everything the database has to say follows from them.

It shares no code with what it checks. It keeps what happened and derives every balance from that, where the product
keeps balances and moves them.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar
from uuid import UUID

DEDUCTIONS: Final = {"TDS194Q": "1310-tds-receivable", "BANK_CHARGE": "5100-bank-charges"}
CHARGE_MINOR: Final = 50_000  # what the books ask for a returned cheque unless somebody changes the rule
CHARGED_RETURNS: Final = frozenset({"01", "20"})
MONEY: Final = "receipt"
Key = TypeVar("Key", bound=Hashable)

Refused = frozenset[str]  # names of the refusals that fit; empty when the request is carried out
ALLOWED: Final[Refused] = frozenset()


@dataclass(slots=True)
class Item:
    """What a partner owes: an invoice or a charge."""

    id: UUID
    kind: str
    number: str
    partner_code: str
    currency: str
    original_minor: int


@dataclass(frozen=True, slots=True)
class Part:
    """A wish or a fact: money, or a deduction, of a credit for one item."""

    item: Item
    kind: str
    amount_minor: int


@dataclass(slots=True)
class Credit:
    """A receipt with what it settles now, by the allocation's id, and what was sent back of it."""

    id: UUID
    partner_code: str
    currency: str
    amount_minor: int
    account: str
    reference: str
    cheque_number: str = ""
    settles: dict[UUID, Part] = field(default_factory=dict)
    refunded_minor: int = 0
    is_reversed: bool = False

    @property
    def open_minor(self) -> int:
        if self.is_reversed:
            return 0
        used = sum(part.amount_minor for part in self.settles.values() if part.kind == MONEY)
        return self.amount_minor - used - self.refunded_minor


@dataclass(slots=True)
class Refund:
    """A request to send money back; it is decided once."""

    id: UUID
    credit: Credit
    amount_minor: int
    asked_by: str
    state: str = "requested"


class LedgerModel:
    """Answers what a request leads to, and what the books show after all that happened."""

    def __init__(self) -> None:
        self.items: dict[UUID, Item] = {}
        self.credits: dict[UUID, Credit] = {}
        self.refunds: dict[UUID, Refund] = {}

    def open_of(self, item: Item) -> int:
        settled = sum(
            part.amount_minor
            for credit in self.credits.values()
            for part in credit.settles.values()
            if part.item is item
        )
        return item.original_minor - settled

    def refused_parts(self, partner: tuple[str, str], parts: Sequence[Part], free_minor: int) -> Refused:
        """Why a credit of the partner (code, currency) with so much free cannot settle the parts."""
        if any((part.item.partner_code, part.item.currency) != partner for part in parts):
            return frozenset({"ItemNotPayable"})
        refused = set()
        wanted = Counter[UUID]()
        for part in parts:
            wanted[part.item.id] += part.amount_minor
        if any(self.open_of(self.items[key]) < minor for key, minor in wanted.items()):
            refused.add("ItemSettled")
        if sum(part.amount_minor for part in parts if part.kind == MONEY) > free_minor:
            refused.add("CreditUsedUp")
        return frozenset(refused)

    def refused_allocation(self, credit: Credit, parts: Sequence[Part]) -> Refused:
        return self.refused_parts((credit.partner_code, credit.currency), parts, credit.open_minor)

    def undone_with(self, credit: Credit, allocation_id: UUID) -> list[UUID]:
        """The allocation, and with money what the payer kept back of the same item; nothing if it is gone."""
        wanted = credit.settles.get(allocation_id)
        if wanted is None:
            return []
        if wanted.kind != MONEY:
            return [allocation_id]
        return [
            key
            for key, part in credit.settles.items()
            if key == allocation_id or (part.item is wanted.item and part.kind != MONEY)
        ]

    def refused_reversal(self, credit: Credit) -> Refused:
        if credit.is_reversed:
            return frozenset({"AlreadyReversed"})
        return frozenset({"ReceiptRefunded"}) if credit.refunded_minor else ALLOWED

    def refused_bounce(self, credit: Credit) -> Refused:
        refused = self.refused_reversal(credit)
        return refused or (ALLOWED if credit.cheque_number else frozenset({"NotACheque"}))

    def refused_request(self, credit: Credit, amount_minor: int) -> Refused:
        asked = sum(
            r.amount_minor for r in self.refunds.values() if r.credit is credit and r.state == "requested"
        )
        return frozenset({"CreditUsedUp"}) if amount_minor > credit.open_minor - asked else ALLOWED

    def refused_decision(self, refund: Refund, *, is_paid: bool, decided_by: str) -> Refused:
        if refund.state != "requested":
            return frozenset({"AlreadyDecided"})
        if refund.asked_by == decided_by:
            return frozenset({"MakerIsChecker"})
        is_short = is_paid and refund.credit.open_minor < refund.amount_minor
        return frozenset({"CreditUsedUp"}) if is_short else ALLOWED

    def standing(self, account: str, reference: str) -> Credit | None:
        """The receipt that the reference names on the account, unless it was taken back."""
        found = (
            credit
            for credit in self.credits.values()
            if (credit.account, credit.reference) == (account, reference) and not credit.is_reversed
        )
        return next(found, None)

    def reverse(self, credit: Credit) -> None:
        credit.settles.clear()
        credit.is_reversed = True

    # What the books show ------------------------------------------------------------------------------------------

    def open_items(self) -> dict[UUID, int]:
        owed = {key: self.open_of(item) for key, item in self.items.items()}
        held = {key: credit.open_minor for key, credit in self.credits.items()}
        return _not_zero(owed | held)

    def allocations(self) -> dict[UUID, tuple[UUID, UUID, str, int]]:
        """What counts now: credit, item, kind and minor units by the allocation's id."""
        return {
            key: (credit.id, part.item.id, part.kind, part.amount_minor)
            for credit in self.credits.values()
            for key, part in credit.settles.items()
        }

    def balances(self) -> dict[tuple[str, str], int]:
        """Debits less credits by ledger account and currency."""
        total = Counter[tuple[str, str]]()
        for item in self.items.values():
            total["1200-receivables", item.currency] += self.open_of(item)
            source = "3900-billing-clearing" if item.kind == "invoice" else "4200-charges-recovered"
            total[source, item.currency] -= item.original_minor
        for credit in self.credits.values():
            if not credit.is_reversed:
                total[f"1100-bank-{credit.account}", credit.currency] += (
                    credit.amount_minor - credit.refunded_minor
                )
            total["2100-customer-advances", credit.currency] -= credit.open_minor
            for part in credit.settles.values():
                if part.kind != MONEY:
                    total[DEDUCTIONS[part.kind], credit.currency] += part.amount_minor
        return _not_zero(total)

    def partner_accounts(self) -> dict[tuple[str, str, str], int]:
        """Control accounts by partner and currency."""
        total = Counter[tuple[str, str, str]]()
        for item in self.items.values():
            total[item.partner_code, "1200-receivables", item.currency] += self.open_of(item)
        for credit in self.credits.values():
            total[credit.partner_code, "2100-customer-advances", credit.currency] -= credit.open_minor
        return _not_zero(total)

    def what_is_owed(self, partner_code: str) -> Iterable[Item]:
        return [item for item in self.items.values() if item.partner_code == partner_code]


def _not_zero(figures: Mapping[Key, int]) -> dict[Key, int]:
    return {key: figure for key, figure in figures.items() if figure}
