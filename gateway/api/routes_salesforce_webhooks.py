"""Where Salesforce sends: outbound messages (SOAP), and events of callouts and relays (JSON)."""

from datetime import UTC, datetime
from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gateway.adapters.salesforce_message_bodies import EVENT, OUTBOUND_MESSAGE
from gateway.adapters.salesforce_xml import MEDIA_TYPE, acknowledgement, fault, read_message
from gateway.api.entrance import Entering, Entrance
from gateway.api.request_body import bounded_request_body
from gateway.api.salesforce_guard import SalesforceGuard
from gateway.application.take_in_message import Message, Verdict, set_aside_message, take_in_message
from gateway.domain.salesforce_events import Notification, notifications_of, read_json
from shared.database import Database, UnitOfWork
from shared.database_errors import meaning_of
from shared.errors import Fault, Refusal
from shared.observability import logger

MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024
EVENTS_BYTES_MAX: Final = 4 * 1024 * 1024

# Protocols of Salesforce rather than resources of ours: docs/guides/salesforce.md describes them.
router = APIRouter(prefix="/webhooks/salesforce", tags=["Salesforce"], include_in_schema=False)


class EventVerdict(BaseModel):
    """What became of one event of one record."""

    id: str = Field(description="The id under which it is remembered for ever")
    status: Literal["told", "kept", "superseded", "unmapped", "quarantined", "duplicate"] = Field(
        description="`duplicate` was told before and changed nothing; `quarantined` waits for a person"
    )
    errors: list[dict[str, str]] = Field(default_factory=list, description="Why it is quarantined")


class EventsReply(BaseModel):
    """One verdict per event and record, in order; all of them are safe."""

    items: list[EventVerdict]


@router.post("/outbound-messages")
async def take_outbound_message(request: Request, entrance: Entering) -> Response:
    """SOAP 1.1 with up to 100 notifications; the password of basic authentication is the organization's secret. It is
    acknowledged when all of it is stored, what cannot be read included; sent again it changes nothing."""
    return await _answered(request, entrance, None)


@router.post("/outbound-messages/{secret}")
async def take_outbound_message_by_path(secret: str, request: Request, entrance: Entering) -> Response:
    """As without, for where no password can be set. The address is a secret then."""
    return await _answered(request, entrance, secret)


@router.post("/events")
async def take_salesforce_events(request: Request, entrance: Entering) -> EventsReply:
    """One event, a list of up to 200, or an object with `events`: records (`id`, `object`, `fields`), Platform Events, or
    Change Data Capture events. `X-Salesforce-Organization` names the organization; an access token with the role
    integration, or `X-Salesforce-Signature` over `timestamp.body` with `X-Salesforce-Timestamp`, proves it."""
    body = await bounded_request_body(request, bytes_max=EVENTS_BYTES_MAX)
    organization = await _guard(request).admit_events(request, body, entrance)
    events = read_json(body)
    notifications = [one for event in events for one in notifications_of(organization.id, event)]
    message = Message(organization.id, EVENT, body, notifications)
    verdicts = await _stored(request.app.state.database, message)
    return EventsReply(items=[_body(verdict) for verdict in verdicts])


async def _answered(request: Request, entrance: Entrance, path_secret: str | None) -> Response:
    """The acknowledgement after the commit, or a fault that makes Salesforce send again."""
    try:
        await _take_message(request, entrance, path_secret)
    except Refusal as refusal:
        return _fault(refusal.status, "Client", refusal.detail)
    except Fault as error:
        return _fault(error.status, "Server", error.detail)
    except (SQLAlchemyError, OSError) as error:
        logger("salesforce").error("message_not_stored", error=type(error).__name__)
        return _fault(503, "Server", "The message was not stored; send it again")
    return Response(acknowledgement(), media_type=MEDIA_TYPE)


async def _take_message(request: Request, entrance: Entrance, path_secret: str | None) -> None:
    guard = _guard(request)
    allowed = guard.organizations_of(request, entrance, path_secret)
    body = await bounded_request_body(request, bytes_max=MESSAGE_BYTES_MAX)
    outbound = read_message(body)
    organization = await guard.admit_message(outbound.organization_id, allowed, entrance)
    notifications: list[Notification] = outbound.notifications()
    await _stored(request.app.state.database, Message(organization.id, OUTBOUND_MESSAGE, body, notifications))


async def _stored(database: Database, message: Message) -> list[Verdict]:
    """Take it in and commit. What the database refuses for its content is set aside, because sending it again would end
    alike; what fails for the state of the database is raised."""
    at = datetime.now(UTC)
    try:
        async with UnitOfWork(database) as work:
            verdicts = await take_in_message(work, message, at=at)
            await work.commit()
    except DBAPIError as error:
        if meaning_of(error) is not None:
            raise
        logger("salesforce").error("message_set_aside", error=type(error.orig).__name__)
        async with UnitOfWork(database) as work:
            verdicts = await set_aside_message(work, message, "The database refused its content", at=at)
            await work.commit()
    return verdicts


def _fault(status: int, code: str, detail: str) -> Response:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="salesops"'
    return Response(fault(code, detail), status, headers, MEDIA_TYPE)


def _guard(request: Request) -> SalesforceGuard:
    found = request.app.state.salesforce
    assert isinstance(found, SalesforceGuard)
    return found


def _body(verdict: Verdict) -> EventVerdict:
    return EventVerdict(
        id=verdict.id,
        status="duplicate" if verdict.is_duplicate else verdict.outcome.value,
        errors=[{"pointer": one.pointer, "detail": one.detail} for one in verdict.problems],
    )
