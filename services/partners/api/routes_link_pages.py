"""The page behind a link, and what its forms send: a download, an agreement, an objection.

The link itself is the only credential: there are no cookies, so another site can send nothing in the holder's name without
knowing the link. Only POST changes anything.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.delivery_rows import hold_delivery, replies_of
from services.partners.adapters.document_links import DocumentLinks
from services.partners.adapters.document_rows import document_by_id
from services.partners.adapters.link_page.page import (
    PAGE_HEADERS,
    LinkPage,
    SaidReply,
    dead_link_page,
    link_page,
)
from services.partners.api.dependencies import Files, Links, Work
from services.partners.api.linked_delivery import give_linked, linked_answer, linked_delivery
from services.partners.application.answer_document import answer_document
from services.partners.application.obtain_file import DocumentFiles
from services.partners.domain.delivery import OBJECTION_LENGTH_MAX, OBJECTION_LENGTH_MIN
from services.partners.domain.document import Language
from services.partners.domain.errors import DocumentRemoved, DocumentUnknown, LinkInvalid
from shared.errors import FieldProblem, Invalid, TooLarge, UnsupportedFormat
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.problem_details import refusals

router = APIRouter(prefix="/v1", tags=["Documents"])
FORM: Final = "application/x-www-form-urlencoded"
FORM_BYTES_MAX: Final = 64 * 1024
FORM_FIELDS_MAX: Final = 10
_LANGUAGE: Final = {"type": "string", "enum": [one.value for one in Language], "description": "Of the page"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: behind which link, in which language (else the recipient's), and what was written and cannot be taken."""

    token: str
    language: Language | None
    refused: str | None = None


