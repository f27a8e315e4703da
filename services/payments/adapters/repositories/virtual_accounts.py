"""Virtual account numbers as they are registered and looked up."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.virtual_accounts import VIRTUAL_ACCOUNT_SELECT
from services.payments.adapters.repositories import Row
from services.payments.domain.posting import Posting
from services.payments.domain.virtual_account import VirtualAccount


async def add_virtual_account(
    connection: AsyncConnection, account: VirtualAccount, bank_account_id: UUID, posting: Posting
) -> bool:
    """False when the number has a partner from this day on already."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO virtual_accounts (number, valid_from, partner_code, bank_account_id, registered_at,"
            " registered_by) VALUES (:number, :valid_from, :partner_code, :bank_account_id, :at, :by)"
            " ON CONFLICT (number, valid_from) DO NOTHING"
        ),
        {
            "number": account.number,
            "valid_from": account.valid_from,
            "partner_code": account.partner_code,
            "bank_account_id": bank_account_id,
            "at": posting.at,
            "by": posting.actor,
        },
    )
    return added.rowcount == 1


async def virtual_account_on(connection: AsyncConnection, number: str, valid_from: date) -> Row:
    """The row of a number and its first day."""
    return (
        await connection.execute(
            sa.text(f"{VIRTUAL_ACCOUNT_SELECT} WHERE v.number = :number AND v.valid_from = :valid_from"),
            {"number": number, "valid_from": valid_from},
        )
    ).one()


async def virtual_accounts_named(
    connection: AsyncConnection, bank_account_id: UUID, numbers: Iterable[str]
) -> dict[str, list[VirtualAccount]]:
    """The registered ones among these words, with all their days."""
    rows = await connection.execute(
        sa.text(
            "SELECT number, partner_code, valid_from FROM virtual_accounts"
            " WHERE number = ANY(CAST(:numbers AS text[])) AND bank_account_id = :account"
        ),
        {"numbers": sorted(set(numbers)), "account": bank_account_id},
    )
    found: dict[str, list[VirtualAccount]] = defaultdict(list)
    for row in rows:
        found[row.number].append(VirtualAccount(row.number, row.partner_code, row.valid_from))
    return dict(found)
