"""Bodies of virtual account numbers."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_invoices import PartnerCode
from services.payments.domain.virtual_account import VirtualAccount, virtual_account_key
from shared.wire import Day, WireModel


class VirtualAccountDraft(WireModel):
    """Whose money it is that comes in under this number."""

    number: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9]{8,35}$",
            description="Client code and partner code, as the bank prints it",
            examples=["SLSOPSCP0101"],
        ),
    ]
    partner_code: PartnerCode
    bank_account: Annotated[
        str, Field(min_length=1, max_length=40, description="Number of our account that gets the money")
    ]
    valid_from: Annotated[Day | None, Field(description="Today unless given; may lie in the past")] = None

    def account(self, today: date) -> VirtualAccount:
        """The domain's virtual account."""
        return VirtualAccount(virtual_account_key(self.number), self.partner_code, self.valid_from or today)


class VirtualAccountBody(WireModel):
    """From `valid_from` on, until a later registration of the number."""

    number: str
    partner_code: str
    bank_account: str
    valid_from: date
    registered_at: datetime
    registered_by: str


def virtual_account_body(row: Row) -> VirtualAccountBody:
    """The reply for one registration."""
    return VirtualAccountBody(
        number=row.number,
        partner_code=row.partner_code,
        bank_account=row.bank_account,
        valid_from=row.valid_from,
        registered_at=row.registered_at,
        registered_by=row.registered_by,
    )
