"""Accounts of partners as of any day: statements, proved before they are shown, and ageings."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.account_documents.content import ageing_content, statement_content
from services.payments.adapters.account_documents.letterhead import letterhead_on
from services.payments.adapters.account_documents.statement_files import MEDIA_TYPES, statement_file
from services.payments.adapters.queries.accounts_as_of import open_items_as_of
from services.payments.adapters.queries.listing import Listing, Row
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.api.ageing_file import FILE_CONTENTS, ageing_file
from services.payments.api.dependencies import PageWanted, Pool, Reading
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_account_statements import FileFormatName, LanguageName
from services.payments.api.schemas_accounts import (
    AccountAgeingBody,
    AccountStatementBody,
    AgeingByName,
    PartnerAgeingBody,
    StatementKindName,
)
from services.payments.application.compose_statement import HOUSE_CURRENCY, compose_statement
from services.payments.application.report_unproved import report_unproved
from services.payments.domain.account_statement import (
    AccountStatement,
    StatementKind,
    StatementWanted,
    period_of,
)
from services.payments.domain.ageing import AgeingBasis, BoundsInvalid, OpenAmount, ageing_of, bounds_of
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import DateImpossible, StatementUnproved
from shared.database import Database
from shared.dependencies import PageRequest
from shared.documents.attachment import attachment_headers
from shared.errors import NotFound
from shared.identity import Caller, CurrentCaller
from shared.list_routes import LINK_HEADER
from shared.medium import Medium
from shared.pagination import CursorInvalid, Page
from shared.problem_details import refusals
from shared.wire import Day

router = APIRouter(prefix="/v1", tags=["Accounts"])
STATEMENT_FILES: Final = {
    media_type: {"schema": {"type": "string", "format": "binary"}}
    for name, media_type in MEDIA_TYPES.items()
    if name != "json"
}
PARTNER_SELECT: Final = "SELECT p.code, p.name, p.zone FROM partners p"
_BOUNDS_TEXT: Final = "Last days of the buckets; the last bucket is open-ended"


@dataclass(frozen=True, slots=True)
class AgeingWanted:
    """How what is open is aged."""

    basis: AgeingBasis
    bounds: tuple[int, ...]


async def ageing_wanted(
    ageing_by: Annotated[AgeingByName, Query(description="From the due or the document day")] = "due",
    bounds: Annotated[
        str | None, Query(max_length=80, description=_BOUNDS_TEXT, examples=["30,60,90,120"])
    ] = None,
) -> AgeingWanted:
    """BoundsInvalid unless the bounds grow."""
    return AgeingWanted(AgeingBasis(ageing_by), bounds_of(bounds))


WantedAgeing = Annotated[AgeingWanted, Depends(ageing_wanted)]


async def look_wanted(
    file_format: Annotated[FileFormatName, Query(alias="format")] = "json",
    language: Annotated[LanguageName, Query(alias="lang", description="Of XLSX and PDF")] = "en",
) -> tuple[str, str]:
    """Format and language."""
    return file_format, language


WantedLook = Annotated[tuple[str, str], Depends(look_wanted)]
AsOf = Annotated[Day | None, Query(description="The end of this day in India; today unless given")]


@router.get(
    "/accounts/{partner}/statement",
    response_model=AccountStatementBody,
    summary="A partner's account over a period, proved",
    responses={
        200: {"content": STATEMENT_FILES},
        **refusals(NotFound, DateImpossible, BoundsInvalid, StatementUnproved),
    },
)
async def show_account_statement(
    partner: str,
    pool: Pool,
    caller: CurrentCaller,
    ageing: WantedAgeing,
    look: WantedLook,
    kind: StatementKindName = "activity",
    first: Annotated[
        Day | None, Query(alias="from", description="First of April before `to` unless given")
    ] = None,
    last: Annotated[Day | None, Query(alias="to", description="Today unless given")] = None,
) -> Response:
    """As of the end of the last day: opening balance, movements, closing balance, what is open and how old it is.

    Ledger, closing balance, ageing and open items have to tell the same amount; otherwise nothing is shown and the
    account is put before a person.
    """
    period = period_of(first, last, business_day(datetime.now(UTC)))
    wanted = StatementWanted(partner, StatementKind(kind), period, ageing.basis, ageing.bounds)
    statement = await proved_statement(pool, caller, wanted)
    content = statement_content(statement)
    file_format, _ = look
    if file_format == "json":
        return Response(msgspec.json.encode(content), media_type="application/json")
    async with pool.reading() as connection:
        letterhead = await letterhead_on(connection, period.last)
    file = await asyncio.to_thread(statement_file, content, look, letterhead, datetime.now(UTC))
    name = f"statement-{partner}-{period.last}.{file_format}"
    return Response(file, media_type=MEDIA_TYPES[file_format], headers=attachment_headers(name))


async def proved_statement(pool: Database, caller: Caller, wanted: StatementWanted) -> AccountStatement:
    """NotFound for a partner the caller does not see; StatementUnproved is put before a person as well."""
    try:
        async with pool.reading() as connection:
            await visible_partner(connection, caller, wanted.partner_code)
            return await compose_statement(connection, wanted)
    except StatementUnproved as refusal:
        async with UnitOfWork(pool) as work:
            await report_unproved(work, refusal, by=caller.actor, at=datetime.now(UTC))
            await work.commit()
        raise


async def visible_partner(connection: AsyncConnection, caller: Caller, code: str) -> Row:
    """NotFound for a partner that is not there or not the caller's to see."""
    listing = Listing(PARTNER_SELECT, order=("p.code",)).where("p.code = :code", code=code)
    rows = await visible_partners(listing, caller, code="p.code", zone="p.zone").rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no partner {code}")
    return rows[0]


