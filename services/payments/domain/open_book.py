"""The open invoices of a batch while it is being matched: what is still open, found by partner and by number."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from uuid import UUID

from services.payments.domain.deduction import PayableInvoice
from services.payments.domain.invoice_number import normalised_number, number_keys, serial_of
from services.payments.domain.open_item import OpenInvoice


@dataclass(frozen=True)
class PartnerAccount:
    """One partner's open invoices, oldest first, with what the search needs; made anew when one of them is paid."""

    payables: tuple[PayableInvoice, ...]

    @cached_property
    def amounts(self) -> list[int]:
        return [payable.open_minor for payable in self.payables]

    @cached_property
    def prefix_sums(self) -> list[int]:
        return [0, *accumulate(self.amounts)]

    @cached_property
    def by_due_date(self) -> list[int]:
        """Positions in the order of their due dates; empty when that is the order they are in."""
        order = sorted(range(len(self.payables)), key=lambda position: self.payables[position].invoice.due_on)
        return [] if order == list(range(len(order))) else order

    @cached_property
    def due_prefix_sums(self) -> list[int]:
        return [0, *accumulate(self.amounts[position] for position in self.by_due_date)]

    @cached_property
    def numbers(self) -> list[str]:
        return [normalised_number(payable.invoice.number) for payable in self.payables]

    @cached_property
    def serials(self) -> list[str]:
        return [serial_of(payable.invoice.number) for payable in self.payables]


class OpenBook:
    """Keeps count of what earlier decisions of the batch have used."""

    def __init__(self, invoices: Iterable[OpenInvoice], *, items_max: int) -> None:
        self._items_max = items_max
        self._open: dict[UUID, int] = {}
        self._by_partner: dict[str, list[OpenInvoice]] = defaultdict(list)
        self._by_key: dict[str, list[OpenInvoice]] = defaultdict(list)
        self._by_amount: dict[int, list[OpenInvoice]] = defaultdict(list)
        self._accounts: dict[str, PartnerAccount] = {}
        for invoice in sorted(invoices, key=lambda i: (i.issued_on, i.number)):
            if invoice.open_minor > 0 and invoice.id not in self._open:
                self._add(invoice)

    def _add(self, invoice: OpenInvoice) -> None:
        self._open[invoice.id] = invoice.open_minor
        self._by_partner[invoice.partner_code].append(invoice)
        self._by_amount[invoice.open_minor].append(invoice)
        for key in number_keys(invoice.number):
            self._by_key[key].append(invoice)

    def open_minor(self, invoice: OpenInvoice) -> int:
        return self._open[invoice.id]

    def account(self, partner_code: str) -> PartnerAccount:
        account = self._accounts.get(partner_code)
        if account is None:
            invoices = self._by_partner.get(partner_code, ())
            payables = [self._payable(invoice) for invoice in invoices if self._open[invoice.id] > 0]
            account = self._accounts[partner_code] = PartnerAccount(tuple(payables[: self._items_max]))
        return account

    def _payable(self, invoice: OpenInvoice) -> PayableInvoice:
        left = self._open[invoice.id]
        taxable = invoice.taxable_minor
        if left != invoice.total_minor and invoice.total_minor > 0:
            taxable = taxable * left // invoice.total_minor
        return PayableInvoice(invoice, left, taxable)

    def use(self, invoice: OpenInvoice, amount_minor: int) -> None:
        assert 0 < amount_minor <= self._open[invoice.id], "a decision may not use more than is open"
        self._open[invoice.id] -= amount_minor
        self._accounts.pop(invoice.partner_code, None)

    def found_by_key(self, key: str) -> list[OpenInvoice]:
        return [invoice for invoice in self._by_key.get(key, ()) if self._open[invoice.id] > 0]

    def found_by_amount(self, amount_minor: int) -> list[OpenInvoice]:
        return [i for i in self._by_amount.get(amount_minor, ()) if self._open[i.id] == amount_minor]
