"""Our own bank accounts."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.errors import BankAccountUnknown


async def bank_account_for_update(connection: AsyncConnection, number: str) -> Row:
    """The account, locked: imports of one account follow each other. BankAccountUnknown otherwise.

    NO KEY leaves others free to store rows that refer to the account, such as the next statement file.
    """
    return await _bank_account(
        connection, number, "SELECT * FROM bank_accounts WHERE number = :number FOR NO KEY UPDATE"
    )


async def bank_account_by_number(connection: AsyncConnection, number: str) -> Row:
    """The account; BankAccountUnknown with the next step otherwise."""
    return await _bank_account(connection, number, "SELECT * FROM bank_accounts WHERE number = :number")


async def account_numbers(connection: AsyncConnection) -> list[str]:
    """The numbers of all our accounts."""
    rows = await connection.execute(sa.text("SELECT number FROM bank_accounts ORDER BY number"))
    return [str(row.number) for row in rows]


async def bank_accounts(connection: AsyncConnection) -> Sequence[Row]:
    """All of them, by number."""
    return (await connection.execute(sa.text("SELECT * FROM bank_accounts ORDER BY number"))).all()


async def _bank_account(connection: AsyncConnection, number: str, statement: str) -> Row:
    row = (await connection.execute(sa.text(statement), {"number": number})).one_or_none()
    if row is None:
        raise BankAccountUnknown(
            f"Bank account {number} is not registered; register it with POST /v1/bank-accounts first"
        )
    return row
