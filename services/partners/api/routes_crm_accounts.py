"""Accounts of the CRM: which partner each is, and which wait because something is missing."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.partners.adapters.crm_accounts import account_rows
from services.partners.api.dependencies import PageWanted, Reading
from services.partners.api.schemas_crm_accounts import CrmAccountBody, crm_account_body
from services.partners.domain.crm_account import AccountStanding
from shared.list_routes import listed
from shared.pagination import Page

router = APIRouter(prefix="/v1/crm-accounts", tags=["Partners"])


@listed(router, "", CrmAccountBody, summary="List accounts of the CRM and the partners they are")
async def list_crm_accounts(
    page: PageWanted,
    connection: Reading,
    standing: Annotated[AccountStanding | None, Query(description="e.g. `unresolved`")] = None,
) -> Page[CrmAccountBody]:
    """In the order of their record ids."""
    scope = f"crm-accounts|{standing}"
    key = page.after(scope)
    after = (str(key[0]), str(key[1])) if key else None
    rows = await account_rows(connection, standing, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.record_id, row.organization_id))
    return Page(items=[crm_account_body(row) for row in kept], next_cursor=cursor)
