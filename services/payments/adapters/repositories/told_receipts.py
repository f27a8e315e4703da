"""Receipts that another channel told before, or beside, the bank's statement: one receipt, whoever tells it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.exceptions import ExceptionStep, resolve_exceptions_of_lines


async def accounts_for_update(connection: AsyncConnection, numbers: Sequence[str]) -> dict[str, Row]:
    """Our accounts by number, locked in their order: an import and a telling of the same account follow each other."""
    rows = await connection.execute(
        sa.text(
            "SELECT * FROM bank_accounts WHERE number = ANY(CAST(:numbers AS text[])) ORDER BY number FOR NO KEY UPDATE"
        ),
        {"numbers": sorted(set(numbers))},
    )
    return {row.number: row for row in rows}


async def standing_receipts(
    connection: AsyncConnection, bank_account_ids: Sequence[UUID], references: Sequence[str]
) -> Sequence[Row]:
    """Receipts with one of the references that were not taken back, whoever told them."""
    return (
        await connection.execute(
            sa.text(
                "SELECT r.id, r.bank_account_id, r.reference, r.partner_code, r.currency, r.amount_minor, r.received_on,"
                " r.channel, r.cheque_number, r.booked_at, coalesce(r.bank_line_id, c.bank_line_id) AS bank_line_id,"
                " CASE WHEN b.currency = r.currency THEN r.amount_minor ELSE r.base_minor END AS credited_minor,"
                " b.currency AS credited_currency FROM receipts r JOIN bank_accounts b ON b.id = r.bank_account_id"
                " LEFT JOIN receipt_confirmations c ON c.receipt_id = r.id"
                " WHERE r.reference = ANY(CAST(:references AS text[])) AND r.reference <> ''"
                " AND r.bank_account_id = ANY(CAST(:accounts AS uuid[]))"
                " AND NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = r.id) ORDER BY r.id"
            ),
            {"references": sorted(set(references)), "accounts": sorted(set(bank_account_ids))},
        )
    ).all()


async def waiting_lines(
    connection: AsyncConnection, bank_account_ids: Sequence[UUID], references: Sequence[str]
) -> Sequence[Row]:
    """Credits of the bank with one of the references that no receipt came of yet."""
    return (
        await connection.execute(
            sa.text(
                "SELECT l.id, l.bank_account_id, l.strong_reference, l.amount_minor, l.currency, l.booked_on,"
                " l.statement_id FROM bank_lines l"
                " WHERE l.strong_reference = ANY(CAST(:references AS text[])) AND l.amount_minor > 0"
                " AND l.bank_account_id = ANY(CAST(:accounts AS uuid[]))"
                " AND NOT EXISTS (SELECT FROM receipts r WHERE r.bank_line_id = l.id)"
                " AND NOT EXISTS (SELECT FROM receipt_confirmations c WHERE c.bank_line_id = l.id) ORDER BY l.id"
            ),
            {"references": sorted(set(references) - {""}), "accounts": sorted(set(bank_account_ids))},
        )
    ).all()


async def confirm_receipts(
    connection: AsyncConnection, pairs: Sequence[tuple[UUID, UUID]], at: datetime
) -> None:
    """(receipt, bank line): the bank says the same as the channel before it; each side once."""
    await copy_rows(
        connection,
        "receipt_confirmations",
        "receipt_id bank_line_id confirmed_at",
        [(receipt_id, line_id, at) for receipt_id, line_id in pairs],
    )


async def close_lines(
    connection: AsyncConnection, receipts: Sequence[tuple[UUID, UUID, str]], at: datetime
) -> None:
    """(receipt, bank line, why): the line's next decision says that it is booked, and nobody needs to look any more."""
    parameters = {
        "receipts": [receipt_id for receipt_id, _, _ in receipts],
        "lines": [line_id for _, line_id, _ in receipts],
        "reasons": [why for _, _, why in receipts],
        "at": at,
    }
    await connection.execute(
        sa.text(
            "INSERT INTO line_decisions (bank_line_id, revision, decision, kind, partner_code, allocations, deductions,"
            " on_account_minor, score, reasons, policy_version, receipt_id, decided_at)"
            " SELECT t.line_id, (SELECT coalesce(max(revision), 0) + 1 FROM line_decisions d"
            "  WHERE d.bank_line_id = t.line_id), 'auto', 'receipt', r.partner_code,"
            " (SELECT coalesce(jsonb_agg(jsonb_build_object('item', i.id, 'number', i.document_number,"
            "  'minor', a.amount_minor)), '[]')"
            "  FROM allocations a JOIN open_items i ON i.id = a.open_item_id WHERE a.receipt_id = r.id"
            "  AND a.kind = 'receipt' AND NOT a.is_reversal AND a.allocated_at = r.booked_at),"
            " (SELECT coalesce(jsonb_agg(jsonb_build_object('item', i.id, 'number', i.document_number, 'kind', a.kind,"
            "  'minor', a.amount_minor)), '[]') FROM allocations a JOIN open_items i ON i.id = a.open_item_id"
            "  WHERE a.receipt_id = r.id AND a.kind <> 'receipt' AND NOT a.is_reversal AND a.allocated_at = r.booked_at),"
            " r.on_account_minor, 100, jsonb_build_array(jsonb_build_object('code', 'told_before', 'text', t.why)),"
            " 'told', r.id, :at"
            " FROM unnest(CAST(:receipts AS uuid[]), CAST(:lines AS uuid[]), CAST(:reasons AS text[]))"
            " AS t (receipt_id, line_id, why) JOIN receipts r ON r.id = t.receipt_id"
        ),
        parameters,
    )
    step = ExceptionStep("resolved", "matching", at, "booked", "Another channel told of it")
    await resolve_exceptions_of_lines(connection, [line_id for _, line_id, _ in receipts], step)
