"""Cheques in hand, their bounces and what was done about them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.bounce import Charge, ChargeRule
from services.payments.domain.instrument import Instrument, Standing
from services.payments.domain.receipt import Receipt


async def add_instrument(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when the partner's cheque of this bank and number is known."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO instruments (id, partner_code, cheque_number, drawee_bank, drawer_name, amount_minor, currency,"
            " cheque_on, received_on, note, items, standing, registered_at, registered_by, revision) VALUES (:id,"
            " :partner_code, :cheque_number, :drawee_bank, :drawer_name, :amount_minor, :currency, :cheque_on,"
            " :received_on, :note, CAST(:items AS varchar[]), 'held', :at, :by, 1)"
            " ON CONFLICT ON CONSTRAINT uq_instruments_cheque DO NOTHING"
        ),
        values,
    )
    return added.rowcount == 1


async def instrument_of_cheque(
    connection: AsyncConnection, partner_code: str, drawee_bank: str, cheque_number: str
) -> Row:
    """The registered cheque."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM instruments WHERE partner_code = :partner AND drawee_bank = :bank"
                " AND cheque_number = :number"
            ),
            {"partner": partner_code, "bank": drawee_bank, "number": cheque_number},
        )
    ).one()


async def instrument_for_update(
    connection: AsyncConnection, instrument_id: UUID
) -> tuple[Instrument, int] | None:
    """The cheque and its revision, locked."""
    row = (
        await connection.execute(
            sa.text("SELECT * FROM instruments WHERE id = :id FOR UPDATE"), {"id": instrument_id}
        )
    ).one_or_none()
    return None if row is None else (_instrument(row), row.revision)


async def note_standing(
    connection: AsyncConnection, instrument_id: UUID, detail: str, *, actor: str, at: datetime
) -> None:
    """Keep what the cheque's row says now as the event of its revision."""
    await connection.execute(
        sa.text(
            "INSERT INTO instrument_events (instrument_id, revision, standing, detail, at, actor)"
            " SELECT id, revision, standing, :detail, :at, :actor FROM instruments WHERE id = :id"
        ),
        {"id": instrument_id, "detail": detail, "at": at, "actor": actor},
    )


async def set_deposited(
    connection: AsyncConnection, instrument_id: UUID, *, bank_account_id: UUID, deposited_on: date
) -> None:
    await connection.execute(
        sa.text(
            "UPDATE instruments SET standing = 'deposited', bank_account_id = :account, deposited_on = :day,"
            " revision = revision + 1 WHERE id = :id"
        ),
        {"id": instrument_id, "account": bank_account_id, "day": deposited_on},
    )


async def set_standing(connection: AsyncConnection, instrument_id: UUID, standing: Standing) -> None:
    await connection.execute(
        sa.text("UPDATE instruments SET standing = :standing, revision = revision + 1 WHERE id = :id"),
        {"id": instrument_id, "standing": standing.value},
    )


async def clear_instruments(
    connection: AsyncConnection, receipts: Sequence[Receipt], *, actor: str, at: datetime
) -> list[UUID]:
    """Cheques in hand that the receipts are the money of: same partner, number and amount. Which ones they were."""
    by_cheque = [receipt for receipt in receipts if receipt.cheque_number]
    if not by_cheque:
        return []
    cleared = await connection.execute(
        sa.text(
            "UPDATE instruments i SET standing = 'cleared', receipt_id = r.id, revision = revision + 1"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:partners AS text[]), CAST(:numbers AS text[]),"
            "  CAST(:amounts AS bigint[])) AS r (id, partner_code, cheque_number, amount_minor)"
            " WHERE i.partner_code = r.partner_code AND i.amount_minor = r.amount_minor"
            " AND i.cheque_number = right(lpad(r.cheque_number, 6, '0'), 6)"
            " AND i.standing IN ('held', 'deposited', 'bounced') RETURNING i.id"
        ),
        {
            "ids": [receipt.id for receipt in by_cheque],
            "partners": [receipt.partner_code for receipt in by_cheque],
            "numbers": [receipt.cheque_number for receipt in by_cheque],
            "amounts": [receipt.amount_minor for receipt in by_cheque],
        },
    )
    ids = [row.id for row in cleared]
    for instrument_id in ids:
        await note_standing(connection, instrument_id, "The bank credited it", actor=actor, at=at)
    return ids


async def instrument_of_receipt(connection: AsyncConnection, receipt_id: UUID) -> UUID | None:
    """The cheque whose money the receipt is."""
    found: UUID | None = await connection.scalar(
        sa.text("SELECT id FROM instruments WHERE receipt_id = :id AND standing = 'cleared' FOR UPDATE"),
        {"id": receipt_id},
    )
    return found


