"""The master of channel partners."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from services.partners.adapters.import_store import add_import
from services.partners.adapters.queries import PartnerFilter, partner_named, partner_rows, version_rows
from services.partners.api.dependencies import PageWanted, Reading, Work
from services.partners.api.schemas_partner_imports import LOOKS_MISTYPED, MAY_BE_ANOTHER, import_of
from services.partners.api.schemas_partners import (
    KEPT_ACCOUNT,
    PartnerBatchReply,
    PartnerBody,
    PartnerChange,
    PartnerDraft,
    PartnerVerdict,
    PartnerVersionBody,
    batch_reply,
    partner_body,
    partner_verdict,
    partner_version_body,
    refused_verdict,
)
from services.partners.application.change_partner import change_partner
from services.partners.application.register_partners import register_partners
from services.partners.domain.batch_import import ImportFinding, ImportSubject
from services.partners.domain.errors import PartnerInvalid, PartnerUnknown
from services.partners.domain.partner import PartnerStatus, Registration
from shared.bulk import BatchRefused, BatchReply, batch_body, batch_refusal, read_records, validated
from shared.bulk_tables import TableRow
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing, Stale
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply

router = APIRouter(prefix="/v1/partners", tags=["Partners"])
CSV_COLUMNS: Final = "code,name,city,zone,gstin,ifsc,bank_account"
CSV_EXAMPLE: Final = (
    CSV_COLUMNS
    + "\nCP0001,Godavari Energy Enterprises,Bengaluru,South,29AJUFG4984A1ZE,ICIC0419849,749165300829\n"
)


@router.post(
    "/batch",
    response_model=PartnerBatchReply,
    summary="Register or change up to 10,000 partners",
    responses=refusals(BatchRefused, StillRunning, KeyReused),
    openapi_extra=batch_body(
        PartnerDraft, csv_columns=CSV_COLUMNS, csv_example=CSV_EXAMPLE, takes_workbooks=True
    ),
)
async def register_partners_route(
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
    atomic: Annotated[bool, Query(description="All or nothing: one refused item refuses the batch")] = False,  # noqa: FBT002
) -> Response:
    """One verdict per partner, in order.

    A known code with the same details is a duplicate; with other details it is a change: the version grows,
    the earlier one stays in the history, and the other services are told.
    """
    records, content = await read_records(request, takes_workbooks=True)

    async def perform() -> Response:
        reply = await _register(work, records, actor=caller.actor)
        if atomic and reply.refused:
            raise batch_refusal(BatchReply.of(reply.items))
        sent = (request.headers.get("content-type", ""), content)
        warnings = [one for item in reply.items for one in _warned(item, records[item.index])]
        told = import_of(
            ImportSubject.PARTNERS, sent, reply.items, warnings, (caller.actor, datetime.now(UTC))
        )
        await add_import(work.connection, told)
        reply.import_id = told.id
        return Response(reply.model_dump_json(), media_type="application/json")

    attempt = Attempt(caller.subject, key, b"POST /v1/partners/batch\n" + content) if key else None
    return await once(work.connection, attempt, perform)


async def _register(work: Work, records: Sequence[object], *, actor: str) -> PartnerBatchReply:
    drafts = [validated(record, _registration, index) for index, record in enumerate(records)]
    registrations = [draft for draft in drafts if isinstance(draft, Registration)]
    verdicts = iter(await register_partners(work, registrations, actor=actor, at=datetime.now(UTC)))
    return batch_reply(
        [
            partner_verdict(index, next(verdicts))
            if isinstance(draft, Registration)
            else refused_verdict(draft)
            for index, draft in enumerate(drafts)
        ]
    )


def _warned(item: PartnerVerdict, record: object) -> Iterator[ImportFinding]:
    """What looks mistyped and was kept, with its cell in a table."""
    for warning in item.warnings:
        column = warning.pointer.lstrip("/")
        place = record.place(column) if isinstance(record, TableRow) else {}
        yield ImportFinding(
            item_index=item.index,
            key=item.key,
            is_refusal=False,
            code=MAY_BE_ANOTHER if column == "name" else LOOKS_MISTYPED,
            pointer=warning.pointer,
            detail=warning.detail,
            row_number=int(place["row"]) if place else None,
            cell=place.get("cell"),
        )


def _registration(record: object) -> Registration:
    return PartnerDraft.model_validate(record).registration()


@listed(router, "", PartnerBody, summary="List partners")
async def list_partners(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    zone: Annotated[str | None, Query(max_length=200)] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=200, description="Beginnings of words of the code, names, city, GSTIN or PAN; any case"
        ),
    ] = None,
    status: PartnerStatus | None = None,
) -> Page[PartnerBody]:
    """In the order of their codes."""
    scope = f"partners|{zone}|{q}|{status}"
    (after_code,) = page.after(scope) or ("",)
    rows = await partner_rows(
        connection,
        caller.row_scope(),
        PartnerFilter(zone=zone, words=q, status=status),
        after_code=str(after_code),
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(rows, scope, lambda partner: (partner.code,))
    return Page(items=[partner_body(partner) for partner in kept], next_cursor=cursor)


@router.get(
    "/{partner}",
    response_model=PartnerBody,
    summary="Show one partner",
    responses=refusals(PartnerUnknown),
)
async def show_partner(partner: str, connection: Reading, caller: CurrentCaller) -> Response:
    """By its code or its id. One that was merged says into which."""
    found = await partner_named(connection, caller.row_scope(), partner)
    return as_reply(partner_body(found), headers=revision_etag(found.version))


@router.patch(
    "/{partner}",
    response_model=PartnerBody,
    summary="Change a partner",
    responses=refusals(PartnerUnknown, PartnerInvalid, Stale, PreconditionMissing),
)
async def change_partner_route(
    partner: str, change: PartnerChange, work: Work, caller: CurrentCaller, if_match: IfMatch = None
) -> Response:
    """What is left out stays, null clears. The earlier version stays in the history; the other services are told.

    An account that two people approved is not changed here: propose another under `/bank-details`.
    """
    found = await partner_named(work.connection, caller.row_scope(), partner)
    verdict = await change_partner(
        work,
        (found.code, wanted_revision(if_match)),
        change.changes(),
        change.status,
        by=(caller.actor, datetime.now(UTC)),
    )
    body = partner_body(verdict.partner)
    if verdict.keeps_account:
        body = body.model_copy(update={"warnings": [*body.warnings, KEPT_ACCOUNT]})
    return as_reply(body, headers=revision_etag(verdict.partner.version))


@listed(
    router,
    "/{partner}/versions",
    PartnerVersionBody,
    refuses=(PartnerUnknown,),
    summary="List what was told of a partner",
)
async def list_partner_versions(
    partner: str, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[PartnerVersionBody]:
    """Newest first: each version whole, with who told it and when."""
    found = await partner_named(connection, caller.row_scope(), partner)
    scope = f"partner-versions|{found.id}"
    key = page.after(scope)
    rows = await version_rows(connection, found.id, before=int(key[0]) if key else None, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda told: (told.partner.version,))
    return Page(items=[partner_version_body(row) for row in kept], next_cursor=cursor)
