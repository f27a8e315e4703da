"""Bodies of deliveries."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.partners.adapters.delivery_queries import Row
from services.partners.domain.delivery import (
    OBJECTION_LENGTH_MAX,
    OBJECTION_LENGTH_MIN,
    Channel,
    DeliveryState,
)
from services.partners.domain.document import DocumentKind, Language
from shared.wire import WireModel


class DeliveryBody(WireModel):
    """One document on its way to one recipient."""

    id: UUID
    key: Annotated[str, Field(description="Names the wish; wished twice, it was queued once")]
    document_id: Annotated[UUID | None, Field(description="Null until the document is made")]
    kind: DocumentKind
    partner_code: str
    zone: str
    from_on: Annotated[date, Field(description="First day the document is about")]
    to_on: Annotated[date, Field(description="Last day the document is about; its cut-off")]
    formats: Annotated[list[str], Field(description="What is sent", examples=[["pdf", "xlsx"]])]
    channel: Annotated[Channel, Field(description="How it travels")]
    address: Annotated[str, Field(description="Where it goes", examples=["accounts@dealer.example"])]
    name: Annotated[str, Field(description="Who it is for", examples=["Meera Joshi"])]
    role: Annotated[str | None, Field(description="The contact's role at the partner")]
    language: Language
    state: Annotated[DeliveryState, Field(description="How far it is")]
    attempts: Annotated[int, Field(description="How often it was tried in this round")]
    round: Annotated[int, Field(description="1, and one more each time somebody resends it")]
    next_attempt_at: Annotated[
        datetime | None, Field(description="When it is tried next; null unless queued")
    ]
    last_error: Annotated[str | None, Field(description="What the last attempt failed with")]
    held_because: Annotated[
        str | None,
        Field(
            description="Why its document is not made yet: a payment sheet that is not what the ledger says"
        ),
    ]
    is_optional: Annotated[bool, Field(description="Whether the recipient can unsubscribe from it")]
    acknowledge_by_on: Annotated[date | None, Field(description="Until when an answer is expected")]
    reminders: Annotated[int, Field(description="How often an answer was asked for again")]
    queued_at: Annotated[datetime, Field(description="When it was queued; UTC")]
    sent_at: Annotated[datetime | None, Field(description="When the next server accepted it first; UTC")]
    requested_by: Annotated[str, Field(description="Who had it queued")]


class DeliveryStepBody(WireModel):
    """Something that happened to a delivery."""

    step: Annotated[str, Field(description="What happened", examples=["sent"])]
    detail: Annotated[str | None, Field(description="What was said to it")]
    actor: str
    at: datetime


class DeliveryHistoryBody(DeliveryBody):
    """A delivery with everything that happened to it."""

    steps: Annotated[list[DeliveryStepBody], Field(description="In their order; nothing is ever removed")]


def delivery_body(row: Row) -> DeliveryBody:
    """The reply for one delivery."""
    return DeliveryBody.model_validate(_facts(row))


def history_body(row: Row, steps: list[Row]) -> DeliveryHistoryBody:
    """The reply for one delivery and its history."""
    told = [DeliveryStepBody(step=one.step, detail=one.detail, actor=one.actor, at=one.at) for one in steps]
    return DeliveryHistoryBody.model_validate(_facts(row) | {"steps": told})


def _facts(row: Row) -> dict[str, object]:
    facts = {name: getattr(row, name) for name in DeliveryBody.model_fields}
    facts["last_error"] = row.last_error or row.failure
    facts["next_attempt_at"] = row.next_attempt_at if row.state == DeliveryState.QUEUED else None
    return facts


class RecipientDraft(WireModel):
    """Somebody who is no contact of the partner."""

    channel: Annotated[
        Literal["email", "portal"], Field(description="A letter with the document, or a link only")
    ]
    address: Annotated[
        str, Field(max_length=320, description="E-mail address", examples=["owner@dealer.example"])
    ]
    name: Annotated[str, Field(min_length=1, max_length=120, examples=["Meera Joshi"])]
    language: Annotated[Language, Field(description="What the letter is written in")] = Language.ENGLISH


class DeliveryDraft(WireModel):
    """A document, and who is to get it."""

    key: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            description="Names the wish: wished twice, it is queued once",
            examples=["sheet-2026-11-25-CP0001"],
        ),
    ]
    document_id: Annotated[UUID, Field(description="Which version")]
    roles: Annotated[
        tuple[str, ...],
        Field(max_length=10, description="Contacts in these roles", examples=[["accounts"]]),
    ] = ()
    recipients: Annotated[
        tuple[RecipientDraft, ...], Field(max_length=20, description="And whoever is named")
    ] = ()
    formats: Annotated[
        list[Literal["pdf", "xlsx", "docx", "csv", "txt", "png", "jpg"]],
        Field(min_length=1, max_length=4, description="What is sent", examples=[["pdf", "xlsx"]]),
    ]
    is_optional: Annotated[bool, Field(description="Whether recipients can unsubscribe from it")] = False
    acknowledge_within_days: Annotated[
        int | None, Field(ge=1, le=90, description="After how many days an answer is asked for again")
    ] = None


class QueuedDeliveriesBody(WireModel):
    """What was queued; empty for a key that is known."""

    items: Annotated[list[DeliveryBody], Field(description="One per recipient")]


class ObjectionDraft(WireModel):
    """What is wrong with a document."""

    objection: Annotated[
        str,
        Field(
            min_length=OBJECTION_LENGTH_MIN,
            max_length=OBJECTION_LENGTH_MAX,
            description="In the partner's own words",
            examples=["INV/26-27/004000 was paid on 14 October."],
        ),
    ]


class DocumentReplyBody(WireModel):
    """What a partner said to a document."""

    document_id: Annotated[UUID, Field(description="The document")]
    reply: Annotated[Literal["acknowledged", "objected"], Field(description="Agreed, or not")]
    objection: Annotated[str | None, Field(description="What is wrong; null when the partner agrees")]


class LinkedDocumentBody(WireModel):
    """What a link in a letter leads to."""

    title: Annotated[str, Field(description="What the document is called")]
    kind: DocumentKind
    partner_name: Annotated[str, Field(description="Whose document it is")]
    from_on: Annotated[date, Field(description="First day it is about")]
    to_on: Annotated[date, Field(description="Last day it is about")]
    formats: Annotated[
        list[str], Field(description="What its content can be asked for as", examples=[["pdf"]])
    ]
    acknowledge_by_on: Annotated[date | None, Field(description="Until when an answer is expected")]
    state: Annotated[DeliveryState, Field(description="How far the delivery is")]