async def charge_rule_on(connection: AsyncConnection, day: date) -> ChargeRule | None:
    """The rule that was the newest on the day."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT amount_minor, gst_rate FROM bounce_charge_rules WHERE valid_from <= :day"
                " ORDER BY valid_from DESC LIMIT 1"
            ),
            {"day": day},
        )
    ).one_or_none()
    return None if row is None else ChargeRule(row.amount_minor, row.gst_rate)


async def add_charge_rule(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when a rule begins on that day already."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO bounce_charge_rules VALUES (:valid_from, :amount_minor, :gst_rate, :source, :at, :by)"
            " ON CONFLICT DO NOTHING"
        ),
        values,
    )
    return added.rowcount == 1


async def next_charge_number(connection: AsyncConnection, financial_year: str) -> str:
    """The counter's row is held until the transaction ends: no gap, no number twice."""
    number = await connection.scalar(
        sa.text(
            "INSERT INTO charge_counters AS c VALUES (:year, 1) ON CONFLICT (financial_year)"
            " DO UPDATE SET last_number = c.last_number + 1 RETURNING last_number"
        ),
        {"year": financial_year},
    )
    return f"BC/{financial_year}/{number:06d}"


async def add_bounce(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO bounces VALUES (:id, :receipt_id, :instrument_id, :bank_line_id, :partner_code,"
            " :cheque_number, :amount_minor, :currency, :return_code, :return_class, :bounced_on, :at, :by)"
        ),
        values,
    )


async def add_charge(connection: AsyncConnection, charge: Charge, *, bounce_id: UUID, at: datetime) -> None:
    """Insert the charge and open it as an item of the partner, due at once."""
    await connection.execute(
        sa.text(
            "INSERT INTO charges VALUES (:id, :number, :bounce_id, :partner_code, :currency, :net_minor, :gst_minor, :day)"
        ),
        {
            "id": charge.id,
            "number": charge.number,
            "bounce_id": bounce_id,
            "partner_code": charge.partner_code,
            "currency": charge.currency,
            "net_minor": charge.net_minor,
            "gst_minor": charge.gst_minor,
            "day": charge.charged_on,
        },
    )
    await connection.execute(
        sa.text(
            "INSERT INTO open_items (id, kind, partner_code, document_number, document_on, due_on, currency,"
            " original_minor, open_minor, updated_at) VALUES (:id, 'charge', :partner_code, :number, :day, :day,"
            " :currency, :total, :total, :at)"
        ),
        {
            "id": charge.id,
            "partner_code": charge.partner_code,
            "number": charge.number,
            "day": charge.charged_on,
            "currency": charge.currency,
            "total": charge.total_minor,
            "at": at,
        },
    )


async def bounces_since(connection: AsyncConnection, partner_code: str, since: date) -> int:
    """How often cheques of the partner came back for want of money or will since the day."""
    count = await connection.scalar(
        sa.text(
            "SELECT count(*) FROM bounces WHERE partner_code = :code AND bounced_on >= :since"
            " AND return_class <> 'technical'"
        ),
        {"code": partner_code, "since": since},
    )
    return int(count or 0)


async def bounce_for_update(connection: AsyncConnection, bounce_id: UUID) -> Row | None:
    """The bounce, locked so that its steps follow each other."""
    return (
        await connection.execute(
            sa.text("SELECT * FROM bounces WHERE id = :id FOR NO KEY UPDATE"), {"id": bounce_id}
        )
    ).one_or_none()


async def steps_of(connection: AsyncConnection, bounce_id: UUID) -> dict[str, date]:
    rows = await connection.execute(
        sa.text("SELECT step, happened_on FROM bounce_steps WHERE bounce_id = :id"), {"id": bounce_id}
    )
    return {row.step: row.happened_on for row in rows}


async def add_step(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    await connection.execute(
        sa.text("INSERT INTO bounce_steps VALUES (:bounce_id, :step, :happened_on, :note, :at, :by)"), values
    )


async def pursued_bounces(connection: AsyncConnection) -> Sequence[Row]:
    """Bounces that section 138 may apply to and that nobody closed, with the day the notice was received."""
    return (
        await connection.execute(
            sa.text(
                "SELECT b.*, (SELECT happened_on FROM bounce_steps s WHERE s.bounce_id = b.id"
                "  AND s.step = 'notice_sent') AS notice_sent_on,"
                " (SELECT happened_on FROM bounce_steps s WHERE s.bounce_id = b.id"
                "  AND s.step = 'notice_received') AS notice_received_on"
                " FROM bounces b WHERE b.return_class <> 'technical' AND NOT EXISTS (SELECT FROM bounce_steps s"
                "  WHERE s.bounce_id = b.id AND s.step IN ('paid', 'complaint_filed', 'not_pursued')) ORDER BY b.id"
            )
        )
    ).all()


async def add_alert(
    connection: AsyncConnection, bounce_id: UUID, deadline: str, due_on: date, at: datetime
) -> bool:
    """False when this day was told of before."""
    added = await connection.execute(
        sa.text("INSERT INTO deadline_alerts VALUES (:id, :deadline, :due_on, :at) ON CONFLICT DO NOTHING"),
        {"id": bounce_id, "deadline": deadline, "due_on": due_on, "at": at},
    )
    return added.rowcount == 1


def _instrument(row: Row) -> Instrument:
    return Instrument(
        id=row.id,
        partner_code=row.partner_code,
        cheque_number=row.cheque_number,
        drawee_bank=row.drawee_bank,
        amount_minor=row.amount_minor,
        currency=row.currency,
        cheque_on=row.cheque_on,
        standing=Standing(row.standing),
    )