async def sent_form(request: Request) -> dict[str, str]:
    """The fields of a form; the last of a name counts. UnsupportedFormat, TooLarge, Invalid."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != FORM:
        raise UnsupportedFormat(f"Content-Type '{sent}' is not read here; expected {FORM}")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > FORM_BYTES_MAX:
            raise TooLarge(f"The form has more than {FORM_BYTES_MAX} bytes")
    text = content.decode("utf-8", "replace")
    try:
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
    except ValueError as error:
        raise Invalid(f"The form has more than {FORM_FIELDS_MAX} fields") from error
    return {name: values[-1] for name, values in fields.items()}


Form = Annotated[dict[str, str], Depends(sent_form)]


def _form_of(
    properties: dict[str, object], required: list[str], example: dict[str, str]
) -> dict[str, object]:
    schema = {"type": "object", "properties": properties, "required": required, "example": example}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}


@router.post(
    "/document-links/{token}/content",
    summary="Download the document of a link, from its page",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
        **refusals(
            LinkInvalid,
            Invalid,
            DocumentUnknown,
            DocumentRemoved,
            TooLarge,
            UnsupportedFormat,
            KeyReused,
            StillRunning,
        ),
    },
    openapi_extra=_form_of(
        {
            "format": {"type": "string", "description": "One of those that were sent"},
            "language": _LANGUAGE,
        },
        ["format"],
        {"format": "pdf", "language": "en"},
    ),
)
async def download_from_page(
    token: str, request: Request, links: Links, files: Files, form: Form, _key: IdempotencyKey = None
) -> Response:
    """The same bytes as GET; a form, so that nothing that follows links opens the document."""
    try:
        delivery_id = links.delivery_of(token, datetime.now(UTC))
    except LinkInvalid:
        if is_for_people(request):
            return _dead(_language(form))
        raise
    return await give_linked(files, delivery_id, form.get("format"), _language(form))


@router.post(
    "/document-links/{token}/reply",
    status_code=303,
    summary="Agree or object to the document of a link, from its page",
    response_class=Response,
    responses={
        204: {"description": "It was taken; to whoever does not ask for pages"},
        303: {"description": "It was taken; the page shows it"},
        **refusals(LinkInvalid, Invalid, TooLarge, UnsupportedFormat, KeyReused, StillRunning),
    },
    openapi_extra=_form_of(
        {
            "reply": {"type": "string", "enum": ["agree", "object"], "description": "Agreed, or not"},
            "objection": {
                "type": "string",
                "maxLength": OBJECTION_LENGTH_MAX,
                "description": "What is wrong; only read with `object`",
            },
            "language": _LANGUAGE,
        },
        ["reply"],
        {"reply": "object", "objection": "INV/26-27/004000 was paid on 14 October.", "language": "en"},
    ),
)
async def reply_from_page(
    token: str,
    request: Request,
    work: Work,
    links: Links,
    files: Files,
    form: Form,
    _key: IdempotencyKey = None,
) -> Response:
    """Sent twice it counts once, whatever the key. An objection opens a question on payments, to be answered in time."""
    language = _language(form)
    try:
        delivery_id = links.delivery_of(token, datetime.now(UTC))
    except LinkInvalid:
        if is_for_people(request):
            return _dead(language)
        raise
    objection = None
    if form.get("reply") != "agree":
        objection = form.get("objection", "").replace("\r\n", "\n").strip()
        if not OBJECTION_LENGTH_MIN <= len(objection) <= OBJECTION_LENGTH_MAX:
            if is_for_people(request):
                return await page_of(work.connection, files, links, Shown(token, language, objection))
            expected = f"expected {OBJECTION_LENGTH_MIN} to {OBJECTION_LENGTH_MAX} characters"
            raise Invalid("The objection says nothing", problems=[FieldProblem("/objection", expected)])
    await hold_delivery(work.connection, delivery_id)
    answer = await linked_answer(work, delivery_id, objection)
    said = await replies_of(work.connection, answer.document.id)
    if objection is None or all(one.objection != objection for one in said):
        await answer_document(work, answer, at=datetime.now(UTC))
    if not is_for_people(request):
        return Response(status_code=204)
    chosen = f"?language={language}" if language else ""
    headers = {**PAGE_HEADERS, "Location": f"{links.path(token)}{chosen}"}
    return Response(status_code=303, headers=headers)


def is_for_people(request: Request) -> bool:
    """Browsers ask for pages; programs get JSON and problem documents."""
    return "text/html" in request.headers.get("accept", "")


async def page_of(
    connection: AsyncConnection, files: DocumentFiles, links: DocumentLinks, shown: Shown
) -> Response:
    """The page as it is now; one that says so for a link that leads nowhere."""
    try:
        delivery_id = links.delivery_of(shown.token, datetime.now(UTC))
        delivery = await linked_delivery(connection, delivery_id)
    except LinkInvalid:
        return _dead(shown.language)
    document = await document_by_id(connection, delivery.document_id)
    assert document is not None
    page = LinkPage(
        path=links.path(shown.token),
        language=(shown.language or Language(delivery.language)).value,
        sender=files.sender,
        title=document.title,
        kind=document.kind,
        number=document.number,
        partner_name=document.partner_name or document.partner_code,
        recipient=delivery.name,
        from_on=document.from_on,
        to_on=document.to_on,
        formats=delivery.formats,
        acknowledge_by_on=delivery.acknowledge_by_on,
        replies=[
            SaidReply(one.objection, one.replied_at) for one in await replies_of(connection, document.id)
        ],
        is_too_short=shown.refused is not None,
        written=shown.refused or "",
    )
    return _html(link_page(page), 200 if shown.refused is None else 422)


def _dead(language: Language | None) -> Response:
    return _html(dead_link_page((language or Language.ENGLISH).value), 404)


def _html(content: str, status_code: int) -> Response:
    return Response(content, status_code, headers=dict(PAGE_HEADERS), media_type="text/html; charset=utf-8")


def _language(form: dict[str, str]) -> Language | None:
    spoken = form.get("language")
    return Language(spoken) if spoken in {one.value for one in Language} else None
