"""Contacts of partners: who gets documents, how, and in which language."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.partners.adapters.channels.sftp import check_sftp_host
from services.partners.adapters.contact_rows import contact_by_id, contact_rows
from services.partners.adapters.queries import partner_named
from services.partners.api.dependencies import Box, PageWanted, Reading, TargetRulesWanted, Work
from services.partners.api.schemas_partner_contacts import (
    ContactBody,
    ContactDraft,
    RegisteredContactBody,
    contact_body,
)
from services.partners.application.register_contact import RegisterContact, register_contact
from services.partners.application.retire_contact import retire_partner_contact as retire_contact
from services.partners.domain.delivery import Channel, check_address
from services.partners.domain.errors import ContactTaken, ContactUnknown, PartnerUnknown, RecipientInvalid
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.webhooks.client import check_target
from shared.webhooks.target import TargetInvalid

router = APIRouter(prefix="/v1/partners/{partner}/contacts", tags=["Partners"])


@listed(router, "", ContactBody, summary="List contacts of a partner", refuses=[PartnerUnknown])
async def list_partner_contacts(
    partner: str,
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    is_retired: Annotated[bool | None, Query(description="False: only those that get documents")] = None,
) -> Page[ContactBody]:
    """In the order they were added, those of codes that were merged into the partner too."""
    found = await partner_named(connection, caller.row_scope(), partner)
    scope = f"contacts|{found.code}|{is_retired}"
    key = page.after(scope)
    after = UUID(str(key[0])) if key else None
    rows = await contact_rows(
        connection, found.code, is_retired=is_retired, after=after, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[contact_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    response_model=RegisteredContactBody,
    summary="Add a contact of a partner",
    responses=refusals(
        PartnerUnknown, RecipientInvalid, TargetInvalid, ContactTaken, KeyReused, StillRunning
    ),
)
async def add_partner_contact(
    partner: str,
    draft: ContactDraft,
    work: Work,
    box: Box,
    rules: TargetRulesWanted,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """A webhook's secret is in this reply and in no other; an SFTP host is known by its key.

    By e-mail or portal in a role that people have it is a person's: a known one of this name and address has the role too,
    another one is added to the people. SFTP, webhooks and other roles are of systems, and of no person.
    """
    if draft.channel is Channel.WEBHOOK:
        await check_target(draft.address, rules)
    if draft.channel is Channel.SFTP:
        check_address(draft.channel, draft.address)
        await check_sftp_host(draft.address, rules)
    shown: dict[str, str | None] = {}

    async def perform() -> Response:
        found = await partner_named(work.connection, caller.row_scope(), partner)
        now = datetime.now(UTC)
        wanted = RegisterContact(
            partner=found,
            role=draft.role,
            name=" ".join(draft.name.split()),
            channel=draft.channel,
            address=draft.address,
            language=draft.language,
            host_key=draft.host_key,
        )
        contact_id, shown["secret"] = await register_contact(work, wanted, box, actor=caller.actor, at=now)
        kept = await contact_by_id(work.connection, found.code, contact_id)
        body = contact_body(kept).model_dump() if kept else {}
        return as_reply(RegisteredContactBody(**body, secret=None), 201)

    reply = await done_once(work, (caller, key, f"/v1/partners/{partner}/contacts"), draft, perform)
    if shown.get("secret") is None:
        return reply
    told = RegisteredContactBody.model_validate_json(bytes(reply.body))
    return as_reply(told.model_copy(update={"secret": shown["secret"]}), 201)


@router.post(
    "/{contact_id}/retirement",
    response_model=ContactBody,
    summary="Retire a contact of a partner",
    responses=refusals(PartnerUnknown, ContactUnknown, KeyReused, StillRunning),
)
async def retire_partner_contact(
    partner: str, contact_id: UUID, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It gets nothing from now on; what is queued for it still goes out. Retiring it twice changes nothing.

    Those of codes that were merged into the partner are retired here as well. A person's contact goes with the role: the
    person has one role less, and is inactive without any.
    """

    async def perform() -> Response:
        found = await partner_named(work.connection, caller.row_scope(), partner)
        row = await retire_contact(work, found, contact_id, actor=caller.actor, at=datetime.now(UTC))
        return as_reply(contact_body(row))

    path = f"/v1/partners/{partner}/contacts/{contact_id}/retirement"
    return await done_once(work, (caller, key, path), None, perform)
