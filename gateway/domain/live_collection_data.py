"""What live events say of collections of filled templates."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from gateway.domain.live_data import LiveModel, Zone


class SubmissionAskedData(LiveModel):
    """Somebody is asked to fill a template."""

    collection_id: Annotated[UUID, Field(description="The collection")]
    respondent_id: Annotated[UUID, Field(description="Who is asked, of the collection's respondents")]
    title: Annotated[str, Field(description="Of the collection")]
    template: Annotated[str, Field(description="Its name")]
    respondent: Annotated[str, Field(description="Who is asked, as people read it")]
    partner_code: Annotated[str | None, Field(description="Whom it concerns")]
    zone: Zone
    due_at: Annotated[datetime, Field(description="By when it has to be there; UTC")]
    workbook_path: Annotated[str, Field(description="Where the workbook is")]


class SubmissionDueData(SubmissionAskedData):
    """Nothing acceptable came from a respondent so far."""

    notice: Annotated[str, Field(description="reminder, overdue or escalated")]
    owner: Annotated[str, Field(description="Who opened the collection")]


class SubmissionDecidedData(LiveModel):
    """What a respondent sent was accepted or returned."""

    collection_id: Annotated[UUID, Field(description="The collection")]
    respondent_id: Annotated[UUID, Field(description="Who is asked, of the collection's respondents")]
    submission_id: Annotated[UUID, Field(description="What was sent")]
    title: Annotated[str, Field(description="Of the collection")]
    respondent: Annotated[str, Field(description="Who is asked, as people read it")]
    partner_code: Annotated[str | None, Field(description="Whom it concerns")]
    zone: Zone
    version: Annotated[int, Field(description="Of the respondent's submissions, from 1")]
    is_accepted: Annotated[bool, Field(description="Returned otherwise")]
    findings_count: Annotated[int, Field(description="What the check found")]
    note: Annotated[str | None, Field(description="Why it was returned")]
    decided_at: Annotated[datetime, Field(description="When it was accepted or returned; UTC")]


class CollectionClosedData(LiveModel):
    """A collection takes nothing in any more."""

    collection_id: Annotated[UUID, Field(description="The collection")]
    title: Annotated[str, Field(description="Of the collection")]
    template: Annotated[str, Field(description="Its name")]
    respondents: Annotated[int, Field(description="How many were asked")]
    accepted: Annotated[int, Field(description="How many of them count")]
    closed_at: Annotated[datetime, Field(description="UTC")]
