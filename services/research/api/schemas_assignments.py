"""Bodies of research assignments."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.research.adapters.assignments import Row
from services.research.domain.assignment import QUESTIONS_MAX, SHARED_DESK, AssignmentStanding
from shared.wire import Day, WireModel

Question = Annotated[
    str, Field(min_length=3, max_length=1000, examples=["Who supplies their gensets today?"])
]
Assignee = Annotated[
    str, Field(min_length=1, max_length=120, description="Who does it; desk is whoever is on duty")
]
Note = Annotated[str, Field(max_length=4000, description="Why, or what was delivered")]


class AssignmentDraft(WireModel):
    """Research that is asked for: about an opportunity, or a free subject."""

    opportunity_id: Annotated[UUID | None, Field(description="What it is about")] = None
    subject: Annotated[
        str | None,
        Field(
            min_length=3,
            max_length=200,
            description="Left out, the opportunity's name",
            examples=["Genset dealers in Kolhapur"],
        ),
    ] = None
    partner_code: Annotated[str | None, Field(max_length=40, description="Whom a free subject concerns")] = (
        None
    )
    zone: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Which zone a free subject concerns: its people see it",
            examples=["west"],
        ),
    ] = None
    questions: Annotated[
        list[Question], Field(min_length=1, max_length=QUESTIONS_MAX, description="What to find out")
    ]
    due_on: Annotated[Day, Field(description="Due at the end of this day in India", examples=["2026-12-04"])]
    assignee: Assignee = SHARED_DESK

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        if self.opportunity_id is None and self.subject is None:
            raise ValueError("expected an opportunity_id, a subject, or both")
        if self.opportunity_id is not None and (self.partner_code or self.zone):
            raise ValueError("an opportunity has its own partner and zone; leave both out")
        return self


class AssignmentChangeDraft(WireModel):
    """What is to change; what is left out stays."""

    state: Annotated[AssignmentStanding | None, Field(description="Delivered and cancelled need a note")] = (
        None
    )
    assignee: Annotated[
        str | None, Field(min_length=1, max_length=120, description="Who does it from now on")
    ] = None
    due_on: Annotated[Day | None, Field(description="A new day starts the clock anew")] = None
    questions: Annotated[
        list[Question],
        Field(max_length=QUESTIONS_MAX, default_factory=list, description="What to find out besides"),
    ]
    note: Note = ""


class AssignmentBody(WireModel):
    """An assignment; its ETag is its revision."""

    id: Annotated[UUID, Field(description="Its id")]
    origin: Annotated[
        Literal["crm", "hand"], Field(description="Asked for by an opportunity, or by a person")
    ]
    opportunity_id: Annotated[UUID | None, Field(description="What it is about; null for a free subject")]
    opportunity_record_id: Annotated[str | None, Field(description="Salesforce's id of it, 18 characters")]
    opportunity_name: Annotated[str | None, Field(description="What the CRM calls it now")]
    opportunity_stage: Annotated[str | None, Field(description="Where it stands now")]
    subject: Annotated[str, Field(description="What it is about, in words")]
    partner_code: Annotated[str | None, Field(description="Whom it concerns")]
    zone: Annotated[str | None, Field(description="Whose people see it")]
    assignee: Annotated[str, Field(description="Who does it")]
    state: Annotated[AssignmentStanding, Field(description="Where it stands")]
    due_on: Annotated[date, Field(description="The day")]
    due_at: Annotated[datetime, Field(description="The end of that day in India; UTC")]
    is_overdue: Annotated[bool, Field(description="Not over, and past its time")]
    opened_by: Annotated[str, Field(description="Who asked, by the token's subject")]
    opened_at: Annotated[datetime, Field(description="UTC")]
    started_at: Annotated[datetime | None, Field(description="When it was first worked on; UTC")]
    ended_at: Annotated[datetime | None, Field(description="When it was delivered or cancelled; UTC")]
    revision: Annotated[
        int, Field(description="Also the ETag; for callers that see no headers", examples=[1])
    ]


class QuestionBody(WireModel):
    """One thing to find out."""

    id: Annotated[UUID, Field(description="Its id")]
    question: Annotated[str, Field(description="In words", examples=["Who supplies their gensets today?"])]
    asked_by: Annotated[str, Field(description="By the token's subject")]
    asked_at: Annotated[datetime, Field(description="UTC")]


class AssignmentChangeBody(WireModel):
    """One thing that was changed."""

    field: Annotated[Literal["state", "assignee", "due_on", "questions"], Field(description="What")]
    before: Annotated[str | None, Field(description="What it was; null where nothing was replaced")]
    after: Annotated[str, Field(description="What it became")]
    note: Annotated[str, Field(description="Why, or what was delivered")]
    changed_by: Annotated[str, Field(description="By the token's subject")]
    changed_at: Annotated[datetime, Field(description="UTC")]


class AssignmentDetailBody(AssignmentBody):
    """With its questions and its history, the oldest first."""

    questions: Annotated[list[QuestionBody], Field(description="What to find out")]
    changes: Annotated[list[AssignmentChangeBody], Field(description="What became of it")]


def assignment_facts(row: Row, at: datetime) -> dict[str, Any]:
    """The fields of an assignment, with or without its questions."""
    names = AssignmentBody.model_fields.keys() - {"is_overdue"}
    is_overdue = row.ended_at is None and row.due_at <= at
    return {**{name: getattr(row, name) for name in names}, "is_overdue": is_overdue}


def question_bodies(rows: Sequence[Row]) -> list[QuestionBody]:
    """Questions as they are told."""
    return [QuestionBody(**{name: getattr(row, name) for name in QuestionBody.model_fields}) for row in rows]


def change_bodies(rows: Sequence[Row]) -> list[AssignmentChangeBody]:
    """The history as it is told."""
    names = AssignmentChangeBody.model_fields
    return [AssignmentChangeBody(**{name: getattr(row, name) for name in names}) for row in rows]
