"""Grounds, duties, series and deadlines of credit notes: rows with a first day, the newest of a day counts."""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.domain.credit_note_rules import NoteRules, Reason


async def reason_on(connection: AsyncConnection, note_type: str, code: str, day: date) -> Reason | None:
    """What the ground asks for on the day."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT * FROM credit_note_reasons WHERE note_type = :type AND code = :code AND valid_from <= :day"
                " ORDER BY valid_from DESC LIMIT 1"
            ),
            {"type": note_type, "code": code, "day": day},
        )
    ).one_or_none()
    if row is None:
        return None
    return Reason(
        note_type=row.note_type,
        code=row.code,
        name=row.name,
        ground=row.ground,
        needs_agreement=row.needs_agreement,
        needs_invoices=row.needs_invoices,
        counts_goods=row.counts_goods,
        is_tax_only=row.is_tax_only,
        is_allowed=row.is_allowed,
    )


async def rules_on(connection: AsyncConnection, day: date) -> NoteRules:
    """The rules that were the newest on the day; the migrations begin them with the tax itself."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT * FROM credit_note_rules WHERE valid_from <= :day ORDER BY valid_from DESC LIMIT 1"
            ),
            {"day": day},
        )
    ).one()
    return NoteRules(
        declare_until=(row.declare_until_month, row.declare_until_day),
        needs_itc_declaration=row.needs_itc_declaration,
        reporting_days=row.reporting_days,
        cancel_hours=row.cancel_hours,
        ims_pending_periods=row.ims_pending_periods,
        return_due_day=row.return_due_day,
    )


async def series_on(connection: AsyncConnection, note_type: str, day: date) -> str:
    """How numbers of the type begin on the day."""
    prefix: str = (
        await connection.execute(
            sa.text(
                "SELECT prefix FROM credit_note_series WHERE note_type = :type AND valid_from <= :day"
                " ORDER BY valid_from DESC LIMIT 1"
            ),
            {"type": note_type, "day": day},
        )
    ).scalar_one()
    return prefix


async def add_reason(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when the ground begins on that day already."""
    return await _add(
        connection,
        "INSERT INTO credit_note_reasons VALUES (:note_type, :code, :valid_from, :name, :ground, :needs_agreement,"
        " :needs_invoices, :counts_goods, :is_tax_only, :is_allowed, :source, :at, :by) ON CONFLICT DO NOTHING",
        values,
    )


async def add_rules(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when rules begin on that day already."""
    return await _add(
        connection,
        "INSERT INTO credit_note_rules VALUES (:valid_from, :declare_until_month, :declare_until_day,"
        " :needs_itc_declaration, :reporting_days, :cancel_hours, :ims_pending_periods, :source, :at, :by, :return_due_day)"
        " ON CONFLICT DO NOTHING",
        values,
    )


async def add_series(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when a series of the type begins on that day already."""
    return await _add(
        connection,
        "INSERT INTO credit_note_series VALUES (:note_type, :valid_from, :prefix, :source, :at, :by)"
        " ON CONFLICT DO NOTHING",
        values,
    )


async def add_annual_return(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when the year's return is known."""
    return await _add(
        connection,
        "INSERT INTO annual_returns VALUES (:gstin, :financial_year, :filed_on, :source, :at, :by)"
        " ON CONFLICT DO NOTHING",
        values,
    )


async def _add(connection: AsyncConnection, statement: str, values: Mapping[str, object]) -> bool:
    return (await connection.execute(sa.text(statement), values)).rowcount == 1
