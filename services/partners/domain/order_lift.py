"""What would lift a hold, and who can do it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.partners.domain.order import HoldKind


class Lifter(StrEnum):
    """Who has to act."""

    PARTNER = "partner"
    COORDINATOR = "coordinator"
    ENGINEERING = "engineering"
    STORES = "stores"
    SALES = "sales"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """One act that lifts a hold. `amount_minor` in `currency` where it is a payment."""

    by: Lifter
    action: str
    amount_minor: int | None = None
    currency: str | None = None


LIFTS: Final = {
    HoldKind.CREDIT: Lift(by=Lifter.PARTNER, action="Pay what exceeds the credit limit or is overdue"),
    HoldKind.PAYMENT: Lift(by=Lifter.PARTNER, action="Pay before dispatch"),
    HoldKind.DOCUMENTS: Lift(by=Lifter.PARTNER, action="Send the documents that are missing"),
    HoldKind.ENGINEERING: Lift(by=Lifter.ENGINEERING, action="Clear the drawing or specification"),
    HoldKind.ALLOCATION: Lift(by=Lifter.STORES, action="Set stock aside"),
    HoldKind.PRICE: Lift(by=Lifter.SALES, action="Agree the price"),
    HoldKind.PARTNER_REQUEST: Lift(by=Lifter.PARTNER, action="Release the dispatch"),
    HoldKind.PARTNER_ON_HOLD: Lift(by=Lifter.COORDINATOR, action="Take the partner off hold"),
}