@router.get(
    "/accounts/{partner}/ageing",
    response_model=AccountAgeingBody,
    summary="How old what a partner owes is",
    responses=refusals(NotFound, DateImpossible, BoundsInvalid),
)
async def show_account_ageing(
    partner: str, connection: Reading, caller: CurrentCaller, ageing: WantedAgeing, as_of: AsOf = None
) -> Response:
    """Every currency apart; credits apart from debits."""
    day = _past_day(as_of)
    await visible_partner(connection, caller, partner)
    found = await open_items_as_of(connection, [partner], day)
    if not found:
        found = {(partner, HOUSE_CURRENCY): []}
    lines = [_ageing_line(currency, items, day, ageing) for (_, currency), items in sorted(found.items())]
    content = {"partner_code": partner, "as_of": day, "ageings": lines}
    return Response(msgspec.json.encode(content), media_type="application/json")


@router.get(
    "/ageing",
    response_model=Page[PartnerAgeingBody],
    summary="How old what all partners owe is",
    responses={
        200: {"content": FILE_CONTENTS, "headers": LINK_HEADER},
        **refusals(DateImpossible, BoundsInvalid, CursorInvalid),
    },
)
async def list_ageing(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    ageing: WantedAgeing,
    as_of: AsOf = None,
    zone: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """In the order of partner codes, one line per currency. Partners without open items are left out.

    As CSV or XLSX each bucket is a column of its own.
    """
    day = _past_day(as_of)
    scope = f"ageing|{day}|{zone}|{ageing}"

    async def read(wanted: PageRequest) -> tuple[list[dict[str, object]], str | None]:
        listing = Listing(PARTNER_SELECT, order=("p.code",)).where("p.zone = :zone", zone=zone)
        visible_partners(listing, caller, code="p.code", zone="p.zone")
        rows = await listing.after(wanted.after(scope), ["text"]).rows(connection, limit=wanted.limit)
        kept, cursor = wanted.cut(rows, scope, lambda row: (row.code,))
        return await _ageing_lines(connection, kept, day, ageing), cursor

    if page.medium is not Medium.JSON:
        return await ageing_file(page, read, _ageing_line(HOUSE_CURRENCY, [], day, ageing))
    items, cursor = await read(page)
    content = msgspec.json.encode({"items": items, "next_cursor": cursor})
    return Response(content, media_type="application/json", headers=page.link(cursor))


async def _ageing_lines(
    connection: AsyncConnection, partners: Sequence[Row], day: date, ageing: AgeingWanted
) -> list[dict[str, object]]:
    found = await open_items_as_of(connection, [partner.code for partner in partners], day)
    by_code = {partner.code: partner for partner in partners}
    return [
        {
            "partner_code": code,
            "partner_name": by_code[code].name,
            "zone": by_code[code].zone,
            **_ageing_line(currency, items, day, ageing),
        }
        for (code, currency), items in sorted(found.items())
    ]


def _ageing_line(
    currency: str, items: Sequence[OpenAmount], day: date, ageing: AgeingWanted
) -> dict[str, object]:
    aged = ageing_of(items, day, ageing.basis, ageing.bounds)
    return {"currency": currency, **ageing_content(aged, currency)}


def _past_day(as_of: date | None) -> date:
    today = business_day(datetime.now(UTC))
    if as_of is not None and as_of > today:
        raise DateImpossible(f"{as_of} has not come; expected {today} or before")
    return as_of or today
