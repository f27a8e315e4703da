"""Our own registrations for goods and services tax."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.payments.adapters.queries.gst import (
    REGISTRATION_SELECT,
    registration_from,
    registrations_valid_on,
)
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_gst_registrations import (
    GstRegistrationBody,
    GstRegistrationDraft,
    registration_body,
)
from services.payments.application.add_gst_registration import add_gst_registration
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import RegistrationTaken
from services.payments.domain.gst_registration import GstRegistrationInvalid
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before
from shared.wire import Day, WireModel

router = APIRouter(prefix="/v1/gst-registrations", tags=["GST registrations"])


class RegistrationsOnBody(WireModel):
    """Our registrations on one day, the default one first."""

    on: date
    items: list[GstRegistrationBody]


@router.post(
    "",
    status_code=201,
    response_model=GstRegistrationBody,
    summary="Say who we are for the tax office from a day on",
    responses={
        **known_before(GstRegistrationBody),
        **refusals(GstRegistrationInvalid, RegistrationTaken, KeyReused, StillRunning),
    },
)
async def add_gst_registration_route(
    draft: GstRegistrationDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """A new address is a new `valid_from`; earlier documents keep what held on their day. The same again is 200."""

    async def perform() -> Response:
        is_new = await add_gst_registration(work, draft.registration(), posting_of(caller))
        row = await registration_from(work.connection, draft.gstin, draft.valid_from)
        return as_reply(registration_body(row), 201 if is_new else 200)

    return await done_once(work, (caller, key, "/v1/gst-registrations"), draft, perform)


@listed(router, "", GstRegistrationBody, summary="List what was said of our registrations")
async def list_gst_registrations(
    page: PageWanted,
    connection: Reading,
    gstin: Annotated[str | None, Query(max_length=15)] = None,
) -> Page[GstRegistrationBody]:
    """Every day on which one of them changed, by number."""
    scope = f"gst-registrations|{gstin}"
    listing = Listing(REGISTRATION_SELECT, order=("g.gstin", "g.valid_from"))
    listing.where("g.gstin = :gstin", gstin=gstin)
    rows = await listing.after(page.after(scope), ["text", "date"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.gstin, row.valid_from.isoformat()))
    return Page(items=[registration_body(row) for row in kept], next_cursor=cursor)


@router.get("/current", response_model=RegistrationsOnBody, summary="Show our registrations on a day")
async def show_current_registrations(
    connection: Reading,
    on: Annotated[Day | None, Query(description="Today in India if left out")] = None,
) -> RegistrationsOnBody:
    """The name and address of our letterheads are those of the first."""
    day = on or business_day(datetime.now(UTC))
    rows = await registrations_valid_on(connection, day)
    return RegistrationsOnBody(on=day, items=[registration_body(row) for row in rows])
