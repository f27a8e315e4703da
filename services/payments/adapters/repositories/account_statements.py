"""Published account statements and the batches they were published in; rows are only ever added."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.account_statement import AccountSection, StatementWanted
from services.payments.domain.business_day import financial_year


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One row to insert."""

    id: UUID
    number: str
    wanted: StatementWanted
    language: str
    facts_hash: bytes
    supersedes_id: UUID | None


async def latest_statement(connection: AsyncConnection, wanted: StatementWanted, language: str) -> Row | None:
    """The newest one of the very same request; the partner is locked until the transaction ends."""
    await connection.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 3))"),
        {"key": f"statements:{wanted.partner_code}"},
    )
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM account_statements s WHERE partner_code = :partner AND kind = :kind"
                " AND from_on = :first AND to_on = :last AND ageing_by = :basis"
                " AND bounds = CAST(:bounds AS bigint[]) AND language = :language"
                " AND NOT EXISTS (SELECT FROM account_statements n WHERE n.supersedes_id = s.id)"
            ),
            _request(wanted, language),
        )
    ).one_or_none()


async def next_statement_number(connection: AsyncConnection, partner_code: str, day: date) -> str:
    """Counted per partner and financial year; ask with the partner locked."""
    prefix = f"AS/{financial_year(day)}/{partner_code}/"
    count = await connection.scalar(
        sa.text(
            "SELECT count(*) FROM account_statements WHERE partner_code = :partner AND starts_with(number, :prefix)"
        ),
        {"partner": partner_code, "prefix": prefix},
    )
    return f"{prefix}{int(count or 0) + 1:04d}"


async def add_statement(
    connection: AsyncConnection, row: StatementRow, posting: Mapping[str, object]
) -> None:
    """`posting` has `at` and `by`."""
    await connection.execute(
        sa.text(
            "INSERT INTO account_statements (id, number, partner_code, kind, from_on, to_on, ageing_by, bounds,"
            " language, facts_hash, supersedes_id, published_at, published_by) VALUES (:id, :number, :partner, :kind,"
            " :first, :last, :basis, CAST(:bounds AS bigint[]), :language, :facts_hash, :supersedes_id, :at, :by)"
        ),
        {
            **_request(row.wanted, row.language),
            "id": row.id,
            "number": row.number,
            "facts_hash": row.facts_hash,
            "supersedes_id": row.supersedes_id,
            **posting,
        },
    )


def _request(wanted: StatementWanted, language: str) -> dict[str, object]:
    return {
        "partner": wanted.partner_code,
        "kind": wanted.kind.value,
        "first": wanted.period.first,
        "last": wanted.period.last,
        "basis": wanted.basis.value,
        "bounds": list(wanted.bounds),
        "language": language,
    }


async def add_balances(
    connection: AsyncConnection, statement_id: UUID, sections: Sequence[AccountSection]
) -> None:
    """The figures per currency; the database refuses those that do not prove."""
    await connection.execute(
        sa.text(
            "INSERT INTO account_statement_balances VALUES (:id, :currency, :opening, :debit, :credit, :closing,"
            " :ledger, :ageing, :items)"
        ),
        [
            {
                "id": statement_id,
                "currency": section.currency,
                "opening": section.opening_minor,
                "debit": section.debit_minor,
                "credit": section.credit_minor,
                "closing": section.closing_minor,
                "ledger": section.books.ledger_minor,
                "ageing": section.ageing.total_minor,
                "items": section.items_minor,
            }
            for section in sections
        ],
    )


async def add_files(connection: AsyncConnection, statement_id: UUID, files: Mapping[str, bytes]) -> None:
    """One row per format."""
    await connection.execute(
        sa.text("INSERT INTO account_statement_files VALUES (:id, :format, :content, :hash)"),
        [
            {"id": statement_id, "format": name, "content": content, "hash": hashlib.sha256(content).digest()}
            for name, content in files.items()
        ],
    )


async def add_batch(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO account_statement_batches VALUES (:id, :kind, :first, :last, :basis,"
            " CAST(:bounds AS bigint[]), :language, :zone, CAST(:partner_codes AS varchar[]), :count, :job_id, :at, :by,"
            " :confirmation_kind, :confirmation_due_on)"
        ),
        values,
    )


async def batch_by_id(connection: AsyncConnection, batch_id: UUID) -> Row:
    return (
        await connection.execute(
            sa.text("SELECT * FROM account_statement_batches WHERE id = :id"), {"id": batch_id}
        )
    ).one()


async def partners_left(connection: AsyncConnection, batch_id: UUID) -> list[str]:
    """Partners of the batch that nothing was recorded about yet, in the order of their codes."""
    rows = await connection.execute(
        sa.text(
            "SELECT code FROM account_statement_batches b CROSS JOIN unnest(b.partner_codes) AS wanted (code)"
            " WHERE b.id = :id AND NOT EXISTS (SELECT FROM account_statement_batch_entries e"
            "  WHERE e.batch_id = b.id AND e.partner_code = code) ORDER BY code"
        ),
        {"id": batch_id},
    )
    return [row.code for row in rows]


async def add_batch_entry(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    """What became of a partner; a second run of the job leaves it as it is."""
    await connection.execute(
        sa.text(
            "INSERT INTO account_statement_batch_entries VALUES (:batch_id, :partner_code, :outcome, :statement_id,"
            " :code, :detail, :at) ON CONFLICT DO NOTHING"
        ),
        values,
    )


async def partner_codes_of_zone(connection: AsyncConnection, zone: str | None) -> list[str]:
    """All partners, or those of a zone."""
    rows = await connection.execute(
        sa.text(
            "SELECT code FROM partners WHERE (CAST(:zone AS text) IS NULL OR zone = :zone) ORDER BY code"
        ),
        {"zone": zone},
    )
    return [row.code for row in rows]
