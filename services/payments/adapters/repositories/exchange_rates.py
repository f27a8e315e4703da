"""Rates as they were entered, and the one that counts on a day."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.domain.exchange_rate import AGE_DAYS_MAX, ExchangeRate

RateKey = tuple[str, date]  # currency and day

# Of each publisher what was entered last for the latest day that is not too old; of those the publisher we trust most.
_RATES_ON = """
SELECT w.currency, w.day, r.rate FROM unnest(CAST(:currencies AS text[]), CAST(:days AS date[])) AS w (currency, day)
CROSS JOIN LATERAL (
    SELECT r.rate FROM unnest(CAST(:publisher AS text[]), CAST(:ages AS integer[])) WITH ORDINALITY AS s (name, age, place)
    JOIN exchange_rates r ON r.publisher = s.name AND r.currency = w.currency
        AND r.rate_on BETWEEN w.day - s.age AND w.day
    ORDER BY s.place, r.rate_on DESC, r.id DESC LIMIT 1
) AS r
"""


async def lock_rates(connection: AsyncConnection) -> None:
    """Who enters rates follows who entered them before, so that each sees what is known."""
    await connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('exchange rates', 0))"))


async def rates_entered(
    connection: AsyncConnection, keys: Iterable[RateKey]
) -> dict[tuple[str, date, str], tuple[UUID, Decimal]]:
    """Id and rate of the latest row by currency, day and publisher."""
    wanted = sorted(set(keys))
    rows = await connection.execute(
        sa.text(
            "SELECT DISTINCT ON (r.currency, r.rate_on, r.publisher) r.* FROM exchange_rates r"
            " JOIN unnest(CAST(:currencies AS text[]), CAST(:days AS date[])) AS w (currency, day)"
            " ON w.currency = r.currency AND w.day = r.rate_on"
            " ORDER BY r.currency, r.rate_on, r.publisher, r.id DESC"
        ),
        {"currencies": [currency for currency, _ in wanted], "days": [day for _, day in wanted]},
    )
    return {(row.currency, row.rate_on, row.publisher): (row.id, row.rate) for row in rows}


async def add_rates(
    connection: AsyncConnection, rates: Sequence[ExchangeRate], *, entered_by: str, at: datetime
) -> list[UUID]:
    ids = [uuid7() for _ in rates]
    await copy_rows(
        connection,
        "exchange_rates",
        "id currency rate_on publisher rate source entered_by entered_at",
        [
            (key, one.currency, one.rate_on, one.publisher.value, one.rate, one.source, entered_by, at)
            for key, one in zip(ids, rates, strict=True)
        ],
    )
    return ids


async def rates_on(connection: AsyncConnection, keys: Iterable[RateKey]) -> dict[RateKey, Decimal]:
    """The rate that counts for each currency and day; absent when none is known that is young enough."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = await connection.execute(
        sa.text(_RATES_ON),
        {
            "currencies": [currency for currency, _ in wanted],
            "days": [day for _, day in wanted],
            "publisher": [publisher.value for publisher in AGE_DAYS_MAX],
            "ages": list(AGE_DAYS_MAX.values()),
        },
    )
    return {(row.currency, row.day): row.rate.normalize() for row in rows}
