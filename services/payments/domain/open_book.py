"""The open invoices of a batch while it is being matched: what is still open, found by partner and by number."""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import overload

from services.payments.domain.deduction import PayableInvoice
from services.payments.domain.deduction_terms import NO_PARTNER_TERMS, PartnerTerms, TermsByPartner
from services.payments.domain.invoice_number import normalised_number, number_keys, serial_of
from services.payments.domain.kept_invoices import KeptInvoices, by_age
from services.payments.domain.matching_policy import MatchingPolicy, SearchBounds
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.subset_sum import RunSums, SubsetSums, subset_sums
from services.payments.domain.written_numbers import NO_NUMBERS, OpenNumbers, Texts, WrittenNumbers


@dataclass(slots=True)
class Ledger:
    """All invoices of one partner in the batch, each in its place for good, and what is left of those of which something
    was used. Their numbers are sorted once, however often some of them are paid."""

    invoices: KeptInvoices = field(default_factory=KeptInvoices)
    _left: dict[int, int] = field(default_factory=dict)
    # The same few are asked for again and again.
    _made: dict[int, PayableInvoice] = field(default_factory=dict)
    _still_open: "StillOpen | None" = None
    _account: "PartnerAccount | None" = None
    _numbers: WrittenNumbers | None = None
    _serials: WrittenNumbers | None = None

    @classmethod
    def of(cls, invoices: Iterable[OpenInvoice]) -> "Ledger":
        """Open invoices of one partner; one that is given twice counts once."""
        unique = {invoice.id: invoice for invoice in invoices if invoice.open_minor > 0}
        return cls(KeptInvoices(unique.values()))

    def open_minor_at(self, place: int) -> int:
        return self._left[place] if place in self._left else self.invoices.open_minor[place]

    def open_at(self, place: int) -> PayableInvoice | None:
        """What is left of the invoice at the place; None when nothing is."""
        payable = self._made.get(place)
        if payable is None and (left := self.open_minor_at(place)):
            payable = self._made[place] = _payable(self.invoices[place], left)
        return payable

    def opened(self) -> Iterator[tuple[int, int]]:
        """The places and what is open there, oldest first."""
        for place in range(len(self.invoices)):
            if left := self.open_minor_at(place):
                yield place, left

    def settled_since(self) -> dict[int, int]:
        """What is left of the invoices of which something was used since the ledger was made, by their places."""
        return dict(sorted(self._left.items()))

    def use(self, invoice: OpenInvoice, amount_minor: int) -> None:
        place = self.invoices.place_of(invoice)
        assert place is not None, "only an invoice of the ledger can be paid"
        left = self.open_minor_at(place) - amount_minor
        assert left >= 0 < amount_minor, "a decision may not use more than is open"
        self._left[place] = left
        self._made.pop(place, None)
        self._account = None
        if self._still_open is not None:
            self._still_open.change(place, left)

    def rest(self) -> None:
        """Forget what is quickly made again, until the next batch."""
        self._made.clear()
        self._account = None

    @property
    def still_open(self) -> "StillOpen":
        """Laid out once and kept up with what is paid."""
        if self._still_open is None:
            self._still_open = StillOpen(self, self.opened())
        return self._still_open

    def account(self, bounds: SearchBounds, terms: PartnerTerms) -> "PartnerAccount":
        """The same until something of it is paid."""
        account = self._account
        if account is None or account.bounds != bounds or account.terms != terms:
            opened = self.still_open
            account = self._account = PartnerAccount(
                opened
                if len(opened) <= bounds.items_max
                else StillOpen(self, islice(self.opened(), bounds.items_max)),
                bounds,
                terms,
                self.numbers,
                self.serials,
            )
        return account

    @property
    def numbers(self) -> WrittenNumbers:
        if self._numbers is None:
            self._numbers = WrittenNumbers(
                Texts(normalised_number(number) for number in self.invoices.numbers)
            )
        return self._numbers

    @property
    def serials(self) -> WrittenNumbers:
        if self._serials is None:
            self._serials = WrittenNumbers(Texts(serial_of(number) for number in self.invoices.numbers))
        return self._serials


