"""The received files, kept in the database in chunks: any worker can read them, and they are evidence."""

import tempfile
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.domain.bank_statement import Balance, PartClosed, PartOpened
from shared.errors import NotFound

CHUNK_BYTES: Final = 256 * 1024
SPOOL_MEMORY_BYTES: Final = 1024 * 1024


async def write_chunks(connection: AsyncConnection, statement_id: UUID, content: IO[bytes]) -> None:
    """Store the file; memory holds one chunk at a time."""
    content.seek(0)
    position = 0
    while chunk := content.read(CHUNK_BYTES):
        await copy_rows(
            connection, "statement_chunks", "statement_id position content", [(statement_id, position, chunk)]
        )
        position += 1


async def open_content(connection: AsyncConnection, statement_id: UUID) -> IO[bytes]:
    """The file as a seekable stream; small ones stay in memory, larger ones on the local disk while open."""
    spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_MEMORY_BYTES)  # noqa: SIM115 -- the caller closes it
    position = 0
    while True:
        chunk = await connection.scalar(
            sa.text("SELECT content FROM statement_chunks WHERE statement_id = :id AND position = :position"),
            {"id": statement_id, "position": position},
        )
        if chunk is None:
            spool.seek(0)
            return spool
        spool.write(chunk)
        position += 1


async def statement_by_content(
    connection: AsyncConnection, bank_account_id: UUID, content_hash: bytes
) -> Row | None:
    """The statement that brought exactly this file before, if any; two uploads of one file wait for each other."""
    await connection.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"statement:{bank_account_id}:{content_hash.hex()}"},
    )
    return (
        await connection.execute(
            sa.text(
                "SELECT s.*, j.state AS job_state FROM bank_statements s LEFT JOIN jobs j ON j.id = s.job_id"
                " WHERE s.bank_account_id = :bank_account_id AND s.content_hash = :content_hash"
            ),
            {"bank_account_id": bank_account_id, "content_hash": content_hash},
        )
    ).one_or_none()


async def statement_for_import(connection: AsyncConnection, statement_id: UUID) -> Row:
    """The statement with its account, both locked until the commit; other files can be received meanwhile."""
    return await _statement(connection, statement_id, " FOR NO KEY UPDATE")


async def statement_to_import(connection: AsyncConnection, statement_id: UUID) -> Row:
    """The statement with its account as they are now."""
    return await _statement(connection, statement_id, "")


