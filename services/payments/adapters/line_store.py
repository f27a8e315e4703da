"""Stores statement lines once, and what is raised about them; set-based."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.clock_store import ClockReading as ClockReading
from services.payments.adapters.clock_store import read_clocks as read_clocks
from services.payments.adapters.ledger_writer import copy_rows
from services.payments.domain.bank_statement import RejectedLine, StatementLine
from services.payments.domain.line_identity import LineKey, StoredLine

RAW_LENGTH_MAX = 2_000


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that no earlier file brought, with the id it gets."""

    id: UUID
    line: StatementLine
    key: LineKey


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """What became of one line of a file."""

    line: StatementLine | RejectedLine
    outcome: str  # new, duplicate, rejected, information
    bank_line_id: UUID | None = None


async def lines_of_earlier_files(
    connection: AsyncConnection, bank_account_id: UUID, statement_id: UUID, keys: Sequence[LineKey]
) -> list[StoredLine]:
    """Stored lines that the keys may repeat: same days and amounts, brought by other files, not yet paired."""
    rows = await connection.execute(
        sa.text(
            "SELECT l.id, l.value_on, l.amount_minor, l.strong_reference, l.narration_key FROM bank_lines l"
            " WHERE l.bank_account_id = :bank_account_id AND l.statement_id <> :statement_id"
            " AND (l.value_on, l.amount_minor) IN"
            "  (SELECT * FROM unnest(CAST(:days AS date[]), CAST(:amounts AS bigint[])))"
            " AND NOT EXISTS (SELECT FROM statement_lines s"
            "  WHERE s.statement_id = :statement_id AND s.bank_line_id = l.id)"
            " ORDER BY l.id"
        ),
        {
            "bank_account_id": bank_account_id,
            "statement_id": statement_id,
            "days": [key.value_on for key in keys],
            "amounts": [key.amount_minor for key in keys],
        },
    )
    return [
        StoredLine(row.id, LineKey(row.value_on, row.amount_minor, row.strong_reference, row.narration_key))
        for row in rows
    ]


async def lines_of_other_files(connection: AsyncConnection, bank_account_id: UUID, statement_id: UUID) -> int:
    """How many lines of other files of the account were read so far: more with every transaction that adds some."""
    return int(
        await connection.scalar(
            sa.text(
                "SELECT coalesce(sum(lines_read), 0) FROM bank_statements"
                " WHERE bank_account_id = :bank_account_id AND id <> :statement_id"
            ),
            {"bank_account_id": bank_account_id, "statement_id": statement_id},
        )
    )


async def add_bank_lines(
    connection: AsyncConnection,
    *,
    bank_account_id: UUID,
    statement_id: UUID,
    lines: Sequence[NewLine],
    at: datetime,
) -> None:
    """Insert new lines; equal lines get occurrence 1, 2, … so that the unique key keeps them apart."""
    prints = [line.key.fingerprint() for line in lines]
    seen = await _occurrences(connection, bank_account_id, prints)
    rows = []
    for new, fingerprint in zip(lines, prints, strict=True):
        seen[fingerprint] += 1
        line = new.line
        rows.append(
            (new.id, bank_account_id, statement_id, line.line_number, line.booked_on, line.value_on,
             line.amount_minor, line.currency, line.narration, line.bank_reference, line.customer_reference,
             line.counterparty_name, line.counterparty_account, line.kind_code, line.is_reversal,
             new.key.strong_reference, new.key.narration_key, fingerprint, seen[fingerprint],
             line.raw[:RAW_LENGTH_MAX], at,
             list(line.document_numbers), list(line.other_references))
        )  # fmt: skip
    await copy_rows(
        connection,
        "bank_lines",
        "id bank_account_id statement_id line_number booked_on value_on amount_minor currency narration"
        " bank_reference customer_reference counterparty_name counterparty_account kind_code is_reversal"
        " strong_reference narration_key fingerprint occurrence raw stored_at document_numbers other_references",
        rows,
    )


async def _occurrences(
    connection: AsyncConnection, bank_account_id: UUID, prints: Sequence[bytes]
) -> Counter[bytes]:
    rows = await connection.execute(
        sa.text(
            "SELECT fingerprint, max(occurrence) AS highest FROM bank_lines WHERE bank_account_id = :account"
            " AND fingerprint = ANY(CAST(:prints AS bytea[])) GROUP BY fingerprint"
        ),
        {"account": bank_account_id, "prints": list(set(prints))},
    )
    return Counter({row.fingerprint: row.highest for row in rows})


async def add_statement_lines(
    connection: AsyncConnection, statement_id: UUID, outcomes: Sequence[LineOutcome]
) -> None:
    """Account for every line of the file, whatever became of it."""
    await copy_rows(
        connection,
        "statement_lines",
        "statement_id line_number part_number outcome bank_line_id amount_minor code detail raw",
        [_statement_line(statement_id, outcome) for outcome in outcomes],
    )


def _statement_line(statement_id: UUID, outcome: LineOutcome) -> tuple[object, ...]:
    line = outcome.line
    said: tuple[int | None, str, str, str]
    if isinstance(line, RejectedLine):
        said = (None, line.code, line.detail, line.raw[:RAW_LENGTH_MAX])
    else:
        said = (line.amount_minor, "", "", "" if outcome.outcome == "new" else line.raw[:RAW_LENGTH_MAX])
    return (
        statement_id, line.line_number, line.part_number, outcome.outcome, outcome.bank_line_id, *said
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RaisedException:
    """Something for a person: what, about which line, said so that the next step is clear."""

    code: str
    detail: str
    bank_line_id: UUID | None = None


async def raise_exceptions(
    connection: AsyncConnection, statement_id: UUID | None, raised: Sequence[RaisedException], at: datetime
) -> None:
    await copy_rows(
        connection,
        "payment_exceptions",
        "id code detail statement_id bank_line_id raised_at resolved_at",
        [(uuid7(), one.code, one.detail, statement_id, one.bank_line_id, at, None) for one in raised],
    )
