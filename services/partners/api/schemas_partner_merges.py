"""Bodies of near-duplicates and merges of partners."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.partners.adapters.merge_store import Row
from shared.wire import WireModel

Code = Annotated[str, Field(min_length=1, max_length=32, examples=["CP0001"])]
Reason = Annotated[
    str,
    Field(
        min_length=1, max_length=500, pattern=r"^[^\x00-\x08\x0e-\x1f\x7f]*$", examples=["Registered twice"]
    ),
]


class DuplicateBody(WireModel):
    """Two partners that may be one, and why; with what was decided about them."""

    first_code: Annotated[str, Field(description="The code that comes first by the alphabet")]
    first_name: str
    first_zone: str
    second_code: Annotated[str, Field(description="The code that comes second")]
    second_name: str
    second_zone: str
    reasons: Annotated[
        list[Literal["same_gstin", "same_pan", "same_bank_account", "alike_name_and_place"]],
        Field(description="What they have in common"),
    ]
    name_share: Annotated[
        str, Field(description="Share of the names' letters in threes that both have", examples=["0.72"])
    ]
    is_duplicate: Annotated[bool | None, Field(description="What was decided; null: nothing yet")]
    note: str | None
    decided_at: datetime | None
    decided_by: str | None


class DuplicateDecisionDraft(WireModel):
    """What somebody decides about a pair; merging them is a call of its own."""

    first_code: Code
    second_code: Annotated[Code, Field(examples=["CP0002"])]
    is_duplicate: Annotated[
        bool,
        Field(description="false: they are two, and the pair is not asked about again", examples=[False]),
    ]
    note: Reason


class DuplicateDecisionBody(DuplicateDecisionDraft):
    """What was decided."""

    id: UUID
    decided_at: datetime
    decided_by: str


class MergeDraft(WireModel):
    """Which partner is a duplicate of which."""

    duplicate_code: Annotated[
        Code, Field(description="It is closed and stays as another code of the survivor")
    ]
    survivor_code: Annotated[Code, Field(description="The partner it is")]
    reason: Reason


class MergeReversalDraft(WireModel):
    """Why a merge is taken back."""

    reason: Reason


class MergeBody(WireModel):
    """A merge, and its reversal if it was taken back."""

    id: UUID
    duplicate_code: str
    survivor_code: str
    reason: str
    merged_at: datetime
    merged_by: str
    reversed_at: datetime | None
    reversed_by: str | None
    reversal_reason: str | None


def duplicate_body(row: Row) -> DuplicateBody:
    """The reply for one pair."""
    return DuplicateBody(
        first_code=row.first_code,
        first_name=row.first_name,
        first_zone=row.first_zone,
        second_code=row.second_code,
        second_name=row.second_name,
        second_zone=row.second_zone,
        reasons=row.reasons,
        name_share=str(row.name_share),
        is_duplicate=row.is_duplicate,
        note=row.note,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )


def merge_body(row: Row) -> MergeBody:
    """The reply for one merge."""
    return MergeBody(
        id=row.id,
        duplicate_code=row.duplicate_code,
        survivor_code=row.survivor_code,
        reason=row.reason,
        merged_at=row.merged_at,
        merged_by=row.merged_by,
        reversed_at=row.reversed_at,
        reversed_by=row.reversed_by,
        reversal_reason=row.reversal_reason,
    )
