"""On which terms partners buy: what holds, what held."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from services.partners.adapters.queries import partner_named
from services.partners.adapters.terms_store import terms_history, terms_of, terms_set
from services.partners.api.dependencies import PageWanted, Reading, Work
from services.partners.api.schemas_terms import TermsBody, TermsDraft, terms_body
from services.partners.application.set_terms import set_terms
from services.partners.domain.errors import PartnerUnknown
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing, Stale
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply

router = APIRouter(prefix="/v1/partners/{partner}/terms", tags=["Partners"])


@router.get(
    "",
    response_model=TermsBody,
    summary="Show the terms a partner buys on",
    responses=refusals(PartnerUnknown),
)
async def show_partner_terms(partner: str, connection: Reading, caller: CurrentCaller) -> Response:
    """Revision 0 while none were set."""
    found = await partner_named(connection, caller.row_scope(), partner)
    held = await terms_of(connection, found.id)
    return as_reply(terms_body(held), headers=revision_etag(held.revision))


@router.put(
    "",
    response_model=TermsBody,
    summary="Set the terms a partner buys on",
    responses=refusals(PartnerUnknown, Stale, PreconditionMissing),
)
async def set_partner_terms(
    partner: str, draft: TermsDraft, work: Work, caller: CurrentCaller, if_match: IfMatch = None
) -> Response:
    """Whole; what held before stays in the history. Order boards count with them from now on."""
    found = await partner_named(work.connection, caller.row_scope(), partner)
    held = await set_terms(
        work,
        found,
        draft.terms(),
        decided_on=wanted_revision(if_match),
        by=(caller.actor, datetime.now(UTC)),
    )
    return as_reply(terms_body(held), headers=revision_etag(held.revision))


@listed(
    router, "/versions", TermsBody, refuses=(PartnerUnknown,), summary="List the terms a partner bought on"
)
async def list_partner_terms_versions(
    partner: str, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[TermsBody]:
    """Newest first."""
    found = await partner_named(connection, caller.row_scope(), partner)
    scope = f"partner-terms|{found.id}"
    key = page.after(scope)
    rows = await terms_history(
        connection, found.id, before=int(key[0]) if key else None, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (row.version,))
    return Page(items=[terms_body(terms_set(row)) for row in kept], next_cursor=cursor)
