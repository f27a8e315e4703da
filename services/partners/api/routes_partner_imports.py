"""Imports of partners and orders, as they were answered."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.partners.adapters.import_store import finding_rows, import_row, import_rows
from services.partners.api.dependencies import PageWanted, Reading
from services.partners.api.schemas_partner_imports import (
    ImportFindingBody,
    PartnerImportBody,
    finding_body,
    import_body,
)
from services.partners.domain.batch_import import ImportSubject
from services.partners.domain.errors import ImportUnknown
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals

router = APIRouter(prefix="/v1/partner-imports", tags=["Partners"])


@listed(router, "", PartnerImportBody, summary="List imports of partners and orders")
async def list_partner_imports(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    subject: Annotated[ImportSubject | None, Query(description="What was told")] = None,
) -> Page[PartnerImportBody]:
    """Newest first. A batch that was refused as a whole (`atomic`) is none."""
    scope = f"partner-imports|{subject}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await import_rows(connection, subject, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[import_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{import_id}",
    response_model=PartnerImportBody,
    summary="Show an import",
    responses=refusals(ImportUnknown),
)
async def show_partner_import(
    import_id: UUID, connection: Reading, _caller: CurrentCaller
) -> PartnerImportBody:
    """The reply to a batch names it as `import_id`."""
    return import_body(await import_row(connection, import_id))


@listed(
    router,
    "/{import_id}/findings",
    ImportFindingBody,
    refuses=(ImportUnknown,),
    summary="List what was remarked on the items of an import",
)
async def list_import_findings(
    import_id: UUID,
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    is_refusal: Annotated[bool | None, Query(description="Refusals alone, or warnings alone")] = None,
) -> Page[ImportFindingBody]:
    """In the order of the items, with row and cell of a table."""
    await import_row(connection, import_id)
    scope = f"partner-import|{import_id}|{is_refusal}"
    key = page.after(scope)
    rows = await finding_rows(
        connection,
        import_id,
        is_refusal=is_refusal,
        after=int(key[0]) if key else 0,
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(rows, scope, lambda row: (row.position,))
    return Page(items=[finding_body(row) for row in kept], next_cursor=cursor)
