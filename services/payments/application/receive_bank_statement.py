"""Takes a statement file: keeps it as evidence and queues its import, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_accounts import bank_account_by_number
from services.payments.adapters.repositories.exceptions import (
    ExceptionStep,
    resolve_exceptions_of_statement,
)
from services.payments.adapters.statement_formats import StatementFormat
from services.payments.adapters.statement_store import statement_by_content, write_chunks
from services.payments.adapters.unit_of_work import UnitOfWork
from shared.jobs import enqueue

IMPORT_TASK: Final = "import_bank_statement"


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that arrived whole: its content on local disk, its SHA-256 and what it looks like."""

    content: IO[bytes]
    content_hash: bytes
    size_bytes: int
    file_name: str
    statement_format: StatementFormat


@dataclass(frozen=True, slots=True)
class ReceivedStatement:
    """`is_repeated`: exactly this file came before and nothing is imported again."""

    statement_id: UUID
    job_id: UUID
    is_repeated: bool


async def receive_bank_statement(
    work: UnitOfWork, bank_account: str, file: ReceivedFile, *, actor: str, at: datetime
) -> ReceivedStatement:
    """BankAccountUnknown when the account is not registered.

    A file whose import failed, was cancelled or was given up is imported again.
    """
    account = await bank_account_by_number(work.connection, bank_account)
    earlier = await statement_by_content(work.connection, account.id, file.content_hash)
    if earlier is not None and not _is_abandoned(earlier):
        return ReceivedStatement(earlier.id, earlier.job_id, is_repeated=True)
    statement_id = earlier.id if earlier is not None else uuid7()
    job_id = await enqueue(
        work.connection,
        IMPORT_TASK,
        {"statement_id": str(statement_id)},
        created_by=actor,
        lock=f"bank_account:{account.id}",
        result_url=f"/v1/bank-statements/{statement_id}",
    )
    if earlier is not None:
        await _queue_again(work, earlier, job_id, at)
    else:
        await _add_statement(work, account, statement_id, job_id, file, actor=actor, at=at)
    return ReceivedStatement(statement_id, job_id, is_repeated=False)


def _is_abandoned(statement: Row) -> bool:
    """Nothing will come of it any more: the import failed, or its job ended before the import did."""
    return statement.state == "failed" or (
        statement.state != "imported" and statement.job_state in ("failed", "cancelled")
    )


async def _queue_again(work: UnitOfWork, statement: Row, job_id: UUID, at: datetime) -> None:
    """What the failed import asked a person for is answered by the new one, whatever becomes of it."""
    step = ExceptionStep("resolved", "import", at, "cause_gone", "The file is imported again")
    await resolve_exceptions_of_statement(work.connection, statement.id, statement.failure_code, step)
    await work.connection.execute(
        sa.text(
            "UPDATE bank_statements SET state = 'received', job_id = :job_id, failure_code = '', failure_detail = ''"
            " WHERE id = :id"
        ),
        {"id": statement.id, "job_id": job_id},
    )


async def _add_statement(
    work: UnitOfWork,
    account: Row,
    statement_id: UUID,
    job_id: UUID,
    file: ReceivedFile,
    *,
    actor: str,
    at: datetime,
) -> None:
    await work.connection.execute(
        sa.text(
            "INSERT INTO bank_statements (id, bank_account_id, content_hash, file_name, statement_format,"
            " size_bytes, state, job_id, received_at, received_by) VALUES (:id, :bank_account_id, :content_hash,"
            " :file_name, :statement_format, :size_bytes, 'received', :job_id, :at, :actor)"
        ),
        {
            "id": statement_id,
            "bank_account_id": account.id,
            "content_hash": file.content_hash,
            "file_name": file.file_name[:200],
            "statement_format": file.statement_format.value,
            "size_bytes": file.size_bytes,
            "job_id": job_id,
            "at": at,
            "actor": actor,
        },
    )
    await write_chunks(work.connection, statement_id, file.content)
