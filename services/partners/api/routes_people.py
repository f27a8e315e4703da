"""People of partners, by role."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from services.partners.adapters.person_store import people_of
from services.partners.adapters.queries import partner_named
from services.partners.api.dependencies import PageWanted, Reading, Work
from services.partners.api.schemas_people import PersonBody, PersonChange, PersonDraft, person_body
from services.partners.application.keep_person import add_person, change_person
from services.partners.domain.errors import PartnerUnknown, PersonInvalid, PersonUnknown
from services.partners.domain.person import PersonRole
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/partners/{partner}/people", tags=["Partners"])


@listed(router, "", PersonBody, refuses=(PartnerUnknown,), summary="List people of a partner")
async def list_partner_people(
    partner: str,
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    role: PersonRole | None = None,
) -> Page[PersonBody]:
    """Active ones, those of codes that were merged into the partner too, in the order they were added."""
    found = await partner_named(connection, caller.row_scope(), partner)
    scope = f"partner-people|{found.id}|{role}"
    key = page.after(scope)
    after = UUID(str(key[0])) if key else None
    people = await people_of(connection, found.id, role, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(people, scope, lambda one: (str(one.id),))
    return Page(items=[person_body(one) for one in kept], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    response_model=PersonBody,
    summary="Add a person of a partner",
    responses=refusals(PartnerUnknown, PersonInvalid, KeyReused, StillRunning),
)
async def add_partner_person(
    partner: str, draft: PersonDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Documents of its roles go to it from now on, by its channel."""

    async def perform() -> Response:
        found = await partner_named(work.connection, caller.row_scope(), partner)
        kept = await add_person(work, found, draft.person(), actor=caller.actor, at=datetime.now(UTC))
        return as_reply(person_body(kept), 201, revision_etag(kept.revision))

    return await done_once(work, (caller, key, f"/v1/partners/{partner}/people"), draft, perform)


@router.patch(
    "/{person_id}",
    response_model=PersonBody,
    summary="Change a person of a partner",
    responses=refusals(PartnerUnknown, PersonUnknown, PersonInvalid, Stale, PreconditionMissing),
)
async def change_partner_person(
    partner: str,
    person_id: UUID,
    change: PersonChange,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """What is left out stays; who leaves is made inactive. Every version is kept."""
    found = await partner_named(work.connection, caller.row_scope(), partner)
    kept = await change_person(
        work,
        found,
        (person_id, wanted_revision(if_match)),
        change.changes(),
        by=(caller.actor, datetime.now(UTC)),
    )
    return as_reply(person_body(kept), headers=revision_etag(kept.revision))
