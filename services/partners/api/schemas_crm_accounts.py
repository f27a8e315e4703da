"""Bodies of accounts of the CRM."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.partners.adapters.crm_accounts import Row
from services.partners.domain.crm_account import AccountStanding
from shared.wire import WireModel


class CrmAccountBody(WireModel):
    """An account of the CRM as it was told last, and the partner it is; `problem` says why there is none yet."""

    organization_id: Annotated[
        str, Field(description="The CRM's organization, 15 characters", examples=["00D5g000004XYZA"])
    ]
    record_id: Annotated[str, Field(description="The CRM's own id", examples=["0015g00000ABCDEAA4"])]
    standing: AccountStanding
    partner_code: str | None
    name: str
    zone: str
    problem: str | None
    changed_at: Annotated[datetime, Field(description="When the CRM changed what was told last")]
    taken_in_at: Annotated[datetime, Field(description="When it was taken in here")]


def crm_account_body(row: Row) -> CrmAccountBody:
    """The reply for one account."""
    return CrmAccountBody(
        organization_id=row.organization_id,
        record_id=row.record_id,
        standing=row.standing,
        partner_code=row.partner_code,
        name=row.name,
        zone=row.zone,
        problem=row.problem,
        changed_at=row.system_modstamp,
        taken_in_at=row.taken_in_at,
    )
