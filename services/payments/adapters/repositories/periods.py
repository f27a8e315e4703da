"""Months as they are closed and opened again, and the day from which can be posted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.period import BalanceKey, PeriodStanding
from services.payments.domain.posting import Posting

# By its index, which knows no order across months; of months that left, what was carried forward.
BOOKS_BEGIN_ON: Final = (
    "least((SELECT min(effective_on) FROM journal_entries),"
    " (SELECT min(effective_on) FROM carried_movements))"
)
_PERIOD_LOCK: Final = 727276  # the same number as in the function first_open_day


async def first_open_day(connection: AsyncConnection) -> date:
    """From which day can be posted; no month is closed any more until the transaction ends."""
    day = await connection.scalar(sa.text("SELECT first_open_day()"))
    assert isinstance(day, date)
    return day


async def hold_postings(connection: AsyncConnection) -> None:
    """Wait for every posting that began, and let none begin until the transaction ends."""
    await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _PERIOD_LOCK})


async def period_for_update(connection: AsyncConnection, month: date) -> Row:
    """The month, locked; one that was never closed is entered as open."""
    await connection.execute(
        sa.text(
            "INSERT INTO periods (month, state, closings, revision) VALUES (:month, 'open', 0, 0) ON CONFLICT DO NOTHING"
        ),
        {"month": month},
    )
    return (
        await connection.execute(
            sa.text("SELECT * FROM periods WHERE month = :month FOR UPDATE"), {"month": month}
        )
    ).one()


async def first_entry_day(connection: AsyncConnection) -> date | None:
    """When the books begin."""
    day: date | None = await connection.scalar(sa.text(f"SELECT {BOOKS_BEGIN_ON}"))
    return day


async def change_period(
    connection: AsyncConnection,
    month: date,
    standing: PeriodStanding,
    *,
    asked_by: str | None = None,
    is_closing: bool = False,
) -> int:
    """Set the state and count the revision up; returns the revision."""
    revision = await connection.scalar(
        sa.text(
            "UPDATE periods SET state = :state, asked_by = :asked_by, revision = revision + 1,"
            " closings = closings + :closing WHERE month = :month RETURNING revision"
        ),
        {
            "month": month,
            "state": standing.value,
            "asked_by": asked_by,
            "closing": 1 if is_closing else 0,
        },
    )
    assert isinstance(revision, int)
    return revision


async def note_period(
    connection: AsyncConnection,
    period: tuple[date, int],
    told: tuple[str, str],
    posting: Posting,
    facts: Mapping[str, object],
) -> None:
    """`period` is (month, revision), `told` is (kind of event, reason)."""
    await connection.execute(
        sa.text(
            "INSERT INTO period_events (month, revision, kind, reason, facts, actor, at)"
            " VALUES (:month, :revision, :kind, :reason, CAST(:facts AS jsonb), :actor, :at)"
        ),
        {
            "month": period[0],
            "revision": period[1],
            "kind": told[0],
            "reason": told[1],
            "facts": msgspec.json.encode(facts).decode(),
            "actor": posting.actor,
            "at": posting.at,
        },
    )


async def set_first_open_day(connection: AsyncConnection, day: date) -> None:
    """Only with postings held."""
    await connection.execute(
        sa.text("UPDATE ledger_locks SET first_open_on = :day WHERE name = 'journal'"), {"day": day}
    )


async def waivers_of(connection: AsyncConnection, month: date, closing: int) -> Sequence[Row]:
    """What need not pass in that closing."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM period_waivers WHERE month = :month AND closing = :closing ORDER BY check_name"
            ),
            {"month": month, "closing": closing},
        )
    ).all()


async def add_waiver(
    connection: AsyncConnection, key: tuple[date, int, str], reason: str, by: str, at: datetime
) -> bool:
    """`key` is (month, closing, check); False when it was waived before."""
    inserted = await connection.scalar(
        sa.text(
            "INSERT INTO period_waivers (month, closing, check_name, reason, waived_by, waived_at)"
            " VALUES (:month, :closing, :check, :reason, :by, :at) ON CONFLICT DO NOTHING RETURNING closing"
        ),
        {"month": key[0], "closing": key[1], "check": key[2], "reason": reason, "by": by, "at": at},
    )
    return inserted is not None


async def keep_balances(connection: AsyncConnection, month: date, closing: int, until: date) -> None:
    """Every account, and every partner on an account, as they stood at the end of the month."""
    await connection.execute(
        sa.text(
            "INSERT INTO period_balances (month, closing, account_code, partner_code, currency, debit_minor,"
            " credit_minor, balance_minor) SELECT :month, :closing, account_code, coalesce(partner_code, ''),"
            " currency, sum(debit_minor), sum(credit_minor), sum(amount_minor)"
            " FROM journal_movements WHERE effective_on <= :until"
            " GROUP BY account_code, coalesce(partner_code, ''), currency"
        ),
        {"month": month, "closing": closing, "until": until},
    )


async def kept_balances(connection: AsyncConnection, month: date, closing: int) -> dict[BalanceKey, int]:
    """The balances of one closing; empty for one that never was."""
    rows = await connection.execute(
        sa.text("SELECT * FROM period_balances WHERE month = :month AND closing = :closing"),
        {"month": month, "closing": closing},
    )
    return {(row.account_code, row.partner_code, row.currency): row.balance_minor for row in rows}
