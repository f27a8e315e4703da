"""Questions about payments as they are asked, answered and closed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.repositories import Row
from services.payments.domain.named_documents import NamedDocuments

LINKS_MAX: Final = 50


async def answer_hours(connection: AsyncConnection, category: str, day: date) -> int | None:
    """The hours of the category on that day; None for a category nobody set."""
    hours: int | None = await connection.scalar(
        sa.text(
            "SELECT answer_hours FROM query_targets WHERE category = :category AND valid_from <= :day"
            " ORDER BY valid_from DESC LIMIT 1"
        ),
        {"category": category, "day": day},
    )
    return hours


async def next_query_number(connection: AsyncConnection, financial_year: str) -> str:
    number = await connection.scalar(
        sa.text(
            "INSERT INTO query_counters AS c VALUES (:year, 1) ON CONFLICT (financial_year)"
            " DO UPDATE SET last_number = c.last_number + 1 RETURNING last_number"
        ),
        {"year": financial_year},
    )
    return f"PQ/{financial_year}/{number:06d}"


async def query_of_external(connection: AsyncConnection, channel: str, external_id: str) -> Row | None:
    """The question another system opened under this id; asked with the id locked, so that it is opened once."""
    await connection.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))"),
        {"key": f"{channel}:{external_id}"},
    )
    return (
        await connection.execute(
            sa.text("SELECT * FROM payment_queries WHERE channel = :channel AND external_id = :id"),
            {"channel": channel, "id": external_id},
        )
    ).one_or_none()


async def documents_named(
    connection: AsyncConnection, named: Sequence[tuple[str, NamedDocuments]]
) -> list[tuple[tuple[str, str], ...]]:
    """The partner's own invoices and receipts that its words name, as links, in the order asked."""
    rows = await connection.execute(
        _DOCUMENTS_NAMED,
        {
            "partners": [code for code, _ in named],
            "numbers": [" ".join(sorted(names.invoice_keys)) for _, names in named],
            "references": [" ".join(sorted(names.references)) for _, names in named],
            "cheques": [" ".join(sorted(names.cheque_numbers)) for _, names in named],
        },
    )
    links: list[list[tuple[str, str]]] = [[] for _ in named]
    for row in rows:
        links[row.place - 1].append((row.kind, str(row.id)))
    return [tuple(found[:LINKS_MAX]) for found in links]


async def add_query(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO payment_queries (id, number, partner_code, category, subject, channel, external_id, state,"
            " owner, opened_at, opened_by, due_at, revision) VALUES (:id, :number, :partner_code, :category, :subject,"
            " :channel, :external_id, 'open', :owner, :at, :by, :due_at, 1)"
        ),
        values,
    )


async def add_links(connection: AsyncConnection, query_id: UUID, links: Sequence[tuple[str, str]]) -> None:
    """(kind, id of the target); a link that is there stays."""
    await connection.execute(
        sa.text(
            "INSERT INTO payment_query_links (query_id, kind, target_id) SELECT :id, k, t"
            " FROM unnest(CAST(:kinds AS text[]), CAST(:targets AS text[])) AS l (k, t) ON CONFLICT DO NOTHING"
        ),
        {"id": query_id, "kinds": [kind for kind, _ in links], "targets": [target for _, target in links]},
    )


async def add_message(connection: AsyncConnection, query_id: UUID, values: Mapping[str, object]) -> None:
    """`kind`, `body`, `evidence` (a mapping), `author` and `at`."""
    evidence = msgspec.json.encode(values["evidence"]).decode()
    await connection.execute(
        sa.text(
            "INSERT INTO payment_query_messages VALUES (:id, :query_id, :kind, :body, CAST(:facts AS jsonb), :author, :at)"
        ),
        {**values, "facts": evidence, "id": uuid7(), "query_id": query_id},
    )


async def query_for_update(connection: AsyncConnection, query_id: UUID) -> Row | None:
    return (
        await connection.execute(
            sa.text("SELECT * FROM payment_queries WHERE id = :id FOR UPDATE"), {"id": query_id}
        )
    ).one_or_none()


async def change_query(connection: AsyncConnection, query_id: UUID, **values: object) -> None:
    """Set the given columns and count the revision."""
    columns = ", ".join(f"{name} = :{name}" for name in values)
    await connection.execute(
        sa.text(f"UPDATE payment_queries SET {columns}, revision = revision + 1 WHERE id = :id"),
        {**values, "id": query_id},
    )


async def claim_overdue(connection: AsyncConnection, at: datetime, limit: int) -> Sequence[Row]:
    """Open questions whose time ran out and that nobody was told of yet; each is claimed by one caller."""
    return (
        await connection.execute(
            sa.text(
                "UPDATE payment_queries q SET overdue_told_at = :at FROM (SELECT id FROM payment_queries"
                " WHERE state = 'open' AND due_at < :at AND (overdue_told_at IS NULL OR overdue_told_at < due_at)"
                " ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED) AS late WHERE q.id = late.id RETURNING q.*"
            ),
            {"at": at, "limit": limit},
        )
    ).all()


# Names hold letters and digits only, so that a space separates them.
_DOCUMENTS_NAMED = sa.text(
    """
    WITH asked AS (
        SELECT place, partner_code, string_to_array(numbers, ' ') AS numbers,
            string_to_array(refs, ' ') AS refs, string_to_array(cheques, ' ') AS cheques
        FROM unnest(
            CAST(:partners AS text[]), CAST(:numbers AS text[]), CAST(:references AS text[]), CAST(:cheques AS text[])
        ) WITH ORDINALITY AS a (partner_code, numbers, refs, cheques, place)
    )
    SELECT place, 'invoice' AS kind, i.id FROM asked a
    JOIN invoices i ON i.number_key = ANY(a.numbers) AND i.partner_code = a.partner_code
    UNION
    SELECT place, 'receipt', r.id FROM asked a
    JOIN receipts r ON r.reference <> '' AND r.reference = ANY(a.refs) AND r.partner_code = a.partner_code
    UNION
    SELECT place, 'receipt', r.id FROM asked a
    JOIN receipts r ON r.cheque_number <> '' AND r.cheque_number = ANY(a.cheques) AND r.partner_code = a.partner_code
    ORDER BY place, kind, id
    """
)
