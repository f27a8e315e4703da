"""Remittance advices as they are told, changed, and matched to credits."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.decision_store import MATCHING
from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.line_store import NewLine
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.settlements import items_named
from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.business_day import business_day
from services.payments.domain.line_identity import PREFIX_LENGTH_MIN, LineKey
from services.payments.domain.receipt import MONEY
from services.payments.domain.received_payment import PaymentPart
from services.payments.domain.remittance_advice import AdvisedItem, RemittanceAdvice, ToldAdvice

_PARTS: Final = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('position', p.position, 'kind', p.kind, 'item', p.item,"
    " 'minor', p.amount_minor) ORDER BY p.position, p.kind), '[]')"
    " FROM remittance_advice_parts p WHERE p.advice_id = a.id) AS parts"
)
_SELECT: Final = f"SELECT a.*, {_PARTS} FROM remittance_advices a"


@dataclass(frozen=True, slots=True)
class WaitingCredit:
    """A credit of one of our accounts that no receipt came of yet, and the revision of its latest decision."""

    new: NewLine
    account_id: UUID
    account_number: str
    currency: str
    revision: int


async def lock_accounts(connection: AsyncConnection) -> None:
    """Our accounts, locked in their order: an advice and the import of its line follow each other and see each other."""
    await connection.execute(sa.text("SELECT FROM bank_accounts ORDER BY number FOR NO KEY UPDATE"))


async def waiting_advices(
    connection: AsyncConnection, references: Sequence[str], currency: str, *, is_locking: bool
) -> list[ToldAdvice]:
    """Advices not matched yet whose reference begins like one of these; locked where they may be matched."""
    starts = sorted({reference[:PREFIX_LENGTH_MIN] for reference in references} - {""})
    if not starts:
        return []
    rows = await connection.execute(
        sa.text(
            f"{_SELECT} WHERE a.reference_start = ANY(CAST(:starts AS text[])) AND a.standing = 'told'"
            f" AND a.currency = :currency ORDER BY a.id{' FOR UPDATE OF a' if is_locking else ''}"
        ),
        {"starts": starts, "currency": currency},
    )
    return [_told(row) for row in rows]


async def waiting_credits(connection: AsyncConnection, references: Sequence[str]) -> list[WaitingCredit]:
    """Credits that wait and no person decided about, whose reference begins like one of these, by account."""
    starts = sorted({reference[:PREFIX_LENGTH_MIN] for reference in references} - {""})
    if not starts:
        return []
    rows = await connection.execute(
        sa.text(
            "SELECT l.*, b.number AS account_number, b.currency AS account_currency,"
            " (SELECT max(revision) FROM line_decisions d WHERE d.bank_line_id = l.id) AS revision"
            " FROM booking_clocks c JOIN bank_lines l ON l.id = c.bank_line_id"
            " JOIN bank_accounts b ON b.id = l.bank_account_id"
            " WHERE c.booked_at IS NULL AND left(l.strong_reference, :length) = ANY(CAST(:starts AS text[]))"
            " AND NOT EXISTS (SELECT FROM receipts r WHERE r.bank_line_id = l.id)"
            " AND NOT EXISTS (SELECT FROM receipt_confirmations f WHERE f.bank_line_id = l.id)"
            " AND NOT EXISTS (SELECT FROM line_decisions p WHERE p.bank_line_id = l.id AND p.decided_by <> :matching)"
            " ORDER BY b.number, l.id"
        ),
        {"starts": starts, "length": PREFIX_LENGTH_MIN, "matching": MATCHING},
    )
    return [_waiting_credit(row) for row in rows]


def _waiting_credit(row: Row) -> WaitingCredit:
    line = StatementLine(
        line_number=row.line_number,
        part_number=1,
        booked_on=row.booked_on,
        value_on=row.value_on,
        amount_minor=row.amount_minor,
        currency=row.currency,
        narration=row.narration,
        bank_reference=row.bank_reference,
        customer_reference=row.customer_reference,
        is_reversal=row.is_reversal,
    )
    key = LineKey(row.value_on, row.amount_minor, row.strong_reference, row.narration_key)
    return WaitingCredit(
        NewLine(row.id, line, key),
        row.bank_account_id,
        row.account_number,
        row.account_currency,
        row.revision or 0,
    )


async def advices_of(
    connection: AsyncConnection, payments: Sequence[tuple[str, str]], external_ids: Sequence[str]
) -> Sequence[Row]:
    """What was told before, and stands or is matched, of these (partner, reference) or records of a CRM."""
    rows = await connection.execute(
        sa.text(
            f"{_SELECT} WHERE a.standing <> 'superseded' AND (a.external_id = ANY(CAST(:external_ids AS text[]))"
            " OR (a.standing IN ('told', 'matched') AND (a.partner_code, a.reference) IN"
            "  (SELECT * FROM unnest(CAST(:partners AS text[]), CAST(:references AS text[])))))"
            " ORDER BY a.id FOR UPDATE OF a"
        ),
        {
            "external_ids": sorted(set(external_ids) - {""}),
            "partners": [partner for partner, _ in payments],
            "references": [reference for _, reference in payments],
        },
    )
    return rows.all()


async def advice_for_update(connection: AsyncConnection, advice_id: UUID) -> Row | None:
    """The advice, locked."""
    statement = f"{_SELECT} WHERE a.id = :id FOR UPDATE OF a"
    return (await connection.execute(sa.text(statement), {"id": advice_id})).one_or_none()


async def add_advices(
    connection: AsyncConnection, advices: Sequence[tuple[UUID, RemittanceAdvice]], *, actor: str, at: datetime
) -> None:
    """Store advices with what they say of items, and their first event."""
    await copy_rows(
        connection,
        "remittance_advices",
        "id partner_code reference reference_start amount_minor currency paid_on note channel external_id"
        " external_version standing told_at told_by revision",
        [
            (id_, a.partner_code, a.reference_key, a.reference_key[:PREFIX_LENGTH_MIN], a.amount_minor, a.currency,
             a.paid_on, a.note, "salesforce" if a.external_id else "api", a.external_id or None, a.version, "told",
             at, actor, 1)
            for id_, a in advices
        ],
    )  # fmt: skip
    parts = [
        (id_, position, kind, part.item, amount)
        for id_, advice in advices
        for position, part in enumerate(advice.parts)
        for kind, amount in ((MONEY, part.amount_minor), *part.deductions)
    ]
    await copy_rows(connection, "remittance_advice_parts", "advice_id position kind item amount_minor", parts)
    await _add_events(connection, [(id_, "told", "Told") for id_, _ in advices], actor=actor, at=at)


async def move_advices(
    connection: AsyncConnection, moves: Sequence[tuple[UUID, str, str]], *, actor: str, at: datetime
) -> None:
    """(advice, standing, why): the standing changes, its event stays."""
    if not moves:
        return
    await connection.execute(
        sa.text(
            "UPDATE remittance_advices a SET standing = m.standing, revision = a.revision + 1"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:standings AS text[])) AS m (id, standing) WHERE a.id = m.id"
        ),
        {"ids": [id_ for id_, _, _ in moves], "standings": [standing for _, standing, _ in moves]},
    )
    await _add_events(connection, moves, actor=actor, at=at)


async def keep_matches(
    connection: AsyncConnection, matches: Sequence[tuple[UUID, UUID, UUID]], *, actor: str, at: datetime
) -> None:
    """(advice, bank line, receipt): each advice once, and one that was taken back meanwhile not at all."""
    rows = await connection.execute(
        sa.text(
            "SELECT id FROM remittance_advices WHERE id = ANY(CAST(:ids AS uuid[])) AND standing = 'told'"
            " ORDER BY id FOR UPDATE"
        ),
        {"ids": [advice_id for advice_id, _, _ in matches]},
    )
    standing = {row.id for row in rows}
    matches = [match for match in matches if match[0] in standing]
    await copy_rows(
        connection,
        "remittance_advice_matches",
        "advice_id bank_line_id receipt_id matched_at",
        [(*match, at) for match in matches],
    )
    moves = [(advice_id, "matched", "Matched to the bank's credit") for advice_id, _, _ in matches]
    await move_advices(connection, moves, actor=actor, at=at)


async def advised_items(connection: AsyncConnection, names: Sequence[str]) -> dict[str, AdvisedItem]:
    """The open items that advices name, by what they call them."""
    named = await items_named(connection, names)
    rows = await connection.execute(
        sa.text("SELECT id, open_minor FROM open_items WHERE id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": sorted({item.id for item in named.values()})},
    )
    open_minor = {row.id: row.open_minor for row in rows}
    return {
        name: AdvisedItem(
            item.id, item.document_number, item.partner_code, item.currency, open_minor[item.id]
        )
        for name, item in named.items()
        if item.id in open_minor
    }


def advice_of_row(row: Row) -> RemittanceAdvice:
    """What the row tells."""
    parts: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for part in row.parts:
        parts[part["position"]].append(part)
    return RemittanceAdvice(
        partner_code=row.partner_code,
        reference=row.reference,
        currency=row.currency,
        amount_minor=row.amount_minor,
        paid_on=row.paid_on,
        parts=tuple(_part(parts[position]) for position in sorted(parts)),
        note=row.note,
        external_id=row.external_id or "",
        version=row.external_version,
    )


def _told(row: Row) -> ToldAdvice:
    return ToldAdvice(row.id, advice_of_row(row), business_day(row.told_at))


def _part(stored: Sequence[dict[str, Any]]) -> PaymentPart:
    (money,) = [part for part in stored if part["kind"] == MONEY]
    deductions = tuple((part["kind"], part["minor"]) for part in stored if part["kind"] != MONEY)
    return PaymentPart(money["item"], money["minor"], deductions)


async def _add_events(
    connection: AsyncConnection, moves: Sequence[tuple[UUID, str, str]], *, actor: str, at: datetime
) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO remittance_advice_events (advice_id, revision, standing, detail, at, actor)"
            " SELECT a.id, a.revision, a.standing, m.detail, :at, :actor"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:details AS text[])) AS m (id, detail)"
            " JOIN remittance_advices a ON a.id = m.id"
        ),
        {
            "ids": [id_ for id_, _, _ in moves],
            "details": [detail for _, _, detail in moves],
            "at": at,
            "actor": actor,
        },
    )
