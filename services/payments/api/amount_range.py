"""The amounts a list is narrowed to."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Query

from services.payments.adapters.queries.listing import Listing
from shared.money import minor_from_text

_AMOUNT: Final = r"^-?\d{1,15}(\.\d{1,4})?$"
USUAL_CURRENCY: Final = "INR"


@dataclass(frozen=True, slots=True)
class AmountRange:
    """Query parameters of lists with an amount; an amount without a currency is in rupees."""

    amount_gte: Annotated[str | None, Query(pattern=_AMOUNT, examples=["1000.00"])] = None
    amount_lte: Annotated[str | None, Query(pattern=_AMOUNT, examples=["50000.00"])] = None
    currency: Annotated[
        str | None, Query(pattern=r"^[A-Z]{3}$", description="Of the list and of the amounts given")
    ] = None

    def narrow(self, listing: Listing, *, amount: str, currency: str) -> Listing:
        """`amount` and `currency` name the columns; MoneyError for digits the currency does not have."""
        wanted = self.currency
        if wanted is None and (self.amount_gte or self.amount_lte):
            wanted = USUAL_CURRENCY
        listing.where(f"{currency} = :currency", currency=wanted)
        if wanted is not None and self.amount_gte is not None:
            listing.where(f"{amount} >= :amount_gte", amount_gte=minor_from_text(self.amount_gte, wanted))
        if wanted is not None and self.amount_lte is not None:
            listing.where(f"{amount} <= :amount_lte", amount_lte=minor_from_text(self.amount_lte, wanted))
        return listing