async def _statement(connection: AsyncConnection, statement_id: UUID, lock: str) -> Row:
    row = (
        await connection.execute(
            sa.text(
                "SELECT s.*, b.number AS bank_account_number, b.currency AS currency"
                f" FROM bank_statements s JOIN bank_accounts b ON b.id = s.bank_account_id WHERE s.id = :id{lock}"
            ),
            {"id": statement_id},
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no bank statement {statement_id}")
    return row


async def set_state(connection: AsyncConnection, statement_id: UUID, state: str, at: datetime) -> None:
    imported_at = at if state == "imported" else None
    await connection.execute(
        sa.text("UPDATE bank_statements SET state = :state, imported_at = :imported_at WHERE id = :id"),
        {"id": statement_id, "state": state, "imported_at": imported_at},
    )


async def set_failure(connection: AsyncConnection, statement_id: UUID, code: str, detail: str) -> None:
    await connection.execute(
        sa.text(
            "UPDATE bank_statements SET state = 'failed', failure_code = :code, failure_detail = :detail"
            " WHERE id = :id"
        ),
        {"id": statement_id, "code": code, "detail": detail},
    )


async def set_progress(
    connection: AsyncConnection, statement_id: UUID, lines_read: int, counts: Mapping[str, int]
) -> None:
    """How far the import is and what became of the lines so far; a restarted import goes on behind it."""
    await connection.execute(
        sa.text(
            "UPDATE bank_statements SET state = 'importing', lines_read = :lines_read, counts = CAST(:counts AS jsonb)"
            " WHERE id = :id"
        ),
        {"id": statement_id, "lines_read": lines_read, "counts": msgspec.json.encode(counts).decode()},
    )


async def add_part(
    connection: AsyncConnection, statement_id: UUID, opened: PartOpened, closed: PartClosed
) -> str | None:
    """Store a part with its proof, summed from the stored lines.

    What is proved is opening + lines = closing; where the format has control totals, that they agree as well. A part
    that states only its closing balance continues the one before it: the closing balance then and what was stored
    since must give the closing balance now. Returns the proof; None when an interrupted import had stored the part
    before.
    """
    opening, closing = _minor(closed.opening), _minor(closed.closing)
    if opening is None and closing is not None and opened.is_final:
        expected = await _continued_balance(connection, statement_id, opened, closed)
    else:
        expected = None
    proof = await connection.scalar(
        sa.text(
            "INSERT INTO statement_parts (statement_id, part_number, account_number, currency, identification,"
            " sequence, is_final, opening_minor, closing_minor, opening_on, closing_on,"
            " lines_minor, lines_count, proof)"
            " SELECT :id, :part, :account_number, :currency, :identification, :sequence, :is_final, :opening,"
            " :closing, :opening_on, :closing_on, coalesce(sum(amount_minor), 0), count(*),"
            " CASE WHEN CAST(:is_complete AS bool) IS FALSE"
            "   OR CAST(:opening AS bigint) + coalesce(sum(amount_minor), 0) <> CAST(:closing AS bigint)"
            "   OR CAST(:expected AS bigint) <> CAST(:closing AS bigint) THEN 'mismatch'"
            "  WHEN CAST(:is_complete AS bool) OR CAST(:expected AS bigint) = CAST(:closing AS bigint)"
            "   OR CAST(:opening AS bigint) + coalesce(sum(amount_minor), 0) = CAST(:closing AS bigint)"
            "  THEN 'proved' ELSE 'not_stated' END"
            " FROM statement_lines WHERE statement_id = :id AND part_number = :part"
            " ON CONFLICT (statement_id, part_number) DO NOTHING RETURNING proof"
        ),
        {
            "id": statement_id,
            "part": opened.part_number,
            "account_number": opened.account_number,
            "currency": opened.currency,
            "identification": opened.identification,
            "sequence": opened.sequence,
            "is_final": opened.is_final,
            "opening": opening,
            "closing": closing,
            "opening_on": closed.opening.balance_on if closed.opening else None,
            "closing_on": closed.closing.balance_on if closed.closing else None,
            "is_complete": closed.is_complete,
            "expected": expected,
        },
    )
    return None if proof is None else str(proof)


async def _continued_balance(
    connection: AsyncConnection, statement_id: UUID, opened: PartOpened, closed: PartClosed
) -> int | None:
    """The last closing balance another file stated for the account, and what was stored since from that day on.

    Lines of days before it are older than that balance, which holds them already. None where no file stated one.
    """
    expected = await connection.scalar(
        sa.text(
            "SELECT p.closing_minor + coalesce((SELECT sum(l.amount_minor) FROM bank_lines l"
            "  WHERE l.bank_account_id = s.bank_account_id AND l.statement_id > s.id AND l.currency = p.currency"
            "  AND l.booked_on >= p.closing_on), 0)"
            " FROM bank_statements this JOIN bank_statements s ON s.bank_account_id = this.bank_account_id"
            " AND s.id < this.id JOIN statement_parts p ON p.statement_id = s.id"
            " WHERE this.id = :id AND p.is_final AND p.currency = :currency AND p.proof <> 'mismatch'"
            " AND p.closing_minor IS NOT NULL AND p.closing_on <= :closing_on"
            " ORDER BY p.closing_on DESC, s.id DESC, p.part_number DESC LIMIT 1"
        ),
        {
            "id": statement_id,
            "currency": opened.currency,
            "closing_on": closed.closing.balance_on if closed.closing else None,
        },
    )
    return None if expected is None else int(expected)


def _minor(balance: Balance | None) -> int | None:
    return None if balance is None else balance.amount_minor
