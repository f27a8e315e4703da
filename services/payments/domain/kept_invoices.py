"""A partner's open invoices as they were read, in columns: an import holds a hundred thousand of them at a time, which as
objects would take nearly three times as much."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Protocol, overload
from uuid import UUID

from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.written_numbers import Texts

_ID_BYTES: Final = 16
_UNKNOWN: Final = -(2**63)


class Aged(Protocol):
    """An invoice as far as its place among those of its partner needs it."""

    @property
    def id(self) -> UUID: ...
    @property
    def issued_on(self) -> date: ...
    @property
    def number(self) -> str: ...


class KeptInvoices(Sequence[OpenInvoice]):
    """Invoices of one partner, oldest first; each is made again when it is asked for."""

    def __init__(self, invoices: Iterable[OpenInvoice] = ()) -> None:
        listed = sorted(invoices, key=by_age)
        self.numbers = Texts(one.number for one in listed)
        self.open_minor = array("q", (one.open_minor for one in listed))
        self.due_days = array("i", (one.due_on.toordinal() for one in listed))
        self._issued_days = array("i", (one.issued_on.toordinal() for one in listed))
        self._ids = b"".join(one.id.bytes for one in listed)
        self._taxable_minor = array("q", (one.taxable_minor for one in listed))
        self._tax_minor = array("q", (one.tax_minor for one in listed))
        self._total_minor = array("q", (one.total_minor for one in listed))
        self._purchases_minor = array("q", (_known(one.purchases_before_minor) for one in listed))
        self._currencies = [one.currency for one in listed]
        self._partner_code = listed[0].partner_code if listed else ""

    def __len__(self) -> int:
        return len(self.open_minor)

    @overload
    def __getitem__(self, place: int) -> OpenInvoice: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[OpenInvoice]: ...
    def __getitem__(self, place: int | slice) -> OpenInvoice | Sequence[OpenInvoice]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        purchases = self._purchases_minor[place]
        return OpenInvoice(
            id=self._id(place),
            number=self.numbers[place],
            partner_code=self._partner_code,
            issued_on=date.fromordinal(self._issued_days[place]),
            due_on=date.fromordinal(self.due_days[place]),
            currency=self._currencies[place],
            taxable_minor=self._taxable_minor[place],
            tax_minor=self._tax_minor[place],
            total_minor=self._total_minor[place],
            open_minor=self.open_minor[place],
            purchases_before_minor=None if purchases == _UNKNOWN else purchases,
        )

    def place_of(self, invoice: Aged) -> int | None:
        """None for an invoice that is not among them."""
        day = invoice.issued_on.toordinal()
        first = bisect_left(self._issued_days, day)
        last = bisect_right(self._issued_days, day, first)
        place = bisect_left(self.numbers, invoice.number, first, last)
        while place < last and self.numbers[place] == invoice.number:
            if self._id(place) == invoice.id:
                return place
            place += 1
        return None

    def _id(self, place: int) -> UUID:
        return UUID(bytes=self._ids[place * _ID_BYTES : (place + 1) * _ID_BYTES])


def by_age(invoice: Aged) -> tuple[date, str]:
    return invoice.issued_on, invoice.number


def _known(purchases_minor: int | None) -> int:
    return _UNKNOWN if purchases_minor is None else purchases_minor
