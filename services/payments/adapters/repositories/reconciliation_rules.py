"""Rules and tolerances of the reconciliation: proposed by one person, in force by another."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.chart_of_accounts import code_in_force
from services.payments.domain.reconciliation_rule import ReconciliationRule


async def add_rule(connection: AsyncConnection, rule: ReconciliationRule, by: str, at: datetime) -> None:
    """Not in force until somebody else approves it."""
    await connection.execute(
        sa.text(
            "INSERT INTO reconciliation_rules (id, name, direction, narration_kind, words, bank_account_id,"
            " amount_max_minor, account_code, valid_from, valid_to, proposed_by, proposed_at) VALUES (:id, :name,"
            " :direction, :kind, CAST(:words AS varchar[]), :bank_account_id, :amount_max, :account_code, :valid_from,"
            " :valid_to, :by, :at)"
        ),
        {
            "id": rule.id,
            "name": rule.name,
            "direction": "credit" if rule.is_credit else "debit",
            "kind": rule.narration_kind,
            "words": list(rule.words),
            "bank_account_id": rule.bank_account_id,
            "amount_max": rule.amount_max_minor,
            "account_code": rule.account_code,
            "valid_from": rule.valid_from,
            "valid_to": rule.valid_to,
            "by": by,
            "at": at,
        },
    )


async def rules_in_force(connection: AsyncConnection) -> list[ReconciliationRule]:
    """Approved ones, whatever their days: the rule itself knows which lines they admit."""
    rows = await connection.execute(
        sa.text("SELECT * FROM reconciliation_rules WHERE approved_by IS NOT NULL ORDER BY id")
    )
    return [rule_of(row) for row in rows]


async def rule_by_id(connection: AsyncConnection, rule_id: UUID) -> Row | None:
    return (
        await connection.execute(
            sa.text("SELECT * FROM reconciliation_rules WHERE id = :id"), {"id": rule_id}
        )
    ).one_or_none()


async def rule_for_update(connection: AsyncConnection, rule_id: UUID) -> Row | None:
    return (
        await connection.execute(
            sa.text("SELECT * FROM reconciliation_rules WHERE id = :id FOR UPDATE"), {"id": rule_id}
        )
    ).one_or_none()


async def approve_rule(connection: AsyncConnection, rule_id: UUID, by: str, at: datetime) -> None:
    """Once; the table refuses who proposed it."""
    await connection.execute(
        sa.text(
            "UPDATE reconciliation_rules SET approved_by = :by, approved_at = :at"
            " WHERE id = :id AND approved_by IS NULL"
        ),
        {"id": rule_id, "by": by, "at": at},
    )


async def add_tolerance(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when the name is taken. Not in force until somebody else signs it."""
    inserted = await connection.scalar(
        sa.text(
            "INSERT INTO reconciliation_tolerances (id, name, bank_account_id, currency, amount_minor, reason,"
            " valid_from, valid_to, set_by, set_at) VALUES (:id, :name, :bank_account_id, :currency, :amount_minor,"
            " :reason, :valid_from, :valid_to, :by, :at) ON CONFLICT (name) DO NOTHING RETURNING id"
        ),
        values,
    )
    return inserted is not None


async def tolerance_for_update(connection: AsyncConnection, tolerance_id: UUID) -> Row | None:
    return (
        await connection.execute(
            sa.text("SELECT * FROM reconciliation_tolerances WHERE id = :id FOR UPDATE"), {"id": tolerance_id}
        )
    ).one_or_none()


async def sign_tolerance(connection: AsyncConnection, tolerance_id: UUID, by: str, at: datetime) -> None:
    """Once; the table refuses who set it."""
    await connection.execute(
        sa.text(
            "UPDATE reconciliation_tolerances SET signed_by = :by, signed_at = :at"
            " WHERE id = :id AND signed_by IS NULL"
        ),
        {"id": tolerance_id, "by": by, "at": at},
    )


async def tolerance_on(connection: AsyncConnection, account: Row, day: date) -> Row | None:
    """The widest signed tolerance of the account on the day; None, and so zero, by default."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM reconciliation_tolerances WHERE signed_by IS NOT NULL AND currency = :currency"
                " AND (bank_account_id IS NULL OR bank_account_id = :account) AND :day BETWEEN valid_from AND valid_to"
                " ORDER BY amount_minor DESC, id LIMIT 1"
            ),
            {"currency": account.currency, "account": account.id, "day": day},
        )
    ).one_or_none()


def rule_of(row: Row) -> ReconciliationRule:
    """The rule of its row."""
    return ReconciliationRule(
        id=row.id,
        name=row.name,
        is_credit=row.direction == "credit",
        narration_kind=row.narration_kind,
        words=tuple(row.words),
        bank_account_id=row.bank_account_id,
        amount_max_minor=row.amount_max_minor,
        account_code=code_in_force(row.account_code),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
