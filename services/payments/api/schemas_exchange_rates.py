"""Bodies of exchange rates."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.domain.base_value import BaseValue, value_at
from services.payments.domain.exchange_rate import (
    BASE_CURRENCY,
    ExchangeRate,
    RateInvalid,
    RatePublisher,
    rate_per_unit,
)
from shared.errors import FieldProblem
from shared.wire import Day, MoneyBody, WireModel, money

ForeignCurrency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["USD"])]
OwnRate = Annotated[
    str | None,
    Field(
        pattern=r"^\d{1,7}(\.\d{1,10})?$",
        description="Rupees for one unit of the foreign currency, exact; the rate of the day unless given",
        examples=["83.4567"],
    ),
]


class ExchangeRateDraft(WireModel):
    """What a source says about a day. The columns of a CSV batch are the same."""

    currency: ForeignCurrency
    rate_on: Annotated[Day, Field(description="The day it is for; it counts until a later one is known")]
    publisher: RatePublisher
    rate: Annotated[
        str,
        Field(pattern=r"^\d{1,7}(\.\d{1,10})?$", description="Rupees for `units`", examples=["83.4567"]),
    ]
    units: Annotated[int, Field(description="1, 10, 100 or 1000; a rate of JPY is told for 100")] = 1
    source: Annotated[
        str, Field(min_length=3, max_length=300, examples=["FBIL reference rates of 14 October 2026"])
    ]

    def exchange_rate(self) -> ExchangeRate:
        """For one unit; RateInvalid when it cannot be a rate."""
        rate = rate_per_unit(Decimal(self.rate), self.units)
        return ExchangeRate(self.currency, self.rate_on, self.publisher, rate, self.source)


class ExchangeRateBody(WireModel):
    """A rate as it was entered; `rate` is for one unit."""

    id: UUID
    currency: str
    rate_on: date
    publisher: RatePublisher
    rate: str
    source: str
    entered_by: str
    entered_at: datetime


class CountingRateBody(WireModel):
    """What the books take for a day when nobody tells another rate."""

    currency: str
    day: date
    rate: str


def own_value(amount_minor: int, currency: str, rate: str | None) -> BaseValue | None:
    """What an amount is worth at the rate that its teller names; RateInvalid when that cannot be one."""
    if not rate:
        return None
    if not re.fullmatch(r"\d{1,7}(\.\d{1,10})?", rate):
        problem = FieldProblem("/exchange_rate", "expected rupees for one unit, e.g. 83.4567")
        raise RateInvalid(f"'{rate[:40]}' is no rate", problems=[problem])
    told = ExchangeRate(currency, date.min, RatePublisher.BANK, Decimal(rate), "told")
    return value_at(amount_minor, currency, told.rate)


def rate_text(rate: Decimal | None) -> str | None:
    """Without the zeros that the database adds: 83.4567; null in rupees."""
    return None if rate is None else format(rate.normalize(), "f")


def base_money(minor: int | None) -> MoneyBody | None:
    """Rupees; null for what is in rupees anyway."""
    return None if minor is None else money(minor, BASE_CURRENCY)


def exchange_rate_body(row: Row) -> ExchangeRateBody:
    """The reply for one rate."""
    return ExchangeRateBody(
        id=row.id,
        currency=row.currency,
        rate_on=row.rate_on,
        publisher=RatePublisher(row.publisher),
        rate=rate_text(row.rate) or "",
        source=row.source,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
    )
