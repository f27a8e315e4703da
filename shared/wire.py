"""How values look in requests and replies, the same in every service."""

import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from shared.money import minor_from_text, text_from_minor


class WireModel(BaseModel):
    """Base of bodies: unknown fields are refused, so that a misspelt one is not silently lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}.*", re.ASCII)


def _day_text(value: object) -> object:
    if isinstance(value, str | int | float) and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("expected a day as 2026-10-31")
    return value


def _instant_text(value: object) -> object:
    if isinstance(value, str | int | float) and not (isinstance(value, str) and _INSTANT.fullmatch(value)):
        raise ValueError("expected an instant with its offset as 2026-10-31T09:30:00Z")
    return value


# What callers send: pydantic by itself reads 0 and "0" as the first of January 1970, which nobody meant.
Day = Annotated[date, BeforeValidator(_day_text)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant_text)]


class MoneyBody(WireModel):
    """An exact amount: a decimal string with at most the currency's digits."""

    amount: Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,4})?$", examples=["1234.50"])]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["INR"])]

    def minor(self) -> int:
        """Minor units; MoneyError when the amount has more digits than the currency."""
        return minor_from_text(self.amount, self.currency)


def _more_than_nothing(value: MoneyBody) -> MoneyBody:
    if value.minor() <= 0:
        raise ValueError("expected a positive amount")
    return value


def _not_negative(value: MoneyBody) -> MoneyBody:
    if value.minor() < 0:
        raise ValueError("expected nothing or a positive amount")
    return value


def _not_nothing(value: MoneyBody) -> MoneyBody:
    if value.minor() == 0:
        raise ValueError("expected an amount that is not nothing")
    return value


# What callers send; the same rules stand in the database, where breaking one is our fault and no longer theirs.
PositiveMoney = Annotated[MoneyBody, AfterValidator(_more_than_nothing)]
UnsignedMoney = Annotated[MoneyBody, AfterValidator(_not_negative)]
NonzeroMoney = Annotated[MoneyBody, AfterValidator(_not_nothing)]


@lru_cache(maxsize=4096)
def money(amount_minor: int, currency: str) -> MoneyBody:
    """The wire form of minor units. Lists name the same amounts again and again, nought above all."""
    return MoneyBody.model_construct(amount=text_from_minor(amount_minor, currency), currency=currency)
