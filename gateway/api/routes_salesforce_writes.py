"""What is written to Salesforce: the records with what became of them, and the mappings they go by."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from gateway.adapters.salesforce_write_mappings import write_mappings
from gateway.adapters.salesforce_write_queries import Row, salesforce_write, salesforce_writes
from gateway.api.schemas_salesforce_writes import (
    SalesforceWriteBody,
    WriteMappingBody,
    WriteMappingDraft,
    mapping_body,
)
from gateway.application.change_write_mapping import (
    WriteMappingInvalid,
    WriteNotFound,
    change_write_mapping,
    resend_write,
)
from gateway.domain.salesforce_write import WriteMapping, WriteState, WriteSubject
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.dependencies import PageWanted, Reading, Work
from shared.errors import PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Salesforce"])
WriteId = Annotated[UUID, Path(description="The entry of the list")]


@dataclass(frozen=True, slots=True)
class WriteFilters:
    """What a list of writes is narrowed to; each is a query parameter."""

    subject: WriteSubject | None = None
    state: WriteState | None = None
    name: Annotated[str | None, Query(max_length=80, description="A partner code or query number")] = None
    error_code: Annotated[
        str | None, Query(max_length=60, description="Salesforce's own word for what is wrong")
    ] = None


@listed(router, "/salesforce-writes", SalesforceWriteBody, summary="List what is written to Salesforce")
async def list_salesforce_writes(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    filters: Annotated[WriteFilters, Depends()],
) -> Page[SalesforceWriteBody]:
    """One entry per record of Salesforce, with its latest state; `state=dead` is what waits for a person."""
    scope = f"salesforce-writes|{filters}"
    key = page.after(scope)
    after = UUID(str(key[0])) if key else None
    rows = await salesforce_writes(connection, asdict(filters), after=after, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/salesforce-writes/{write_id}",
    summary="Show one record written to Salesforce",
    responses=refusals(WriteNotFound),
)
async def show_salesforce_write(
    write_id: WriteId, connection: Reading, _caller: CurrentCaller
) -> SalesforceWriteBody:
    """Its latest state, and what became of it."""
    row = await salesforce_write(connection, write_id)
    if row is None:
        raise WriteNotFound("There is no such write", write_id=str(write_id))
    return _body(row)


@router.post(
    "/salesforce-writes/{write_id}/resend",
    status_code=202,
    summary="Send a record to Salesforce again",
    response_model=SalesforceWriteBody,
    responses=refusals(WriteNotFound, KeyReused, StillRunning),
)
async def resend_salesforce_write(
    write_id: WriteId, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Whatever became of it before, it waits again and is due at once. Asking twice changes nothing more."""

    async def perform() -> Response:
        await resend_write(work, write_id, datetime.now(UTC))
        row = await salesforce_write(work.connection, write_id)
        assert row is not None
        return as_reply(_body(row), 202)

    return await done_once(work, (caller, key, f"/v1/salesforce-writes/{write_id}/resend"), None, perform)


@listed(
    router, "/salesforce-write-mappings", WriteMappingBody, summary="List where subjects go in Salesforce"
)
async def list_salesforce_write_mappings(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[WriteMappingBody]:
    """One per subject; there are only a few, so there is one page."""
    page.after("salesforce-write-mappings")
    mappings = await write_mappings(connection)
    return Page(items=[mapping_body(mapping) for _, mapping in sorted(mappings.items())], next_cursor=None)


@router.get("/salesforce-write-mappings/{subject}", summary="Show where a subject goes in Salesforce")
async def show_salesforce_write_mapping(
    subject: WriteSubject, connection: Reading, response: Response, _caller: CurrentCaller
) -> WriteMappingBody:
    """Its ETag is what a change sends as If-Match."""
    mapping = (await write_mappings(connection))[subject]
    response.headers.update(revision_etag(mapping.revision))
    return mapping_body(mapping)


@router.put(
    "/salesforce-write-mappings/{subject}",
    summary="Change where a subject goes in Salesforce",
    responses=refusals(WriteMappingInvalid, Stale, PreconditionMissing),
)
async def change_salesforce_write_mapping(
    subject: WriteSubject,
    draft: WriteMappingDraft,
    work: Work,
    response: Response,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> WriteMappingBody:
    """What waits goes by the new mapping, and what a dry run only showed is sent when the dry run ends."""
    wanted = WriteMapping(subject=subject, revision=wanted_revision(if_match), **draft.model_dump())
    changed = await change_write_mapping(work, wanted, changed_by=caller.subject, at=datetime.now(UTC))
    response.headers.update(revision_etag(changed.revision))
    return mapping_body(changed)


def _body(row: Row) -> SalesforceWriteBody:
    facts = dict(row._mapping)
    names, values = facts.pop("names"), facts.pop("values")
    fields = {names[name]: value for name, value in values.items() if name in names}
    return SalesforceWriteBody(**facts, fields=fields)
