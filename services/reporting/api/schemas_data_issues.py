"""Bodies of data issues, what happened to them, and scores."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.reporting.adapters.issue_queries import Row
from services.reporting.api.schemas_source_systems import Text
from services.reporting.domain.data_checks.rule import Severity
from services.reporting.domain.data_issue import IssueEventKind, IssueState
from shared.wire import Day, WireModel

Reason = Annotated[str, StringConstraints(min_length=5, max_length=500, strip_whitespace=True)]
_HUNDRED: Final = Decimal(100)


class DataIssueBody(WireModel):
    """A row that breaks a rule: what stands there, why that is wrong, and whose it is to mend."""

    id: UUID
    revision: Annotated[int, Field(description="Grows with every change; If-Match takes it")]
    rule: Annotated[str, Field(description="Name of the rule it breaks")]
    severity: Annotated[Severity, Field(description="How bad it is")]
    system: Annotated[str, Field(description="Name of the source system")]
    object: Annotated[str, Field(description="The kind of rows")]
    natural_key: Annotated[str, Field(description="The row's key fields, with / between them")]
    state: Annotated[IssueState, Field(description="Where it stands; one whose waiver ended is open")]
    zone: Annotated[str | None, Field(description="The zone whose people see it")]
    owner: Annotated[str, Field(description="Who is to mend it")]
    field: Annotated[str, Field(description="The field that is wrong")]
    value: Annotated[str, Field(description="What stands there")]
    why: Annotated[str, Field(description="Why that is wrong")]
    suggestion: Annotated[str | None, Field(description="What was probably meant")]
    evidence: Annotated[dict[str, str], Field(description="What it was held against")]
    due_on: Annotated[date, Field(description="Until when it is to be mended")]
    waiver_expires_on: Annotated[date | None, Field(description="Until when it is accepted as it is")]
    first_seen_at: Annotated[datetime, Field(description="When a snapshot showed it first; UTC")]
    first_snapshot_id: Annotated[UUID, Field(description="The snapshot that showed it first")]
    last_seen_at: Annotated[datetime, Field(description="When a snapshot showed it last; UTC")]
    last_snapshot_id: Annotated[UUID, Field(description="The snapshot that showed it last")]
    resolved_at: Annotated[datetime | None, Field(description="When it was gone; UTC")]
    reopened_count: Annotated[int, Field(description="How often it came back")]

    @classmethod
    def of(cls, row: Row) -> Self:
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name != "waiver_expires_on"
        }
        return cls.model_validate({**told, "state": row.standing, "waiver_expires_on": row.waived_until})


class DataIssueEventBody(WireModel):
    """Something that happened to an issue."""

    id: UUID
    kind: Annotated[IssueEventKind, Field(description="What happened")]
    snapshot_id: Annotated[UUID | None, Field(description="The snapshot that showed it; null for people")]
    details: Annotated[dict[str, str], Field(description="What was decided, or what the row says")]
    told_by: Annotated[str, Field(description="Who did it, by the token's subject; else the process")]
    told_at: Annotated[datetime, Field(description="When it happened; UTC")]

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class IssueAssignmentDraft(WireModel):
    """Whose an issue is from now on."""

    owner: Annotated[Text, Field(description="Who is to mend it", examples=["asha.kulkarni"])]
    due_on: Annotated[Day | None, Field(description="Until when; as before without it")] = None


class IssueWaiverDraft(WireModel):
    """Why an issue is accepted, and until when."""

    reason: Annotated[
        Reason, Field(description="Why it may stay so", examples=["Number is right, checked with the bank"])
    ]
    expires_on: Annotated[
        Day, Field(description="The last day on which it is accepted; within a year", examples=["2027-03-31"])
    ]


class QualityScoreBody(WireModel):
    """How good rows were in a run of the rules."""

    run_id: Annotated[UUID, Field(description="The run of the rules")]
    ran_at: Annotated[datetime, Field(description="When they were applied; UTC")]
    system: Annotated[str, Field(description="Name of the source system")]
    object: Annotated[str | None, Field(description="The kind of rows; null unless summed by it")]
    zone: Annotated[str | None, Field(description="Their zone; null unless summed by it")]
    owner: Annotated[str | None, Field(description="Who answers for them; null unless summed by it")]
    rows_count: Annotated[int, Field(description="How many rows there were")]
    faulty_count: Annotated[int, Field(description="How many of them an issue stands against")]
    score_percent: Annotated[
        str, Field(description="Rows without an issue in percent, to two digits", examples=["97.25"])
    ]

    @classmethod
    def of(cls, row: Row) -> Self:
        clean = Decimal(int(row.rows_count) - int(row.faulty_count))
        return cls(
            run_id=row.run_id,
            ran_at=row.ran_at,
            system=row.system,
            object=getattr(row, "object", None),
            zone=getattr(row, "zone", None),
            owner=getattr(row, "owner", None),
            rows_count=int(row.rows_count),
            faulty_count=int(row.faulty_count),
            score_percent=f"{clean * _HUNDRED / int(row.rows_count):.2f}" if row.rows_count else "100.00",
        )
