"""How values look in requests and replies, the same in every service."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.money import minor_from_text, text_from_minor


class WireModel(BaseModel):
    """Base of bodies: unknown fields are refused, so that a misspelt one is not silently lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MoneyBody(WireModel):
    """An exact amount: a decimal string with at most the currency's digits."""

    amount: Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,4})?$", examples=["1234.50"])]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["INR"])]

    def minor(self) -> int:
        """Minor units; MoneyError when the amount has more digits than the currency."""
        return minor_from_text(self.amount, self.currency)


def money(amount_minor: int, currency: str) -> MoneyBody:
    """The wire form of minor units."""
    return MoneyBody.model_construct(amount=text_from_minor(amount_minor, currency), currency=currency)
