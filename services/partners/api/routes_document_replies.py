"""What a partner says to a document, and links in letters, which are followed without a login."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.partners.adapters.document_queries import visible_document
from services.partners.api.dependencies import Files, Links, Reading, Work
from services.partners.api.linked_delivery import (
    actor_of,
    give_linked,
    linked_answer,
    linked_delivery,
    refuse_prefetch,
)
from services.partners.api.routes_link_pages import Shown, is_for_people, page_of
from services.partners.api.schemas_deliveries import DocumentReplyBody, LinkedDocumentBody, ObjectionDraft
from services.partners.api.schemas_documents import FormatName
from services.partners.application.answer_document import Answer, answer_document, unsubscribe
from services.partners.application.take_in_bounce import EVERYTHING
from services.partners.domain.document import Language
from services.partners.domain.errors import DocumentRemoved, DocumentUnknown, LinkInvalid, PrefetchRefused
from shared.asked_method import is_asked_as_head
from shared.database import UnitOfWork
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before

router = APIRouter(prefix="/v1", tags=["Documents"])


@router.post(
    "/documents/{document_id}/acknowledgement",
    status_code=201,
    response_model=DocumentReplyBody,
    summary="Agree to a document",
    responses={
        **known_before(DocumentReplyBody),
        **refusals(DocumentUnknown, KeyReused, StillRunning),
    },
)
async def acknowledge_document(
    document_id: UUID, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """By the partner itself, once; 200 when it was said before."""

    async def perform() -> Response:
        document = await visible_document(work.connection, caller.row_scope(), document_id)
        answer = Answer(document=document, delivery_id=None, objection=None, actor=caller.actor)
        return await _answered(work, answer)

    path = f"/v1/documents/{document_id}/acknowledgement"
    return await done_once(work, (caller, key, path), None, perform)


@router.post(
    "/documents/{document_id}/objection",
    status_code=201,
    response_model=DocumentReplyBody,
    summary="Object to a document",
    responses=refusals(DocumentUnknown, KeyReused, StillRunning),
)
async def object_to_document(
    document_id: UUID, draft: ObjectionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Opens a question on payments, which somebody has to answer in time."""

    async def perform() -> Response:
        document = await visible_document(work.connection, caller.row_scope(), document_id)
        answer = Answer(document=document, delivery_id=None, objection=draft.objection, actor=caller.actor)
        return await _answered(work, answer)

    return await done_once(work, (caller, key, f"/v1/documents/{document_id}/objection"), draft, perform)


@router.get(
    "/document-links/{token}",
    response_model=LinkedDocumentBody,
    summary="Show what a link leads to",
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}}}},
        **refusals(LinkInvalid),
    },
)
async def show_linked_document(
    token: str,
    request: Request,
    links: Links,
    files: Files,
    connection: Reading,
    language: Annotated[
        Language | None, Query(description="Of the page; the recipient's if left out")
    ] = None,
) -> Response:
    """Without a login: a page for browsers, JSON for programs. Looking changes nothing, because mail systems look too."""
    if is_for_people(request):
        return await page_of(connection, files, links, Shown(token, language))
    delivery = await linked_delivery(connection, links.delivery_of(token, datetime.now(UTC)))
    document = await visible_document(connection, EVERYTHING, delivery.document_id)
    body = LinkedDocumentBody(
        title=document.title,
        kind=document.kind,
        partner_name=delivery.name,
        from_on=document.from_on,
        to_on=document.to_on,
        formats=delivery.formats,
        acknowledge_by_on=delivery.acknowledge_by_on,
        state=delivery.state,
    )
    return as_reply(body, headers={"Vary": "Accept"})


@router.get(
    "/document-links/{token}/content",
    summary="Download the document of a link",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
        **refusals(LinkInvalid, DocumentUnknown, DocumentRemoved, PrefetchRefused),
    },
)
async def download_linked_document(
    token: str,
    request: Request,
    links: Links,
    files: Files,
    file_format: Annotated[
        FormatName | None, Query(alias="format", description="The first of its formats if left out")
    ] = None,
) -> Response:
    """An attachment, of the formats that were sent; each opening is kept with who the link was for.

    HEAD opens nothing, and what fetches ahead of a person (`Sec-Purpose`) is refused.
    """
    refuse_prefetch(request)
    delivery_id = links.delivery_of(token, datetime.now(UTC))
    return await give_linked(files, delivery_id, file_format, is_opened=not is_asked_as_head(request))


@router.post(
    "/document-links/{token}/acknowledgement",
    status_code=201,
    response_model=DocumentReplyBody,
    summary="Agree to the document of a link",
    responses={**known_before(DocumentReplyBody), **refusals(LinkInvalid, KeyReused, StillRunning)},
)
async def acknowledge_linked_document(
    token: str, links: Links, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Once; 200 when it was said before."""
    delivery_id = links.delivery_of(token, datetime.now(UTC))

    async def perform() -> Response:
        return await _answered(work, await linked_answer(work, delivery_id, None))

    path = f"/v1/document-links/{delivery_id}/acknowledgement"
    return await done_once(work, (caller, key, path), None, perform)


@router.post(
    "/document-links/{token}/objection",
    status_code=201,
    response_model=DocumentReplyBody,
    summary="Object to the document of a link",
    responses=refusals(LinkInvalid, KeyReused, StillRunning),
)
async def object_to_linked_document(
    token: str,
    draft: ObjectionDraft,
    links: Links,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """Opens a question on payments, which somebody has to answer in time."""
    delivery_id = links.delivery_of(token, datetime.now(UTC))

    async def perform() -> Response:
        return await _answered(work, await linked_answer(work, delivery_id, draft.objection))

    path = f"/v1/document-links/{delivery_id}/objection"
    return await done_once(work, (caller, key, path), draft, perform)


@router.post(
    "/document-links/{token}/unsubscription",
    status_code=204,
    summary="Want no more optional documents of this kind",
    responses=refusals(LinkInvalid, KeyReused, StillRunning),
)
async def unsubscribe_by_link(token: str, links: Links, work: Work, _key: IdempotencyKey = None) -> Response:
    """One click, as mail programs send it (RFC 8058); what is not optional keeps coming. Twice changes nothing."""
    now = datetime.now(UTC)
    delivery = await linked_delivery(work.connection, links.delivery_of(token, now))
    await unsubscribe(work, delivery, actor=actor_of(delivery), at=now)
    return Response(status_code=204)


async def _answered(work: UnitOfWork, answer: Answer) -> Response:
    is_new = await answer_document(work, answer, at=datetime.now(UTC))
    body = DocumentReplyBody(
        document_id=answer.document.id,
        reply="objected" if answer.objection else "acknowledged",
        objection=answer.objection,
    )
    return as_reply(body, 201 if is_new else 200)
