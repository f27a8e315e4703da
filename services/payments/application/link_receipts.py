"""Ties receipts that another channel told to the bank's lines, so that each payment is one receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.line_store import (
    ClockReading,
    NewLine,
    read_clocks,
)
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.told_receipts import (
    close_lines,
    confirm_receipts,
    standing_receipts,
    still_standing,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.receipt import Receipt

WHY = {
    "hand": "Entered by hand with this reference",
    "virtual_account": "Told by the virtual account with this reference",
}


async def link_waiting_lines(work: UnitOfWork, receipts: Sequence[Receipt], at: datetime) -> None:
    """The bank's lines that the receipts were booked for wait no longer."""
    links = [(one.id, one.bank_line_id, WHY[one.channel]) for one in receipts if one.bank_line_id is not None]
    if links:
        await close_lines(work.connection, links, at)
        await read_clocks(work.connection, [_reading(line_id) for _, line_id, _ in links], at)


@dataclass(frozen=True, slots=True)
class ToldLines:
    """New lines that another channel told of: `confirmed` by line with their receipts, `disputed` with the reason.

    A line with the reference of a told receipt but another amount is disputed: it is never booked by itself.
    """

    confirmed: Mapping[UUID, Row]
    disputed: Mapping[UUID, str]

    def left_of(self, lines: Sequence[NewLine]) -> list[NewLine]:
        """The lines that are left to be decided."""
        return [new for new in lines if new.id not in self.confirmed]

    def says_the_same(self, other: "ToldLines") -> bool:
        pairs = {line_id: row.id for line_id, row in self.confirmed.items()}
        others = {line_id: row.id for line_id, row in other.confirmed.items()}
        return pairs == others and self.disputed == other.disputed


async def told_lines(
    connection: AsyncConnection, account: Row, lines: Sequence[NewLine], *, is_locking: bool
) -> ToldLines:
    """What other channels told of the lines; locked, nobody takes the receipts back until the transaction ends."""
    references = [new.key.strong_reference for new in lines if new.line.amount_minor > 0]
    told = [
        row
        for row in await standing_receipts(connection, [account.id], references)
        if row.bank_line_id is None
    ]
    if told and is_locking:
        standing = await still_standing(connection, [row.id for row in told])
        told = [row for row in told if row.id in standing]
    waiting = {row.reference: row for row in told}
    confirmed: dict[UUID, Row] = {}
    for new in lines:
        row = waiting.get(new.key.strong_reference) if new.line.amount_minor > 0 else None
        if row is not None and (row.credited_minor, row.credited_currency) == (
            new.line.amount_minor,
            new.line.currency,
        ):
            confirmed[new.id] = waiting.pop(new.key.strong_reference)
    disputed = {
        new.id: _difference(waiting[new.key.strong_reference])
        for new in lines
        if new.id not in confirmed and _differs(new, waiting)
    }
    return ToldLines(confirmed, disputed)


async def confirm_told_receipts(work: UnitOfWork, told: ToldLines, at: datetime) -> None:
    """Tie the lines to the receipts told before them."""
    if not told.confirmed:
        return
    pairs = [(row.id, line_id) for line_id, row in told.confirmed.items()]
    await confirm_receipts(work.connection, pairs, at)
    closed = [(row.id, line_id, WHY[row.channel]) for line_id, row in told.confirmed.items()]
    await close_lines(work.connection, closed, at)
    readings = [_reading(line_id, row.booked_at) for line_id, row in told.confirmed.items()]
    await read_clocks(work.connection, readings, at)


def _differs(new: NewLine, waiting: dict[str, Row]) -> bool:
    return new.line.amount_minor > 0 and new.key.strong_reference in waiting


def _difference(row: Row) -> str:
    return f"{row.reference} was told over another amount (receipt {row.id}); one of the two is wrong"


def _reading(line_id: UUID, booked_at: datetime | None = None) -> ClockReading:
    return ClockReading(
        line_id, "", is_identified=True, is_booked=True, is_excused=False, booked_at=booked_at
    )
