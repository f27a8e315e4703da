"""Fetches what the matching knows: partners, number shapes and policy once per import, cheques per batch."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.invoice_shelf import InvoiceShelf
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.policies import active_policy
from services.payments.domain.invoice_number import NumberPatterns, learn_number_patterns
from services.payments.domain.matching import ReceivedCheque
from services.payments.domain.matching_policy import MatchingPolicy
from services.payments.domain.payer import PartnerIndex, PartnerProfile

PATTERN_SAMPLE_MAX: Final = 5_000  # numbers follow a handful of shapes; the latest thousands show them all


@dataclass(frozen=True, slots=True)
class MatchingKnowledge:
    """What does not change while one file is imported; the shelf, where there is one, keeps invoices from batch to batch."""

    index: PartnerIndex
    patterns: NumberPatterns
    zones: dict[str, str]
    policy: MatchingPolicy
    shelf: InvoiceShelf | None = None


async def matching_knowledge(connection: AsyncConnection) -> MatchingKnowledge:
    """All partners, the shapes of our invoice numbers and the policy that is active."""
    partners = (await connection.execute(sa.text("SELECT * FROM partners ORDER BY code"))).all()
    return MatchingKnowledge(
        PartnerIndex([_profile(row) for row in partners]),
        await number_patterns(connection),
        {row.code: row.zone for row in partners},
        await active_policy(connection),
    )


async def number_patterns(connection: AsyncConnection) -> NumberPatterns:
    """The shapes of our invoice numbers."""
    numbers = await connection.execute(
        sa.text("SELECT number FROM invoices ORDER BY id DESC LIMIT :limit"), {"limit": PATTERN_SAMPLE_MAX}
    )
    return learn_number_patterns([row.number for row in numbers])


def _profile(row: Row) -> PartnerProfile:
    return PartnerProfile(
        code=row.code,
        name=row.name,
        city=row.city,
        zone=row.zone,
        gstin=row.gstin,
        ifsc=row.ifsc,
        bank_account=row.bank_account,
    )


async def cheques_received(
    connection: AsyncConnection, bank_account_id: UUID, numbers: Sequence[str]
) -> dict[str, list[ReceivedCheque]]:
    """Booked cheques that were not taken back, by number."""
    rows = await _cheque_rows(connection, bank_account_id, numbers)
    found: dict[str, list[ReceivedCheque]] = defaultdict(list)
    for row in rows:
        found[row.cheque_number].append(ReceivedCheque(row.cheque_number, row.partner_code, row.amount_minor))
    return dict(found)


async def receipt_of_cheque(
    connection: AsyncConnection, bank_account_id: UUID, number: str, *, amount_minor: int, returned_on: date
) -> UUID | None:
    """The latest receipt of the cheque over this amount that came before the return and was not taken back.

    A cheque that bounced is often deposited again: the return takes the deposit before it back, not that after.
    """
    rows = await _cheque_rows(connection, bank_account_id, [number])
    matching = [row.id for row in rows if row.amount_minor == amount_minor and row.received_on <= returned_on]
    return matching[-1] if matching else None


async def lock_cheques(
    connection: AsyncConnection, bank_account_id: UUID, numbers: Sequence[str]
) -> list[UUID]:
    """Lock the receipts that may be taken back; returns the open items that would change."""
    ids = sorted(row.id for row in await _cheque_rows(connection, bank_account_id, numbers))
    await connection.execute(
        sa.text("SELECT FROM receipts WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"),
        {"ids": ids},
    )
    settled = await connection.execute(
        sa.text("SELECT open_item_id FROM allocations WHERE receipt_id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": ids},
    )
    return [*ids, *(row.open_item_id for row in settled)]


async def _cheque_rows(
    connection: AsyncConnection, bank_account_id: UUID, numbers: Sequence[str]
) -> Sequence[Row]:
    return (
        await connection.execute(
            sa.text(
                "SELECT r.id, r.cheque_number, r.partner_code, r.amount_minor, r.received_on FROM receipts r"
                " WHERE r.bank_account_id = :account AND r.cheque_number <> ''"
                " AND r.cheque_number = ANY(CAST(:numbers AS text[]))"
                " AND NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = r.id)"
                " ORDER BY r.received_on, r.id"
            ),
            {"account": bank_account_id, "numbers": sorted(set(numbers) - {""})},
        )
    ).all()
