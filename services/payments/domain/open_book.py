"""The open invoices of a batch while it is being matched: what is still open, found by partner and by number."""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from uuid import UUID

from services.payments.domain.deduction import PayableInvoice
from services.payments.domain.deduction_terms import NO_PARTNER_TERMS, PartnerTerms, TermsByPartner
from services.payments.domain.invoice_number import keys_of, normalised_number, serial_of
from services.payments.domain.matching_policy import MatchingPolicy, SearchBounds
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.subset_sum import RunSums, SubsetSums, subset_sums
from services.payments.domain.written_numbers import NO_NUMBERS, OpenNumbers, WrittenNumbers


@dataclass(slots=True)
class _Ledger:
    """All invoices of one partner in the batch, each in its place for good, and which are open. Their numbers are sorted
    once, however often some of them are paid."""

    invoices: list[PayableInvoice] = field(default_factory=list)
    open: dict[int, PayableInvoice] = field(default_factory=dict)
    _numbers: WrittenNumbers | None = None
    _serials: WrittenNumbers | None = None

    @property
    def numbers(self) -> WrittenNumbers:
        if self._numbers is None:
            self._numbers = WrittenNumbers(tuple(payable.number_key for payable in self.invoices))
        return self._numbers

    @property
    def serials(self) -> WrittenNumbers:
        if self._serials is None:
            self._serials = WrittenNumbers(tuple(payable.serial for payable in self.invoices))
        return self._serials


@dataclass(frozen=True)
class PartnerAccount:
    """One partner's open invoices, oldest first, with what the search needs; made anew when one of them is paid.

    Named invoices are looked for among all of them, sums only among the oldest.
    """

    payables: tuple[PayableInvoice, ...]
    bounds: SearchBounds
    terms: PartnerTerms = NO_PARTNER_TERMS
    # Numbers of the partner's invoices, paid ones too, and which of these the payables are.
    numbers: OpenNumbers = NO_NUMBERS
    serials: OpenNumbers = NO_NUMBERS
    # At the last look at a line sets with gaps are searched among many more of them.
    is_searched_far: bool = False

    @cached_property
    def amounts(self) -> list[int]:
        return [payable.open_minor for payable in self.payables]

    @cached_property
    def _by_amount(self) -> tuple[Sequence[int], Sequence[int]]:
        order = array("I", sorted(range(len(self.amounts)), key=self.amounts.__getitem__))
        return array("q", [self.amounts[position] for position in order]), order

    def within(self, low: int, high: int) -> list[int]:
        """Positions of the invoices of which an amount from low to high is open, oldest first."""
        amounts, positions = self._by_amount
        first = bisect_left(amounts, low)
        return sorted(positions[first : bisect_right(amounts, high, first)])

    @cached_property
    def runs(self) -> RunSums:
        return RunSums(self.amounts[: self.bounds.run_items_max], self.bounds.run_length_max)

    @cached_property
    def by_due_date(self) -> list[int]:
        """Positions in the order of their due dates; empty when that is the order they are in."""
        count = min(len(self.payables), self.bounds.run_items_max)
        due = [payable.invoice.due_on for payable in self.payables[:count]]
        order = sorted(range(count), key=due.__getitem__)
        return [] if order == list(range(len(order))) else order

    @cached_property
    def due_runs(self) -> RunSums:
        amounts = [self.amounts[position] for position in self.by_due_date]
        return RunSums(amounts, self.bounds.run_length_max)

    @cached_property
    def loose_sums(self) -> SubsetSums:
        return subset_sums(self.amounts[: self.bounds.loose_items_max], size_max=self.bounds.loose_size_max)


class OpenBook:
    """Keeps count of what earlier decisions of the batch have used.

    Found by number and amount is only what the lines of the batch ask for: `keys` and `amounts_minor`.
    """

    def __init__(
        self,
        invoices: Iterable[OpenInvoice],
        policy: MatchingPolicy,
        *,
        keys: Collection[str],
        amounts_minor: Collection[int],
    ) -> None:
        self._keys = keys
        self._amounts_minor = amounts_minor
        self._bounds = policy.bounds
        self._terms = TermsByPartner(policy.terms)
        self._places: dict[UUID, int] = {}
        self._ledgers: dict[str, _Ledger] = defaultdict(_Ledger)
        self._by_key: dict[str, list[OpenInvoice]] = defaultdict(list)
        self._by_amount: dict[int, list[OpenInvoice]] = defaultdict(list)
        self._accounts: dict[str, PartnerAccount] = {}
        for invoice in sorted(invoices, key=lambda i: (i.issued_on, i.number)):
            if invoice.open_minor > 0 and invoice.id not in self._places:
                self._add(invoice)

    def _add(self, invoice: OpenInvoice) -> None:
        payable = _payable(invoice, invoice.open_minor)
        ledger = self._ledgers[invoice.partner_code]
        place = self._places[invoice.id] = len(ledger.invoices)
        ledger.invoices.append(payable)
        ledger.open[place] = payable
        if invoice.open_minor in self._amounts_minor:
            self._by_amount[invoice.open_minor].append(invoice)
        for key in keys_of(payable.number_key, payable.serial):
            if key in self._keys:
                self._by_key[key].append(invoice)

    def open_minor(self, invoice: OpenInvoice) -> int:
        payable = self._open(invoice)
        return payable.open_minor if payable is not None else 0

    def _open(self, invoice: OpenInvoice) -> PayableInvoice | None:
        place = self._places.get(invoice.id)
        return None if place is None else self._ledgers[invoice.partner_code].open.get(place)

    def account(self, partner_code: str) -> PartnerAccount:
        account = self._accounts.get(partner_code)
        if account is None:
            ledger = self._ledgers.get(partner_code) or _Ledger()
            places = list(islice(ledger.open, self._bounds.items_max))
            account = self._accounts[partner_code] = PartnerAccount(
                tuple(islice(ledger.open.values(), self._bounds.items_max)),
                self._bounds,
                self._terms.of(partner_code),
                OpenNumbers(ledger.numbers, places),
                OpenNumbers(ledger.serials, places),
            )
        return account

    def use(self, invoice: OpenInvoice, amount_minor: int) -> None:
        open_ones, place = self._ledgers[invoice.partner_code].open, self._places[invoice.id]
        left = open_ones[place].open_minor - amount_minor
        assert left >= 0 < amount_minor, "a decision may not use more than is open"
        if left:
            open_ones[place] = _payable(invoice, left)
        else:
            del open_ones[place]
        self._accounts.pop(invoice.partner_code, None)

    def found_by_key(self, key: str) -> list[OpenInvoice]:
        return [invoice for invoice in self._by_key.get(key, ()) if self._open(invoice)]

    def found_by_amount(self, amount_minor: int) -> list[OpenInvoice]:
        return [i for i in self._by_amount.get(amount_minor, ()) if self.open_minor(i) == amount_minor]


def _payable(invoice: OpenInvoice, left_minor: int) -> PayableInvoice:
    taxable = invoice.taxable_minor
    if left_minor != invoice.total_minor and invoice.total_minor > 0:
        taxable = taxable * left_minor // invoice.total_minor
    number = invoice.number
    return PayableInvoice(invoice, left_minor, taxable, normalised_number(number), serial_of(number))
