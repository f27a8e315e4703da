"""Ties receipts that another channel told to the bank's lines, so that each payment is one receipt."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

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


async def confirm_told_receipts(
    work: UnitOfWork, account: Row, lines: Sequence[NewLine], at: datetime
) -> tuple[list[NewLine], dict[UUID, str]]:
    """Tie new lines to the receipts told before them; returns the lines that are left to be decided.

    A line with the reference of a told receipt but another amount is never booked by itself: the second result has
    the reason per line.
    """
    references = [new.key.strong_reference for new in lines if new.line.amount_minor > 0]
    told = [
        row
        for row in await standing_receipts(work.connection, [account.id], references)
        if row.bank_line_id is None
    ]
    standing = await still_standing(work.connection, [row.id for row in told]) if told else set()
    waiting = {row.reference: row for row in told if row.id in standing}
    confirmed: list[tuple[NewLine, Row]] = []
    for new in lines:
        row = waiting.get(new.key.strong_reference) if new.line.amount_minor > 0 else None
        if row is not None and (row.credited_minor, row.credited_currency) == (
            new.line.amount_minor,
            new.line.currency,
        ):
            confirmed.append((new, waiting.pop(new.key.strong_reference)))
    if confirmed:
        await confirm_receipts(work.connection, [(row.id, new.id) for new, row in confirmed], at)
        await close_lines(work.connection, [(row.id, new.id, WHY[row.channel]) for new, row in confirmed], at)
        readings = [_reading(new.id, row.booked_at) for new, row in confirmed]
        await read_clocks(work.connection, readings, at)
    done = {new.id for new, _ in confirmed}
    left = [new for new in lines if new.id not in done]
    return left, {
        new.id: _difference(waiting[new.key.strong_reference]) for new in left if _differs(new, waiting)
    }


def _differs(new: NewLine, waiting: dict[str, Row]) -> bool:
    return new.line.amount_minor > 0 and new.key.strong_reference in waiting


def _difference(row: Row) -> str:
    return f"{row.reference} was told over another amount (receipt {row.id}); one of the two is wrong"


def _reading(line_id: UUID, booked_at: datetime | None = None) -> ClockReading:
    return ClockReading(
        line_id, "", is_identified=True, is_booked=True, is_excused=False, booked_at=booked_at
    )
