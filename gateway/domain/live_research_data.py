"""What live events of research say: the `data` of what was shared and of what was seen of competitors."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from gateway.domain.live_data import LiveModel, Zone


class ResearchBriefSharedData(LiveModel):
    """What research found was approved and shared with sales."""

    brief_id: Annotated[UUID, Field(description="Id of the brief")]
    assignment_id: Annotated[UUID, Field(description="Id of the assignment")]
    opportunity_id: Annotated[UUID | None, Field(description="Null for a free subject")]
    opportunity_record_id: Annotated[str | None, Field(description="Salesforce's id of it")]
    subject: Annotated[str, Field(description="What it is about, in words")]
    partner_code: Annotated[str | None, Field(description="Whom it concerns")]
    zone: Zone
    version: Annotated[int, Field(description="Of the brief, from 1")]
    summary: Annotated[str, Field(description="What sales has to know first")]
    shared_at: Annotated[datetime, Field(description="UTC")]


class CompetitorObservedData(LiveModel):
    """Somebody saw something of a competitor."""

    observation_id: Annotated[UUID, Field(description="Id of the observation")]
    competitor: Annotated[str, Field(description="Code of its profile", examples=["kaveri"])]
    competitor_name: Annotated[str, Field(description="What people call it")]
    product: Annotated[str | None, Field(description="Code of the product; null for the maker as a whole")]
    attribute: Annotated[str, Field(description="Code of what was observed", examples=["street_price"])]
    title: Annotated[str, Field(description="The attribute in words")]
    value: Annotated[str, Field(description="What was seen, with its unit or currency")]
    zone: Annotated[str | None, Field(description="Where it holds; null for everywhere")]
    seen_on: Annotated[date, Field(description="The day it was seen or published")]
    grade: Annotated[str, Field(description="Reliability of the source and credibility", examples=["B2"])]


class CompetitorDigestSharedData(LiveModel):
    """A digest of competitors was made."""

    digest_id: Annotated[UUID, Field(description="Id of the digest")]
    subscription_id: Annotated[UUID, Field(description="Id of the subscription")]
    number: Annotated[int, Field(description="Of the subscription's digests, from 1")]
    title: Annotated[str, Field(description="What the subscription is called")]
    zone: Annotated[
        str | None, Field(description="For whose people; null for those who see all zones", examples=["west"])
    ]
    competitors: Annotated[list[str], Field(description="Codes of those of whom something changed")]
    changes: Annotated[int, Field(description="How many things are otherwise")]
    summary: Annotated[str, Field(description="How many of which kind", examples=["2 new, 1 contradicted"])]
    since_at: Annotated[datetime | None, Field(description="When the one before was made; UTC")]
    made_at: Annotated[datetime, Field(description="UTC")]