class StillOpen(Sequence[PayableInvoice]):
    """What is open of one partner's invoices, oldest first, in rows of bare numbers: the places in the ledger and the
    amounts; and both once more in the order of the amounts, from when these are first asked for."""

    def __init__(self, ledger: Ledger, opened: Iterable[tuple[int, int]]) -> None:
        listed = list(opened)
        self._ledger = ledger
        self.places = array("I", (place for place, _ in listed))
        self.amounts = array("q", (left for _, left in listed))
        self._rising: tuple[MutableSequence[int], MutableSequence[int]] | None = None

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, position: int) -> PayableInvoice: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[PayableInvoice]: ...
    def __getitem__(self, position: int | slice) -> PayableInvoice | Sequence[PayableInvoice]:
        if isinstance(position, slice):
            return [self._at(place) for place in self.places[position]]
        return self._at(self.places[position])

    def due_days(self, count: int) -> list[int]:
        """When the first so many are due."""
        return [self._ledger.invoices.due_days[place] for place in self.places[:count]]

    def change(self, place: int, left_minor: int) -> None:
        position = bisect_left(self.places, place)
        self._forget_amount(self.amounts[position], place)
        if left_minor:
            self.amounts[position] = left_minor
            self._note_amount(left_minor, place)
        else:
            del self.places[position], self.amounts[position]

    def leaving(self, amount_minor: int, low: int, high: int, is_likely: Callable[[int], bool]) -> list[int]:
        """Positions of the invoices of which from low to high is open, oldest first; of those that ask for less than the
        amount only where what is left over is likely."""
        amounts, places = self._rising_amounts()
        first, enough = bisect_left(amounts, low), bisect_left(amounts, amount_minor)
        found = list(places[enough : bisect_right(amounts, high, enough)])
        found += [places[n] for n in range(first, enough) if is_likely(amount_minor - amounts[n])]
        return [bisect_left(self.places, place) for place in sorted(found)]

    def _at(self, place: int) -> PayableInvoice:
        payable = self._ledger.open_at(place)
        assert payable is not None, "what is paid in full is taken off"
        return payable

    def _rising_amounts(self) -> tuple[MutableSequence[int], MutableSequence[int]]:
        if self._rising is None:
            order = sorted(range(len(self.amounts)), key=self.amounts.__getitem__)
            amounts = array("q", map(self.amounts.__getitem__, order))
            self._rising = amounts, array("I", map(self.places.__getitem__, order))
        return self._rising

    def _forget_amount(self, amount_minor: int, place: int) -> None:
        if self._rising is not None:
            amounts, places = self._rising
            number = places.index(place, bisect_left(amounts, amount_minor))
            del amounts[number], places[number]

    def _note_amount(self, amount_minor: int, place: int) -> None:
        if self._rising is not None:
            amounts, places = self._rising
            number = bisect_left(amounts, amount_minor)
            amounts.insert(number, amount_minor)
            places.insert(number, place)


_NOTHING = StillOpen(Ledger(), ())


@dataclass(frozen=True)
class PartnerAccount:
    """One partner's open invoices, oldest first, with what the search needs; made anew when one of them is paid, and good
    until then.

    Named invoices are looked for among all of them, sums only among the oldest.
    """

    payables: StillOpen
    bounds: SearchBounds
    terms: PartnerTerms = NO_PARTNER_TERMS
    # Numbers of the partner's invoices, paid ones too.
    all_numbers: WrittenNumbers = NO_NUMBERS
    all_serials: WrittenNumbers = NO_NUMBERS
    # At the last look at a line sets with gaps are searched among many more of them.
    is_searched_far: bool = False

    @property
    def amounts(self) -> Sequence[int]:
        return self.payables.amounts

    @property
    def numbers(self) -> OpenNumbers:
        return OpenNumbers(self.all_numbers, self.payables.places)

    @property
    def serials(self) -> OpenNumbers:
        return OpenNumbers(self.all_serials, self.payables.places)

    @cached_property
    def runs(self) -> RunSums:
        return RunSums(self.amounts[: self.bounds.run_items_max], self.bounds.run_length_max)

    @cached_property
    def by_due_date(self) -> list[int]:
        """Positions in the order of their due dates; empty when that is the order they are in."""
        count = min(len(self.payables), self.bounds.run_items_max)
        order = sorted(range(count), key=self.payables.due_days(count).__getitem__)
        return [] if order == list(range(len(order))) else order

    @cached_property
    def due_runs(self) -> RunSums:
        amounts = [self.amounts[position] for position in self.by_due_date]
        return RunSums(amounts, self.bounds.run_length_max)

    @cached_property
    def loose_sums(self) -> SubsetSums:
        return subset_sums(self.amounts[: self.bounds.loose_items_max], size_max=self.bounds.loose_size_max)


