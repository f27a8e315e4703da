"""Reads of exchange rates."""

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
