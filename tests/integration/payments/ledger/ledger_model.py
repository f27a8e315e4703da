"""The ledger once more, as plain facts in memory: everything the database has to say follows from them.

It shares no code with what it checks. It keeps what happened and derives every balance from that, where the product
keeps balances and moves them.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor
from typing import Final, TypeVar
from uuid import UUID

from tests.factories.payments import ACCOUNT_NUMBER

RUPEES: Final = "INR"
ACCOUNTS: Final = {RUPEES: ACCOUNT_NUMBER, "USD": "777700001111", "KWD": "777700002222"}
DIGITS: Final = {RUPEES: 2, "USD": 2, "KWD": 3}
RATES_OF_THE_DAY: Final = {"USD": "83.4567", "KWD": "271.305"}
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
    worth_minor: int = 0  # in paise, of what is in foreign currency
    noted_minor: int = 0  # what credit notes took back of it


@dataclass(frozen=True, slots=True)
class Part:
    """A wish or a fact: money, or a deduction, of a credit for one item."""

    item: Item
    kind: str
    amount_minor: int
    worth_minor: int = 0  # of a foreign slice: paise at the item's rate
    credit_worth_minor: int = 0  # and at the credit's


@dataclass(slots=True)
class Credit:
    """A receipt or credit note with what it settles now, by the allocation's id, and what was sent back of it."""

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
    worth_minor: int = 0
    is_changed: bool = False  # the bank credited rupees for it
    of: Item | None = None  # the invoice that a credit note is for
    refunded_worth_minor: int = 0  # what the money sent back was worth when it came
    refund_differences: list[int] = field(default_factory=list)  # less what it was worth when it left

    @property
    def whose(self) -> tuple[str, str]:
        return self.partner_code, self.currency

    @property
    def control(self) -> str:
        return "2150-customer-credit-notes" if self.of else "2100-customer-advances"

    @property
    def open_minor(self) -> int:
        if self.is_reversed:
            return 0
        used = sum(part.amount_minor for part in self.settles.values() if part.kind == MONEY)
        return self.amount_minor - used - self.refunded_minor

    @property
    def open_worth_minor(self) -> int:
        if self.is_reversed:
            return 0
        used = sum(part.credit_worth_minor for part in self.settles.values() if part.kind == MONEY)
        return self.worth_minor - used - self.refunded_worth_minor


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
        return item.original_minor - sum(part.amount_minor for part in self.parts_on(item))

    def parts_on(self, item: Item) -> list[Part]:
        return [
            part for credit in self.credits.values() for part in credit.settles.values() if part.item is item
        ]

    def valued(self, credit: Credit, parts: Sequence[Part]) -> list[Part]:
        """What the parts are worth if they are settled now, one after the other; the last takes what is left."""
        if credit.currency == RUPEES:
            return list(parts)
        valued: list[Part] = []
        for part in parts:
            taken = [*self.parts_on(part.item), *(one for one in valued if one.item is part.item)]
            at_item = share(
                part.item.worth_minor - sum(one.worth_minor for one in taken),
                part.amount_minor,
                part.item.original_minor - sum(one.amount_minor for one in taken),
            )
            paid = [one for one in valued if one.kind == MONEY]
            if part.kind == MONEY:
                at_credit = share(
                    credit.open_worth_minor - sum(one.credit_worth_minor for one in paid),
                    part.amount_minor,
                    credit.open_minor - sum(one.amount_minor for one in paid),
                )
            else:
                at_credit = share(credit.worth_minor, part.amount_minor, credit.amount_minor)
            valued.append(replace(part, worth_minor=at_item, credit_worth_minor=at_credit))
        return valued

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

    def refused_note(self, item: Item, amount_minor: int) -> Refused:
        is_beyond = amount_minor > item.original_minor - item.noted_minor
        return frozenset({"CreditBeyondInvoice"}) if is_beyond else ALLOWED

    def refused_cancelling(self, note: Credit) -> Refused:
        if note.is_reversed:
            return frozenset({"Stale", "NoteState"})
        asked = any(one.credit is note and one.state == "requested" for one in self.refunds.values())
        is_used = note.open_minor < note.amount_minor or asked
        return frozenset({"NoteUsed"}) if is_used else ALLOWED

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

    def pay_back(self, refund: Refund) -> None:
        """The money was worth its share of what is left; it leaves at the rate of the day."""
        credit = refund.credit
        if credit.currency != RUPEES:
            worth_minor = share(credit.open_worth_minor, refund.amount_minor, credit.open_minor)
            left_minor = worth_at(refund.amount_minor, credit.currency, RATES_OF_THE_DAY[credit.currency])
            credit.refunded_worth_minor += worth_minor
            credit.refund_differences.append(worth_minor - left_minor)
        credit.refunded_minor += refund.amount_minor

    # What the books show ------------------------------------------------------------------------------------------

    def open_items(self) -> dict[UUID, int]:
        owed = {key: self.open_of(item) for key, item in self.items.items()}
        held = {key: credit.open_minor for key, credit in self.credits.items()}
        return _not_zero(owed | held)

    def allocations(self) -> dict[UUID, tuple[UUID, UUID, str, int, int, int]]:
        """What counts now by the allocation's id: credit, item, kind, minor units and their worth at both ends."""
        return {
            key: (
                credit.id,
                part.item.id,
                part.kind,
                part.amount_minor,
                part.worth_minor,
                part.credit_worth_minor,
            )
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
                _bank(total, credit)
            total[credit.control, credit.currency] -= credit.open_minor
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
            total[credit.partner_code, credit.control, credit.currency] -= credit.open_minor
        return _not_zero(total)

    def open_worth(self) -> dict[UUID, int]:
        """What is left of the worth of foreign items and credits, in paise."""
        owed = {key: self._worth_left(item) for key, item in self.items.items() if item.currency != RUPEES}
        held = {key: one.open_worth_minor for key, one in self.credits.items() if one.currency != RUPEES}
        return _not_zero(owed | held)

    def _worth_left(self, item: Item) -> int:
        return item.worth_minor - sum(part.worth_minor for part in self.parts_on(item))

    def worth_by_account(self) -> dict[str, int]:
        """The balances once more in rupees, what is foreign at the rate of each item and credit."""
        total = Counter[str]()
        for (account, currency), minor in self.balances().items():
            if currency == RUPEES:
                total[account] += minor
        for item in self.items.values():
            if item.currency != RUPEES:
                total["1200-receivables"] += self._worth_left(item)
                total["3900-billing-clearing"] -= item.worth_minor
        for credit in self.credits.values():
            if credit.currency != RUPEES:
                _worth_of_credit(total, credit)
        return _not_zero(total)

    def what_is_owed(self, partner_code: str, currency: str) -> Iterable[Item]:
        owner = partner_code, currency
        return [item for item in self.items.values() if (item.partner_code, item.currency) == owner]


def worth_at(amount_minor: int, currency: str, rate: str) -> int:
    """Paise of foreign money at a rate; nothing for rupees, which are worth themselves."""
    if currency == RUPEES:
        return 0
    return floor(Fraction(amount_minor, 10 ** DIGITS[currency]) * Fraction(rate) * 100 + Fraction(1, 2))


def share(worth_minor: int, part_minor: int, whole_minor: int) -> int:
    """Half up, as people round."""
    return floor(Fraction(worth_minor * part_minor, whole_minor) + Fraction(1, 2))


def _bank(total: Counter[tuple[str, str]], credit: Credit) -> None:
    if credit.of is not None:
        total["4120-discounts-allowed", credit.currency] += credit.amount_minor
    elif credit.is_changed:
        total[f"1100-bank-{credit.account}", RUPEES] += credit.worth_minor
        total["1150-currency-conversion", RUPEES] -= credit.worth_minor
        total["1150-currency-conversion", credit.currency] += credit.amount_minor
    else:
        total[f"1100-bank-{credit.account}", credit.currency] += credit.amount_minor
    total[f"1100-bank-{ACCOUNTS[credit.currency]}", credit.currency] -= credit.refunded_minor


def _worth_of_credit(total: Counter[str], credit: Credit) -> None:
    if not credit.is_reversed:
        into = "1150-currency-conversion" if credit.is_changed else f"1100-bank-{credit.account}"
        total["4120-discounts-allowed" if credit.of else into] += credit.worth_minor
    total[credit.control] -= credit.open_worth_minor
    for part in credit.settles.values():
        if part.kind != MONEY:
            total[DEDUCTIONS[part.kind]] += part.credit_worth_minor
        _difference(total, part.credit_worth_minor - part.worth_minor)
    for gain in credit.refund_differences:
        _difference(total, gain)
    paid_back = credit.refunded_worth_minor - sum(credit.refund_differences)
    total[f"1100-bank-{ACCOUNTS[credit.currency]}"] -= paid_back


def _difference(total: Counter[str], gain: int) -> None:
    total["4700-exchange-gain" if gain > 0 else "5700-exchange-loss"] -= gain


def _not_zero(figures: Mapping[Key, int]) -> dict[Key, int]:
    return {key: figure for key, figure in figures.items() if figure}