class OpenBook:
    """Keeps count of what earlier decisions of the batch have used, in the ledgers themselves.

    By number and by amount only what the lines of the batch ask for is found: `named` are invoices by key.
    """

    def __init__(
        self,
        ledgers: Mapping[str, Ledger],
        policy: MatchingPolicy,
        *,
        named: Mapping[str, Sequence[OpenInvoice]],
        amounts_minor: Collection[int],
    ) -> None:
        self.used: set[str] = set()  # partners of whose invoices something was paid
        self._bounds = policy.bounds
        self._terms = TermsByPartner(policy.terms)
        self._ledgers = ledgers
        self._named = named
        self._by_amount = _by_amount(ledgers.values(), amounts_minor)
        self._known_terms: dict[str, PartnerTerms] = {}
        self._nothing_open = PartnerAccount(_NOTHING, policy.bounds)
        # By the identity of an invoice that is kept with its place: the same few are asked for again and again.
        self._places: dict[int, tuple[OpenInvoice, int | None]] = {}

    @classmethod
    def of(
        cls,
        invoices: Iterable[OpenInvoice],
        policy: MatchingPolicy,
        *,
        keys: Collection[str],
        amounts_minor: Collection[int],
    ) -> "OpenBook":
        """A book of just these invoices."""
        by_partner: dict[str, list[OpenInvoice]] = defaultdict(list)
        for invoice in invoices:
            by_partner[invoice.partner_code].append(invoice)
        ledgers = {code: Ledger.of(of_partner) for code, of_partner in by_partner.items()}
        kept = (invoice for ledger in ledgers.values() for invoice in ledger.invoices)
        return cls(ledgers, policy, named=named_by_key(kept, keys), amounts_minor=amounts_minor)

    def open_minor(self, invoice: OpenInvoice) -> int:
        payable = self._open(invoice)
        return payable.open_minor if payable is not None else 0

    def _open(self, invoice: OpenInvoice) -> PayableInvoice | None:
        ledger = self._ledgers.get(invoice.partner_code)
        if ledger is None:
            return None
        if id(invoice) not in self._places:
            self._places[id(invoice)] = invoice, ledger.invoices.place_of(invoice)
        _, place = self._places[id(invoice)]
        return None if place is None else ledger.open_at(place)

    def account(self, partner_code: str) -> PartnerAccount:
        ledger = self._ledgers.get(partner_code)
        return ledger.account(self._bounds, self._terms_of(partner_code)) if ledger else self._nothing_open

    def _terms_of(self, partner_code: str) -> PartnerTerms:
        terms = self._known_terms.get(partner_code)
        if terms is None:
            terms = self._known_terms[partner_code] = self._terms.of(partner_code)
        return terms

    def use(self, invoice: OpenInvoice, amount_minor: int) -> None:
        self._ledgers[invoice.partner_code].use(invoice, amount_minor)
        self.used.add(invoice.partner_code)

    def found_by_key(self, key: str) -> list[OpenInvoice]:
        return [invoice for invoice in self._named.get(key, ()) if self._open(invoice)]

    def found_by_amount(self, amount_minor: int, *, found_max: int) -> list[OpenInvoice]:
        """The oldest of the invoices of which just this is open; hundreds ask for the same price."""
        fitting = (i for i in self._by_amount.get(amount_minor, ()) if self.open_minor(i) == amount_minor)
        return list(islice(fitting, found_max))


def named_by_key(invoices: Iterable[OpenInvoice], keys: Collection[str]) -> dict[str, list[OpenInvoice]]:
    """The invoices that have one of the keys, oldest first."""
    named: dict[str, list[OpenInvoice]] = defaultdict(list)
    for invoice in invoices:
        for key in number_keys(invoice.number):
            if key in keys:
                named[key].append(invoice)
    return {key: sorted(found, key=by_age) for key, found in named.items()}


def _by_amount(ledgers: Iterable[Ledger], amounts_minor: Collection[int]) -> dict[int, list[OpenInvoice]]:
    found: dict[int, list[OpenInvoice]] = defaultdict(list)
    wanted = frozenset(amounts_minor)
    for ledger in ledgers if wanted else ():
        if wanted.isdisjoint(ledger.still_open.amounts):
            continue
        opened = ledger.still_open
        for position, amount in enumerate(opened.amounts):
            if amount in wanted:
                found[amount].append(opened[position].invoice)
    return {amount: sorted(invoices, key=by_age) for amount, invoices in found.items()}


def _payable(invoice: OpenInvoice, left_minor: int) -> PayableInvoice:
    taxable = invoice.taxable_minor
    if left_minor != invoice.total_minor and invoice.total_minor > 0:
        taxable = taxable * left_minor // invoice.total_minor
    return PayableInvoice(invoice, left_minor, taxable)
