"""Exceptions as they are raised, owned, accepted, resolved and reopened; each step is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.repositories import Row

# A line is in the books while a receipt stands on it, while it is posted or linked, or when the return it tells took a
# receipt back. A cheque that came back leaves the books as the bank leaves the line: both lines stay.
_TAKEN_BACK = "v.bank_line_id IS NULL AND v.reason_code <> 'cheque_returned'"
LINE_IN_BOOKS: Final = (
    "(EXISTS (SELECT FROM receipts r WHERE r.bank_line_id = l.id AND NOT EXISTS (SELECT FROM receipt_reversals v"
    f"  WHERE v.receipt_id = r.id AND {_TAKEN_BACK}))"
    " OR EXISTS (SELECT FROM receipt_confirmations c WHERE c.bank_line_id = l.id AND NOT EXISTS (SELECT FROM"
    f"  receipt_reversals v WHERE v.receipt_id = c.receipt_id AND {_TAKEN_BACK}))"
    " OR EXISTS (SELECT FROM receipt_reversals v WHERE v.bank_line_id = l.id)"
    " OR EXISTS (SELECT FROM bank_line_links k WHERE k.bank_line_id = l.id)"
    " OR EXISTS (SELECT FROM bank_line_postings p WHERE p.bank_line_id = l.id AND p.reversed_at IS NULL))"
)


@dataclass(frozen=True, slots=True)
class ExceptionStep:
    """One step of the history: `value` is the new owner or the cause."""

    kind: str
    actor: str
    at: datetime
    value: str = ""
    note: str = ""
    evidence: tuple[str, ...] = ()


async def resolve_exceptions_of_lines(
    connection: AsyncConnection, bank_line_ids: Sequence[UUID], step: ExceptionStep
) -> None:
    """End every exception of the lines with the step's cause: the one way for whoever books or explains a line."""
    await _resolve_where(connection, "bank_line_id = ANY(CAST(:ids AS uuid[]))", {"ids": bank_line_ids}, step)


async def resolve_exceptions_of_statement(
    connection: AsyncConnection, statement_id: UUID, code: str, step: ExceptionStep
) -> None:
    """End the exceptions of a code that a file raised as a whole."""
    condition = "statement_id = :statement_id AND code = :code AND bank_line_id IS NULL"
    await _resolve_where(connection, condition, {"statement_id": statement_id, "code": code}, step)


async def resolve_exceptions_of_subject(
    connection: AsyncConnection, subject: str, step: ExceptionStep
) -> None:
    """End the exception of a subject, if it has one."""
    await _resolve_where(connection, "subject = :subject", {"subject": subject}, step)


async def resolve_exceptions_gone(connection: AsyncConnection, step: ExceptionStep) -> None:
    """End the exceptions whose line came into the books by any way."""
    condition = (
        f"bank_line_id IN (SELECT l.id FROM bank_lines l WHERE l.id = bank_line_id AND {LINE_IN_BOOKS})"
    )
    await _resolve_where(connection, condition, {}, step)


async def _resolve_where(
    connection: AsyncConnection, condition: str, parameters: Mapping[str, object], step: ExceptionStep
) -> None:
    await connection.execute(
        sa.text(
            "WITH resolved AS (UPDATE payment_exceptions SET resolved_at = :at, cause = :value, revision = revision + 1"
            f" WHERE resolved_at IS NULL AND {condition} RETURNING id, revision)"
            " INSERT INTO payment_exception_events (exception_id, revision, kind, value, note, evidence, actor, at)"
            " SELECT id, revision, 'resolved', :value, :note, CAST(:evidence AS varchar[]), :actor, :at FROM resolved"
        ),
        {**parameters, **_facts(step)},
    )


async def raise_for_subject(connection: AsyncConnection, subject: str, values: Mapping[str, object]) -> None:
    """`code`, `detail`, `bank_account_id`, `by` and `at`; a subject that has an unresolved one keeps that."""
    await connection.execute(
        sa.text(
            "INSERT INTO payment_exceptions (id, code, detail, bank_account_id, subject, raised_by, raised_at)"
            " VALUES (:id, :code, :detail, :bank_account_id, :subject, :by, :at)"
            " ON CONFLICT (subject) WHERE resolved_at IS NULL AND subject <> '' DO NOTHING"
        ),
        {**values, "id": uuid7(), "subject": subject},
    )


async def exception_for_update(connection: AsyncConnection, exception_id: UUID) -> Row | None:
    """The exception locked, with `is_cause_standing`: its line is not in the books."""
    return (
        await connection.execute(
            sa.text(
                "SELECT x.*, EXISTS (SELECT FROM bank_lines l WHERE l.id = x.bank_line_id"
                f" AND NOT {LINE_IN_BOOKS}) AS is_cause_standing FROM payment_exceptions x WHERE x.id = :id FOR UPDATE"
            ),
            {"id": exception_id},
        )
    ).one_or_none()


async def change_exception(
    connection: AsyncConnection, exception_id: UUID, step: ExceptionStep, **values: object
) -> None:
    """Set the given columns, count the revision up and keep the step."""
    columns = "".join(f"{name} = :new_{name}, " for name in values)
    revision = await connection.scalar(
        sa.text(
            f"UPDATE payment_exceptions SET {columns}revision = revision + 1 WHERE id = :id RETURNING revision"
        ),
        {"id": exception_id, **{f"new_{name}": value for name, value in values.items()}},
    )
    await connection.execute(
        sa.text(
            "INSERT INTO payment_exception_events (exception_id, revision, kind, value, note, evidence, actor, at)"
            " VALUES (:id, :revision, :kind, :value, :note, CAST(:evidence AS varchar[]), :actor, :at)"
        ),
        {"id": exception_id, "revision": revision, "kind": step.kind, **_facts(step)},
    )


def _facts(step: ExceptionStep) -> dict[str, object]:
    return {
        "value": step.value,
        "note": step.note,
        "evidence": list(step.evidence),
        "actor": step.actor,
        "at": step.at,
    }
