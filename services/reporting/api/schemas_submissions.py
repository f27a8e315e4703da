"""Bodies of submissions and of what was found in them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from services.reporting.adapters.collection_store import Row
from services.reporting.domain.entry_cell import FindingCode
from shared.wire import WireModel

SUBMISSION_SHOWN: Final[dict[str, JsonValue]] = {
    "id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d2f",
    "collection_id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d2e",
    "respondent_id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d30",
    "respondent": "Northern Gensets (CP-1001)",
    "partner_code": "CP-1001",
    "zone": "North",
    "version": 1,
    "state": "returned",
    "is_latest": True,
    "is_late": False,
    "media_type": "text/csv",
    "size_bytes": 5120,
    "content_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "job_id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d33",
    "sent_by": "kiran.rao",
    "sent_at": "2026-11-28T06:30:00Z",
    "rows_count": 42,
    "findings_count": 2,
    "checked_at": "2026-11-28T06:30:01Z",
    "note": "2 findings; see the marked copy",
    "decided_by": "salesops",
    "decided_at": "2026-11-28T06:30:01Z",
}


class SubmissionBody(WireModel):
    """A file as it was sent, and what became of it; a later version takes its place, and nothing is overwritten."""

    model_config = ConfigDict(json_schema_extra={"examples": [SUBMISSION_SHOWN]})
    id: UUID
    collection_id: Annotated[UUID, Field(description="What it answers")]
    respondent_id: Annotated[UUID, Field(description="For whom, of the collection's respondents")]
    respondent: Annotated[str, Field(description="As people read it")]
    partner_code: str | None
    zone: str | None
    version: Annotated[int, Field(ge=1, description="Of its respondent's submissions, from 1")]
    state: Annotated[
        Literal["received", "checked", "accepted", "returned"],
        Field(description="returned by the check if it has findings, by people for other reasons"),
    ]
    is_latest: Annotated[bool, Field(description="Whether no later one of the respondent came")]
    is_late: Annotated[bool, Field(description="Whether it came after it was due")]
    media_type: Annotated[str, Field(description="As what it was sent")]
    size_bytes: Annotated[int, Field(description="Of the file as it was sent, in bytes")]
    content_sha256: Annotated[str, Field(description="SHA-256 of the file as it was sent, hexadecimal")]
    job_id: Annotated[UUID, Field(description="The job that checks it")]
    sent_by: Annotated[str, Field(description="Who sent it")]
    sent_at: Annotated[datetime, Field(description="UTC")]
    rows_count: Annotated[int | None, Field(description="Filled rows; null before the check")]
    findings_count: Annotated[int | None, Field(description="What was found; null before the check")]
    checked_at: Annotated[datetime | None, Field(description="UTC")]
    note: Annotated[str | None, Field(description="Why it was returned")]
    decided_by: Annotated[str | None, Field(description="salesops if the check itself did")]
    decided_at: datetime | None


class FindingBody(WireModel):
    """A wrong cell, row or column."""

    position: Annotated[int, Field(ge=1, description="Of the finding, in the order of the sheet")]
    row: Annotated[int, Field(description="As the file that was sent numbers it")]
    column: Annotated[str | None, Field(description="Name of the sheet's column; null for a row as one")]
    cell: Annotated[
        str | None, Field(description="Its address in the sheet Entry as it was sent", examples=["E7"])
    ]
    code: Annotated[FindingCode, Field(description="What is wrong; stable")]
    value: Annotated[str, Field(description="What is there, cut after 200 characters")]
    expected: Annotated[str, Field(description="What people read")]


class SubmissionDecisionDraft(WireModel):
    """A word on the decision."""

    note: Annotated[str | None, Field(max_length=500, description="What the respondent reads")] = None


class SubmissionReturnDraft(WireModel):
    """Why it goes back."""

    note: Annotated[str, Field(min_length=1, max_length=500, description="What the respondent reads")]


def submission_body(row: Row) -> SubmissionBody:
    names = SubmissionBody.model_fields.keys() - {"respondent"}
    return SubmissionBody(**{name: getattr(row, name) for name in names}, respondent=row.name)


def finding_body(position: int, finding: Mapping[str, Any]) -> FindingBody:
    return FindingBody(position=position, **finding)
