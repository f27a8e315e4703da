"""Reads of exchange rates."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories.exchange_rates import rates_on
from services.payments.domain.errors import RateUnknown

RATE_SELECT = "SELECT r.* FROM exchange_rates r"


async def counting_rate(connection: AsyncConnection, currency: str, day: date) -> Decimal:
    """Rupees for one unit; RateUnknown when no rate is known that is young enough."""
    rates = await rates_on(connection, [(currency, day)])
    if (currency, day) not in rates:
        raise RateUnknown(
            f"There is no rate of {currency} for {day} or the days before; enter it with POST /v1/exchange-rates"
        )
    return rates[currency, day]


async def rates_of_day(
    connection: AsyncConnection, currencies: Iterable[str], day: date | None
) -> dict[str, Decimal]:
    """The rates of the currencies that are known for the day; none when no day is asked for."""
    if day is None:
        return {}
    found = await rates_on(connection, [(currency, day) for currency in currencies])
    return {currency: rate for (currency, _), rate in found.items()}
