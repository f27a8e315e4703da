"""Asking that a document is sent, once more or for the first time, and taking in what mail systems report."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.partners.adapters.delivery_queries import steps_of, visible_delivery
from services.partners.adapters.document_queries import visible_document
from services.partners.api.dependencies import Work
from services.partners.api.schemas_deliveries import (
    DeliveryDraft,
    DeliveryHistoryBody,
    QueuedDeliveriesBody,
    delivery_body,
    history_body,
)
from services.partners.application.queue_delivery import queue_delivery
from services.partners.application.resend_delivery import resend_delivery
from services.partners.application.take_in_bounce import take_in_bounce
from services.partners.domain.bounce import REPORT_BYTES_MAX, read_report
from services.partners.domain.delivery import Channel, DeliveryWish, Recipient
from services.partners.domain.document import DocumentKind, Period
from services.partners.domain.errors import (
    BounceUnreadable,
    DeliveryUnknown,
    DocumentUnknown,
    NobodyToDeliverTo,
    NotResendable,
    RecipientInvalid,
)
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before
from shared.upload_scan import FileTooLarge

router = APIRouter(prefix="/v1", tags=["Deliveries"])


@router.post(
    "/deliveries",
    status_code=201,
    response_model=QueuedDeliveriesBody,
    summary="Send a document",
    responses={
        **known_before(QueuedDeliveriesBody),
        **refusals(DocumentUnknown, NobodyToDeliverTo, RecipientInvalid, KeyReused, StillRunning),
    },
)
async def send_document(
    draft: DeliveryDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """To contacts by role and to whoever is named; 200 for a `key` that was wished before."""

    async def perform() -> Response:
        document = await visible_document(work.connection, caller.row_scope(), draft.document_id)
        wish = DeliveryWish(
            key=draft.key,
            partner_code=document.partner_code,
            kind=DocumentKind(document.kind),
            period=Period(document.from_on, document.to_on),
            roles=tuple(draft.roles),
            recipients=tuple(
                Recipient(
                    channel=Channel(one.channel), address=one.address, name=one.name, language=one.language
                )
                for one in draft.recipients
            ),
            formats=tuple(dict.fromkeys(draft.formats)),
            is_optional=draft.is_optional,
            acknowledge_within_days=draft.acknowledge_within_days,
            document_id=document.id,
        )
        queued = await queue_delivery(work, wish, actor=caller.actor, at=datetime.now(UTC))
        rows = [
            await visible_delivery(work.connection, caller.row_scope(), one) for one in queued.delivery_ids
        ]
        body = QueuedDeliveriesBody(items=[delivery_body(row) for row in rows])
        return as_reply(body, 201 if queued.is_new else 200)

    return await done_once(work, (caller, key, "/v1/deliveries"), draft, perform)


@router.post(
    "/deliveries/{delivery_id}/resend",
    response_model=DeliveryHistoryBody,
    summary="Send a delivery once more",
    responses=refusals(DeliveryUnknown, NotResendable, KeyReused, StillRunning),
)
async def resend_delivery_route(
    delivery_id: UUID, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """With all its attempts again; what happened so far stays in its history."""

    async def perform() -> Response:
        await visible_delivery(work.connection, caller.row_scope(), delivery_id)
        await resend_delivery(work, delivery_id, actor=caller.actor, at=datetime.now(UTC))
        row = await visible_delivery(work.connection, caller.row_scope(), delivery_id)
        return as_reply(history_body(row, list(await steps_of(work.connection, delivery_id))))

    return await done_once(work, (caller, key, f"/v1/deliveries/{delivery_id}/resend"), None, perform)


@router.post(
    "/delivery-bounces",
    response_model=DeliveryHistoryBody,
    summary="Tell what a mail system reports of a letter",
    responses=refusals(BounceUnreadable, DeliveryUnknown, FileTooLarge, KeyReused, StillRunning),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def take_in_delivery_bounce(
    request: Request, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """The message as it arrived, e.g. from a mail server's pipe: a delivery status notification (RFC 3464)."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > REPORT_BYTES_MAX:
            raise FileTooLarge("A report of a mail system is at most 1 MiB")
    report = read_report(bytes(content))

    async def perform() -> Response:
        row = await take_in_bounce(work, report, actor=caller.actor, at=datetime.now(UTC))
        return as_reply(history_body(row, list(await steps_of(work.connection, row.id))))

    path = f"/v1/delivery-bounces/{report.delivery_id}/{report.action}"
    return await done_once(work, (caller, key, path), None, perform)
