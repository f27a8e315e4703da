"""Whether a statement follows those before it: balances from part to part of a file, numbers from file to file."""

import re
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.domain.bank_statement import Finding, PartClosed, PartOpened
from shared.money import text_from_minor

# Banks start anew with 1 each year, so a number of last year says nothing about this one.
_SAME_COUNT_DAYS: Final = 300
_SEQUENCE: Final = re.compile(r"\s*0*(\d{1,10})(?:/\d{1,5})?\s*")


def sequence_number(text: str) -> int | None:
    """Return the number of '137/1' (:28C: with its page) or '137' (ElctrncSeqNb); None where there is none."""
    matched = _SEQUENCE.fullmatch(text)
    return int(matched[1]) if matched else None


async def chain_findings(
    connection: AsyncConnection, statement_id: UUID, opened: PartOpened, closed: PartClosed
) -> list[Finding]:
    """What does not follow; nothing is said where a file states neither balances nor numbers."""
    if not opened.is_final:
        return []
    found = [
        await _balance_break(connection, statement_id, opened, closed),
        await _missing_statement(connection, statement_id, opened, closed),
    ]
    return [finding for finding in found if finding is not None]


async def _balance_break(
    connection: AsyncConnection, statement_id: UUID, opened: PartOpened, closed: PartClosed
) -> Finding | None:
    """Within a file, the opening balance is the closing balance of the part before."""
    if closed.opening is None or closed.opening.balance_on is None:
        return None
    closing_minor = await connection.scalar(
        sa.text(
            "SELECT closing_minor FROM statement_parts WHERE statement_id = :id AND part_number = :part - 1"
            " AND account_number = :account AND currency = :currency AND closing_on <= :opened_on AND is_final"
        ),
        {
            "id": statement_id,
            "part": opened.part_number,
            "account": opened.account_number,
            "currency": closed.opening.currency,
            "opened_on": closed.opening.balance_on,
        },
    )
    if closing_minor is None or closing_minor == closed.opening.amount_minor:
        return None
    before = text_from_minor(closing_minor, closed.opening.currency)
    now = text_from_minor(closed.opening.amount_minor, closed.opening.currency)
    return Finding("statement_gap", f"opens with {now}, but the statement before it closes with {before}")


async def _missing_statement(
    connection: AsyncConnection, statement_id: UUID, opened: PartOpened, closed: PartClosed
) -> Finding | None:
    """The number before this one came with no file, though an earlier one did."""
    number = sequence_number(opened.sequence)
    if number is None or number < 2 or closed.closing is None or closed.closing.balance_on is None:
        return None
    rows = await connection.execute(
        sa.text(
            "SELECT DISTINCT p.sequence FROM bank_statements this"
            " JOIN bank_statements s ON s.bank_account_id = this.bank_account_id"
            " JOIN statement_parts p ON p.statement_id = s.id WHERE this.id = :id AND p.is_final AND p.sequence <> ''"
            " AND p.account_number = :account AND p.closing_on BETWEEN CAST(:day AS date) - CAST(:days AS int)"
            " AND CAST(:day AS date)"
        ),
        {
            "id": statement_id,
            "account": opened.account_number,
            "day": closed.closing.balance_on,
            "days": _SAME_COUNT_DAYS,
        },
    )
    known = {each for row in rows if (each := sequence_number(row.sequence)) is not None and each < number}
    if not known or number - 1 in known:
        return None
    last = max(known)
    missing = f"{last + 1}" if last + 2 == number else f"{last + 1} to {number - 1}"
    return Finding(
        "statement_gap", f"is number {number}, but number {missing} never came; the last is {last}"
    )
