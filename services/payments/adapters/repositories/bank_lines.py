"""Lines of the bank that go into the books without a receipt: posted to an account, or shown to be a refund."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.exceptions import LINE_IN_BOOKS
from services.payments.adapters.repositories.waiting_lines import lock_lines
from services.payments.domain.reconciliation_rule import WaitingLine

_WAITING = (
    "SELECT l.id, l.bank_account_id, l.booked_on, l.amount_minor, l.narration,"
    " coalesce((SELECT d.reasons -> 0 ->> 'code' FROM line_decisions d WHERE d.bank_line_id = l.id"
    "  ORDER BY revision DESC LIMIT 1), '') AS narration_kind"
    f" FROM bank_lines l WHERE l.bank_account_id = :account AND NOT {LINE_IN_BOOKS}"
)


async def line_for_posting(connection: AsyncConnection, bank_line_id: UUID) -> Row | None:
    """The line with its account, both locked: imports and people who decide about the line follow each other."""
    account_id = await connection.scalar(
        sa.text("SELECT bank_account_id FROM bank_lines WHERE id = :id"), {"id": bank_line_id}
    )
    if account_id is None:
        return None
    await connection.execute(
        sa.text("SELECT 1 FROM bank_accounts WHERE id = :id FOR NO KEY UPDATE"), {"id": account_id}
    )
    await lock_lines(connection, [bank_line_id])
    return (
        await connection.execute(
            sa.text(
                f"SELECT l.*, b.number AS bank_account, {LINE_IN_BOOKS} AS is_in_books FROM bank_lines l"
                " JOIN bank_accounts b ON b.id = l.bank_account_id WHERE l.id = :id"
            ),
            {"id": bank_line_id},
        )
    ).one()


async def waiting_lines_of(connection: AsyncConnection, account_id: UUID, limit: int) -> list[WaitingLine]:
    """Lines of the account that are not in the books, the oldest first."""
    rows = await connection.execute(
        sa.text(f"{_WAITING} ORDER BY l.booked_on, l.id LIMIT :limit"),
        {"account": account_id, "limit": limit},
    )
    return [WaitingLine(*row) for row in rows]


async def add_posting(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    """One row; the database refuses a second one that stands and one of a line that a receipt stands on."""
    await connection.execute(
        sa.text(
            "INSERT INTO bank_line_postings (id, bank_line_id, account_code, note, rule_id, effective_on, posted_by,"
            " posted_at) VALUES (:id, :bank_line_id, :account_code, :note, :rule_id, :effective_on, :by, :at)"
        ),
        values,
    )


async def standing_posting(connection: AsyncConnection, bank_line_id: UUID) -> Row | None:
    """The posting of the line that was not taken back, locked."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM bank_line_postings WHERE bank_line_id = :id AND reversed_at IS NULL FOR UPDATE"
            ),
            {"id": bank_line_id},
        )
    ).one_or_none()


async def end_posting(connection: AsyncConnection, posting_id: UUID, values: Mapping[str, object]) -> None:
    """`by`, `at` and `reason` of taking it back."""
    await connection.execute(
        sa.text(
            "UPDATE bank_line_postings SET reversed_by = :by, reversed_at = :at, reversal_reason = :reason"
            " WHERE id = :id AND reversed_at IS NULL"
        ),
        {**values, "id": posting_id},
    )


_REFUNDS_SEEN = f"""
SELECT 'refund' AS kind, f.id AS source_id, l.id AS bank_line_id FROM refunds f JOIN bank_lines l
    ON l.bank_account_id = f.bank_account_id AND l.amount_minor = -f.amount_minor AND l.currency = f.currency
    AND length(f.reference) >= 6 AND (upper(f.reference) IN (upper(l.strong_reference), upper(l.bank_reference))
        OR position(upper(f.reference) IN upper(l.narration)) > 0)
WHERE f.bank_account_id = :account AND f.state = 'paid' AND l.booked_on >= f.refunded_on - 7
    AND NOT EXISTS (SELECT FROM bank_line_links k WHERE k.kind = 'refund' AND k.source_id = f.id)
    AND NOT {LINE_IN_BOOKS}
"""
_RETURNS_SEEN = f"""
SELECT 'returned_cheque' AS kind, r.id AS source_id, l.id AS bank_line_id FROM receipt_reversals v
JOIN receipts r ON r.id = v.receipt_id JOIN bank_lines l
    ON l.bank_account_id = r.bank_account_id AND l.amount_minor = -r.amount_minor AND l.currency = r.currency
    AND (position(r.cheque_number IN l.narration) > 0 OR position(r.cheque_number IN l.bank_reference) > 0)
WHERE r.bank_account_id = :account AND v.reason_code = 'cheque_returned' AND v.bank_line_id IS NULL
    AND r.cheque_number <> '' AND l.booked_on >= r.received_on
    AND NOT EXISTS (SELECT FROM bank_line_links k WHERE k.kind = 'returned_cheque' AND k.source_id = r.id)
    AND NOT {LINE_IN_BOOKS}
"""


async def seen_at_bank(connection: AsyncConnection, account_id: UUID) -> Sequence[Row]:
    """(kind, source_id, bank_line_id): refunds and returns in the books, and the one debit that shows each.

    Two debits that could be it, or two that one debit could be, are left to a person.
    """
    return (
        await connection.execute(
            sa.text(
                "SELECT kind, source_id, bank_line_id FROM (SELECT *,"
                " count(*) OVER (PARTITION BY kind, source_id) AS lines,"
                " count(*) OVER (PARTITION BY bank_line_id) AS sources"
                f" FROM ({_REFUNDS_SEEN} UNION ALL {_RETURNS_SEEN}) AS pairs) AS counted WHERE lines = 1 AND sources = 1"
            ),
            {"account": account_id},
        )
    ).all()


async def unlinked_source(connection: AsyncConnection, kind: str, source_id: UUID) -> Row | None:
    """Account and amount of a paid refund, or of a receipt whose cheque came back, that no line shows yet."""
    of_refund = "SELECT bank_account_id, -amount_minor AS amount_minor FROM refunds s WHERE s.id = :id AND s.state = 'paid'"
    of_return = (
        "SELECT s.bank_account_id, -s.amount_minor AS amount_minor FROM receipts s JOIN receipt_reversals v"
        " ON v.receipt_id = s.id AND v.reason_code = 'cheque_returned' AND v.bank_line_id IS NULL WHERE s.id = :id"
    )
    unlinked = " AND NOT EXISTS (SELECT FROM bank_line_links k WHERE k.kind = :kind AND k.source_id = s.id)"
    statement = (of_refund if kind == "refund" else of_return) + unlinked
    return (await connection.execute(sa.text(statement), {"id": source_id, "kind": kind})).one_or_none()


async def link_lines(
    connection: AsyncConnection, links: Sequence[tuple[str, UUID, UUID]], actor: str, at: datetime
) -> None:
    """(kind, source, bank line); each side once."""
    await connection.execute(
        sa.text(
            "INSERT INTO bank_line_links (kind, source_id, bank_line_id, linked_by, linked_at) SELECT k, s, l, :actor, :at"
            " FROM unnest(CAST(:kinds AS text[]), CAST(:sources AS uuid[]), CAST(:lines AS uuid[])) AS p (k, s, l)"
        ),
        {
            "kinds": [kind for kind, _, _ in links],
            "sources": [source for _, source, _ in links],
            "lines": [line for _, _, line in links],
            "actor": actor,
            "at": at,
        },
    )
