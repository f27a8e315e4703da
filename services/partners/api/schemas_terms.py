"""Bodies of the terms partners buy on."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.partners.adapters.terms_store import TermsSet
from services.partners.domain.terms import PartnerTerms
from shared.wire import MoneyBody, WireModel, money

HOLD_SAYS_WHY = "a partner on hold needs a hold_reason, and nobody else has one"


class TermsDraft(WireModel):
    """The terms, told whole."""

    payment_days: Annotated[
        int | None, Field(ge=0, le=365, description="Days from invoice to due date", examples=[30])
    ] = None
    credit_limit: Annotated[
        MoneyBody | None, Field(description="Null: no limit; zero: payment before dispatch")
    ] = None
    stops_on_overdue: Annotated[
        bool,
        Field(description="Whether overdue invoices are to be paid before anything leaves", examples=[True]),
    ] = False
    is_on_hold: Annotated[
        bool, Field(description="Whether nothing leaves, whatever is paid", examples=[False])
    ] = False
    hold_reason: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="Why the partner is on hold", examples=[None]),
    ] = None

    @model_validator(mode="after")
    def _hold_says_why(self) -> Self:
        if self.is_on_hold != (self.hold_reason is not None):
            raise ValueError(HOLD_SAYS_WHY)
        return self

    def terms(self) -> PartnerTerms:
        """The domain's terms; MoneyError when the limit has more digits than its currency."""
        return PartnerTerms(
            payment_days=self.payment_days,
            credit_limit_minor=self.credit_limit.minor() if self.credit_limit else None,
            currency=self.credit_limit.currency if self.credit_limit else "INR",
            stops_on_overdue=self.stops_on_overdue,
            is_on_hold=self.is_on_hold,
            hold_reason=self.hold_reason,
        )


class TermsBody(WireModel):
    """The terms as they were set; revision 0: none were set, so there is no limit."""

    payment_days: int | None
    credit_limit: MoneyBody | None
    stops_on_overdue: bool
    is_on_hold: bool
    hold_reason: str | None
    revision: int
    set_at: Annotated[datetime | None, Field(description="When they were set; null: never")]
    set_by: str | None


def terms_body(held: TermsSet) -> TermsBody:
    """The reply for terms."""
    terms, limit = held.terms, held.terms.credit_limit_minor
    return TermsBody(
        payment_days=terms.payment_days,
        credit_limit=None if limit is None else money(limit, terms.currency),
        stops_on_overdue=terms.stops_on_overdue,
        is_on_hold=terms.is_on_hold,
        hold_reason=terms.hold_reason,
        revision=held.revision,
        set_at=held.set_at,
        set_by=held.set_by,
    )
