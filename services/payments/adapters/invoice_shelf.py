"""Open invoices that an import read once and keeps from one batch of lines to the next.

What the batches settle is taken off the ledgers by the matching itself. Whatever else changes an open item adds to the
audit chain, so the shelf is emptied when somebody else added to it, or when not all was booked as it was decided.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.decision_inputs import Opened, Shelved, shelf_part
from services.payments.adapters.open_invoices import (
    FoundInvoice,
    invoices_asked_for,
    open_invoices_by_id,
    open_invoices_of,
)
from services.payments.domain.matching import LookupKeys, ReadBatch, asked_for
from services.payments.domain.open_book import Ledger, OpenBook, named_by_key
from services.payments.domain.open_item import OpenInvoice

_PARTNERS_AT_A_TIME: Final = 40


@dataclass(frozen=True, slots=True)
class OpenedBook:
    """The book of a batch, the invoices to keep with its decisions, and what it has from a shelf."""

    book: OpenBook
    invoices: tuple[OpenInvoice, ...]
    shelved: Shelved | None = None


@dataclass(slots=True)
class InvoiceShelf:
    """Ledgers of the partners met so far, as they are after all batches so far."""

    _ledgers: dict[str, Ledger] = field(default_factory=dict)
    _parts: list[bytes] = field(default_factory=list)
    _contents: dict[bytes, bytes] = field(default_factory=dict)
    _position: int = -1  # of the audit chain's last link that the ledgers know of
    _opened: OpenedBook | None = None

    async def open(
        self, connection: AsyncConnection, batch: ReadBatch, keys: LookupKeys, currency: str
    ) -> OpenedBook:
        """All open invoices of the partners that lines speak for, and those asked for by number or amount."""
        await self._look_up(connection)
        new = sorted(keys.partner_codes - self._ledgers.keys())
        for start in range(0, len(new), _PARTNERS_AT_A_TIME):
            await self._fetch(connection, new[start : start + _PARTNERS_AT_A_TIME], currency)
        ledgers = {code: self._ledgers[code] for code in sorted(keys.partner_codes)}
        shelved = Shelved(_what_of(ledgers), tuple(self._parts), dict(self._contents))
        asked = await invoices_asked_for(connection, keys, currency)
        elsewhere = [one.id for one in asked if one.partner_code not in ledgers]
        others = tuple(await open_invoices_by_id(connection, elsewhere, currency))
        ledgers |= _ledgers_of(others)
        wanted, amounts = asked_for(batch)
        named = named_by_key(_in_ledgers(asked, ledgers), wanted)
        book = OpenBook(ledgers, batch.policy, named=named, amounts_minor=amounts)
        self._opened = OpenedBook(book, others, shelved)
        return self._opened

    async def keep(self, connection: AsyncConnection, *, is_as_decided: bool) -> None:
        """At the end of a batch's transaction: keep what is still known for sure."""
        opened, self._opened = self._opened, None
        row = (
            await connection.execute(
                sa.text(
                    "SELECT max(position) AS last, bool_or(xmin <> CAST(pg_current_xact_id() AS xid)) AS is_foreign"
                    " FROM audit_batches WHERE position > :known"
                ),
                {"known": self._position},
            )
        ).one()
        if opened is None or opened.shelved is None or row.is_foreign or not is_as_decided:
            self.clear()
            return
        self._position = self._position if row.last is None else row.last
        self._contents.clear()
        for code in opened.book.used.difference(opened.shelved.opened.codes):
            self._ledgers.pop(code, None)  # only some of its invoices were in the book
        for ledger in self._ledgers.values():
            ledger.rest()

    def clear(self) -> None:
        """Read everything again."""
        self._ledgers.clear()
        self._parts.clear()
        self._contents.clear()

    async def _look_up(self, connection: AsyncConnection) -> None:
        position = await connection.scalar(sa.text("SELECT coalesce(max(position), 0) FROM audit_batches"))
        if position != self._position:
            self.clear()
            self._position = position

    async def _fetch(self, connection: AsyncConnection, codes: Sequence[str], currency: str) -> None:
        invoices = await open_invoices_of(connection, codes, currency)
        digest, content = await asyncio.to_thread(shelf_part, invoices)
        self._parts.append(digest)
        self._contents[digest] = content
        ledgers = await asyncio.to_thread(_ledgers_of, invoices)
        self._ledgers |= {code: ledgers.get(code) or Ledger() for code in codes}


def _in_ledgers(asked: Iterable[FoundInvoice], ledgers: Mapping[str, Ledger]) -> Iterator[OpenInvoice]:
    for one in asked:
        ledger = ledgers.get(one.partner_code)
        place = ledger.invoices.place_of(one) if ledger is not None else None
        payable = ledger.open_at(place) if ledger is not None and place is not None else None
        if payable is not None:
            yield payable.invoice


def _what_of(ledgers: Mapping[str, Ledger]) -> Opened:
    left = {code: ledger.settled_since() for code, ledger in ledgers.items()}
    return Opened(tuple(ledgers), {code: places for code, places in left.items() if places})


def _ledgers_of(invoices: Iterable[OpenInvoice]) -> dict[str, Ledger]:
    by_partner: dict[str, list[OpenInvoice]] = defaultdict(list)
    for invoice in invoices:
        by_partner[invoice.partner_code].append(invoice)
    return {code: Ledger.of(of_partner) for code, of_partner in by_partner.items()}
