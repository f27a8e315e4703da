"""Registers one of our own bank accounts; asking twice for the same account changes nothing."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.payments.adapters.repositories import Row
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import BankAccountTaken
from shared.money import currency_exponent


@dataclass(frozen=True, slots=True)
class RegisterBankAccount:
    number: str
    name: str
    currency: str
    actor: str


async def register_bank_account(
    work: UnitOfWork, command: RegisterBankAccount, *, at: datetime
) -> tuple[Row, bool]:
    """Return the account and whether it is new. BankAccountTaken when the number has another name or currency."""
    currency_exponent(command.currency)
    inserted = await work.connection.execute(
        sa.text(
            "INSERT INTO bank_accounts (id, number, name, currency, created_at, created_by)"
            " VALUES (:id, :number, :name, :currency, :at, :actor) ON CONFLICT (number) DO NOTHING RETURNING *"
        ),
        {
            "id": uuid7(),
            "number": command.number,
            "name": command.name,
            "currency": command.currency,
            "at": at,
            "actor": command.actor,
        },
    )
    row = inserted.one_or_none()
    if row is not None:
        return row, True
    existing = (
        await work.connection.execute(
            sa.text("SELECT * FROM bank_accounts WHERE number = :number"), {"number": command.number}
        )
    ).one()
    if (existing.name, existing.currency) != (command.name, command.currency):
        raise BankAccountTaken(
            f"Bank account {command.number} is registered as {existing.name} in {existing.currency}"
        )
    return existing, False
