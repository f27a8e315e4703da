"""Receipts that another channel told before, or beside, the bank's statement: one receipt, whoever tells it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.exceptions import ExceptionStep, resolve_exceptions_of_lines
from services.payments.adapters.repositories.waiting_lines import LineState, line_states, lock_lines


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


async def receipts_told_alone(
    connection: AsyncConnection, keys: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], UUID]:
    """Standing receipts of the (account, reference) pairs that no line of the bank stands behind."""
    rows = await standing_receipts(connection, [account for account, _ in keys], [name for _, name in keys])
    return {(row.bank_account_id, row.reference): row.id for row in rows if row.bank_line_id is None}


async def waiting_lines(
    connection: AsyncConnection, bank_account_ids: Sequence[UUID], references: Sequence[str]
) -> list[LineState]:
    """Credits of the bank with one of the references that wait for a receipt, locked."""
    rows = await connection.execute(
        sa.text(
            "SELECT id FROM bank_lines WHERE strong_reference = ANY(CAST(:references AS text[])) AND amount_minor > 0"
            " AND bank_account_id = ANY(CAST(:accounts AS uuid[]))"
        ),
        {"references": sorted(set(references) - {""}), "accounts": sorted(set(bank_account_ids))},
    )
    ids = [row.id for row in rows]
    if not ids:
        return []
    await lock_lines(connection, ids)
    return [state for state in (await line_states(connection, ids)).values() if state.is_reviewable]


async def still_standing(connection: AsyncConnection, receipt_ids: Sequence[UUID]) -> set[UUID]:
    """Which of the receipts were not taken back; nobody takes them back until the transaction ends."""
    parameters = {"ids": sorted(set(receipt_ids))}
    await connection.execute(
        sa.text("SELECT FROM receipts WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE"),
        parameters,
    )
    rows = await connection.execute(
        sa.text(
            "SELECT id FROM receipts r WHERE id = ANY(CAST(:ids AS uuid[]))"
            " AND NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = r.id)"
        ),
        parameters,
    )
    return {row.id for row in rows}


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
