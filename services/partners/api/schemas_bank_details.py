"""Bodies of bank details of partners."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.partners.adapters.bank_store import Row
from services.partners.domain.bank_details import BankDetails, BankDetailsStanding
from shared.wire import WireModel

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class BankDetailsDraft(WireModel):
    """Bank details that are proposed."""

    holder_name: Annotated[Text, Field(examples=["Godavari Energy Enterprises Private Limited"])]
    account_number: Annotated[str, Field(max_length=40, examples=["749165300829"])]
    ifsc: Annotated[str, Field(max_length=20, examples=["ICIC0419849"])]
    reason: Annotated[Text, Field(examples=["Cancelled cheque received on 12 October"])]

    def details(self) -> BankDetails:
        """The domain's details; BankDetailsInvalid when nothing could be paid there."""
        return BankDetails(holder_name=self.holder_name, account_number=self.account_number, ifsc=self.ifsc)


class BankDetailsDecision(WireModel):
    """What somebody else decides about proposed bank details."""

    is_approved: Annotated[bool, Field(description="false: refused", examples=[True])]
    note: Annotated[Text | None, Field(examples=["Called back on the number we know"])] = None


class BankDetailsBody(WireModel):
    """Bank details with what became of them."""

    id: UUID
    partner_code: str
    holder_name: str
    account_number: str
    ifsc: str
    reason: str
    standing: BankDetailsStanding
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


def bank_details_body(row: Row) -> BankDetailsBody:
    """The reply for one row."""
    return BankDetailsBody(
        id=row.id,
        partner_code=row.partner_code,
        holder_name=row.holder_name,
        account_number=row.account_number,
        ifsc=row.ifsc,
        reason=row.reason,
        standing=row.standing,
        proposed_at=row.proposed_at,
        proposed_by=row.proposed_by,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        note=row.note,
    )
