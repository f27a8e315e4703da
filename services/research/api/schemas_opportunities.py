"""Bodies of opportunities."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, JsonValue

from services.research.adapters.opportunities import Row
from shared.wire import MoneyBody, WireModel, money


class OpportunityBody(WireModel):
    """An opportunity of the CRM as it was told last."""

    id: Annotated[UUID, Field(description="Its id here")]
    organization_id: Annotated[str, Field(description="Salesforce organization, 15 characters")]
    record_id: Annotated[str, Field(description="Salesforce's id of it, 18 characters")]
    name: Annotated[str, Field(examples=["Sahyadri Diesel Agencies: gensets for 2027"])]
    stage: Annotated[str, Field(description="As the CRM calls it", examples=["Qualification"])]
    partner_code: Annotated[str | None, Field(description="The partner of its account, if it is one")]
    partner_name: Annotated[str | None, Field(description="That partner's name")]
    zone: Annotated[str | None, Field(description="Its own, else the partner's")]
    account_record_id: Annotated[str | None, Field(description="Salesforce's id of the account")]
    owner: Annotated[str | None, Field(description="Who has it in the CRM")]
    amount: Annotated[MoneyBody | None, Field(description="What it may bring")]
    close_on: Annotated[date | None, Field(description="When it is expected to be decided")]
    probability_percent: Annotated[int | None, Field(description="As the CRM reckons, 0 to 100")]
    is_closed: Annotated[bool, Field(description="Won or lost")]
    is_won: Annotated[bool, Field(description="Won")]
    is_deleted: Annotated[bool, Field(description="Deleted in the CRM")]
    research_requested: Annotated[
        bool, Field(description="What the mapping of its organization reads as the wish for research")
    ]
    modified_at: Annotated[datetime, Field(description="When it changed last in the CRM; UTC")]
    heard_at: Annotated[datetime, Field(description="When that reached us; UTC")]


class OpportunityVersionBody(WireModel):
    """One telling."""

    modified_at: Annotated[datetime, Field(description="Since when it was so in the CRM; UTC")]
    heard_at: Annotated[datetime, Field(description="When it reached us; UTC")]
    facts: Annotated[
        dict[str, JsonValue],
        Field(description="Its values then, amounts in minor units", examples=[{"stage": "Prospecting"}]),
    ]


class OpportunityDetailBody(OpportunityBody):
    """With how it was told."""

    versions: Annotated[
        list[OpportunityVersionBody], Field(description="The latest state first, 500 at most")
    ]


def opportunity_facts(row: Row) -> dict[str, Any]:
    """The fields of an opportunity, with or without its versions."""
    names = OpportunityBody.model_fields.keys() - {"amount", "modified_at"}
    amount = None if row.amount_minor is None else money(row.amount_minor, row.currency)
    facts = {name: getattr(row, name) for name in names}
    return {**facts, "amount": amount, "modified_at": row.system_modstamp}


def version_body(row: Row) -> OpportunityVersionBody:
    """One telling."""
    return OpportunityVersionBody(modified_at=row.system_modstamp, heard_at=row.heard_at, facts=row.facts)
