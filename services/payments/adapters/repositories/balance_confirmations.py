"""Balance confirmations as they are asked, answered, explained, chased and closed; each step is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.balance_confirmation import ChaseRule, Standing


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the history; `evidence` is what it rests on."""

    name: str
    detail: str
    actor: str
    at: datetime
    evidence: Mapping[str, object] | None = None


async def next_confirmation_number(connection: AsyncConnection, financial_year: str) -> str:
    number = await connection.scalar(
        sa.text(
            "INSERT INTO confirmation_counters AS c VALUES (:year, 1) ON CONFLICT (financial_year)"
            " DO UPDATE SET last_number = c.last_number + 1 RETURNING last_number"
        ),
        {"year": financial_year},
    )
    return f"CB/{financial_year}/{number:06d}"


async def statement_balances(connection: AsyncConnection, statement_id: UUID) -> Sequence[Row]:
    """The closing balances of a statement, each with the confirmation that asks about it, if there is one."""
    return (
        await connection.execute(
            sa.text(
                "SELECT b.currency, b.closing_minor, s.partner_code, s.to_on, c.id AS confirmation_id"
                " FROM account_statement_balances b JOIN account_statements s ON s.id = b.statement_id"
                " LEFT JOIN balance_confirmations c ON c.statement_id = b.statement_id AND c.currency = b.currency"
                " WHERE b.statement_id = :id ORDER BY b.currency <> 'INR', b.currency"
            ),
            {"id": statement_id},
        )
    ).all()


async def add_confirmation(connection: AsyncConnection, values: Mapping[str, object], step: Step) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO balance_confirmations (id, number, statement_id, partner_code, currency, balance_minor, kind,"
            " as_of, asked_on, due_on, asked_at, asked_by, state, revision) VALUES (:id, :number, :statement_id,"
            " :partner_code, :currency, :balance_minor, :kind, :as_of, :asked_on, :due_on, :at, :by, 'asked', 1)"
        ),
        values,
    )
    await _keep(connection, UUID(str(values["id"])), step)


async def confirmation_for_update(connection: AsyncConnection, confirmation_id: UUID) -> Row | None:
    return (
        await connection.execute(
            sa.text("SELECT * FROM balance_confirmations WHERE id = :id FOR UPDATE"), {"id": confirmation_id}
        )
    ).one_or_none()


async def change_confirmation(
    connection: AsyncConnection, confirmation_id: UUID, standing: Standing, step: Step, **values: object
) -> None:
    """Set state and the given columns, count the revision and keep the step."""
    columns = "".join(f", {name} = :{name}" for name in values)
    await connection.execute(
        sa.text(
            f"UPDATE balance_confirmations SET state = :state, revision = revision + 1{columns} WHERE id = :id"
        ),
        {**values, "id": confirmation_id, "state": standing.value},
    )
    await _keep(connection, confirmation_id, step)


async def _keep(connection: AsyncConnection, confirmation_id: UUID, step: Step) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO balance_confirmation_events SELECT id, revision, state, :step, :detail,"
            " CAST(:evidence AS jsonb), :at, :actor FROM balance_confirmations WHERE id = :id"
        ),
        {
            "id": confirmation_id,
            "step": step.name,
            "detail": step.detail,
            "evidence": msgspec.json.encode(step.evidence or {}).decode(),
            "at": step.at,
            "actor": step.actor,
        },
    )


async def add_reply(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO balance_confirmation_replies VALUES (:id, :confirmation_id, :is_agreed, :partner_balance_minor,"
            " :signer_name, :designation, :manner, :reference, :note, :received_on, :is_evidence, :at, :by)"
        ),
        values,
    )


async def add_differences(connection: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        await connection.execute(
            sa.text(
                "INSERT INTO balance_differences VALUES (:id, :confirmation_id, :reply_id, :kind, :document_number,"
                " :document_on, :effect_minor, :note)"
            ),
            list(rows),
        )


async def differences_of(connection: AsyncConnection, confirmation_id: UUID) -> Sequence[Row]:
    """The lines of the evidence that stands, with what is explained of each now."""
    return (
        await connection.execute(
            sa.text(
                "SELECT d.*, e.explained_minor, e.revision AS explained_revision FROM balance_differences d"
                " JOIN balance_confirmation_replies r ON r.id = d.reply_id AND r.is_evidence"
                " LEFT JOIN LATERAL (SELECT * FROM difference_explanations e WHERE e.difference_id = d.id"
                "  ORDER BY revision DESC LIMIT 1) e ON true WHERE d.confirmation_id = :id ORDER BY d.id"
            ),
            {"id": confirmation_id},
        )
    ).all()


async def add_explanation(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO difference_explanations VALUES (:difference_id, :revision, :explained_minor, :item_kind,"
            " :item_id, :note, :at, :by)"
        ),
        values,
    )


async def explainers_of(connection: AsyncConnection, confirmation_id: UUID) -> set[str]:
    """Who explained differences of the confirmation."""
    rows = await connection.execute(
        sa.text(
            "SELECT DISTINCT e.actor FROM difference_explanations e JOIN balance_differences d"
            " ON d.id = e.difference_id WHERE d.confirmation_id = :id"
        ),
        {"id": confirmation_id},
    )
    return {row.actor for row in rows}


_ITEMS_OF = {
    "invoice": "SELECT 1 FROM invoices WHERE id = :id AND partner_code = :partner",
    "charge": "SELECT 1 FROM charges WHERE id = :id AND partner_code = :partner",
    "receipt": "SELECT 1 FROM receipts WHERE id = :id AND partner_code = :partner",
    "credit_note": "SELECT 1 FROM open_items WHERE id = :id AND partner_code = :partner AND kind = 'credit_note'",
    # Money on a line that nobody could identify belongs to no partner yet.
    "bank_line": "SELECT 1 FROM bank_lines WHERE id = :id AND CAST(:partner AS text) IS NOT NULL",
}


async def is_item_of(connection: AsyncConnection, item: tuple[str, UUID], partner_code: str) -> bool:
    """Whether the named document is there and the partner's."""
    kind, key = item
    found = await connection.scalar(sa.text(_ITEMS_OF[kind]), {"id": key, "partner": partner_code})
    return found is not None


async def chase_rule_on(connection: AsyncConnection, day: date) -> ChaseRule | None:
    """The rule that was the newest on the day."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT * FROM confirmation_rules WHERE valid_from <= :day ORDER BY valid_from DESC LIMIT 1"
            ),
            {"day": day},
        )
    ).one_or_none()
    return None if row is None else ChaseRule(tuple(row.remind_after_days), row.alternative_after_days)


async def add_chase_rule(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when a rule begins on that day already."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO confirmation_rules VALUES (:valid_from, CAST(:remind_after_days AS bigint[]),"
            " :alternative_after_days, :source, :at, :by) ON CONFLICT DO NOTHING"
        ),
        values,
    )
    return added.rowcount == 1


async def waiting_confirmations(connection: AsyncConnection, limit: int, after: UUID) -> Sequence[Row]:
    """Those that wait, locked unless somebody else has them, with how often each was reminded."""
    return (
        await connection.execute(
            sa.text(
                "SELECT c.*, (SELECT count(*) FROM balance_confirmation_events e WHERE e.confirmation_id = c.id"
                "  AND e.step = 'reminded') AS reminded FROM balance_confirmations c WHERE c.state = 'asked'"
                " AND c.id > :after ORDER BY c.id LIMIT :limit FOR UPDATE SKIP LOCKED"
            ),
            {"limit": limit, "after": after},
        )
    ).all()
