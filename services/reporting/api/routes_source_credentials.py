"""Credentials of source systems: given by whoever may decide, and never shown again."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from services.reporting.adapters.credential_store import credentials_shown
from services.reporting.api.dependencies import PageWanted, Reading, SourceAccessWanted, Work
from services.reporting.api.routes_source_systems import SystemNamed
from services.reporting.api.schemas_source_credentials import SourceCredentialBody, SourceCredentialDraft
from services.reporting.application.describe_source import source_named
from services.reporting.application.give_credential import give_credential, remembered_as
from services.reporting.domain.data_checks.errors import SourceNeedsNone, SourceNotOpened, SourceUnknown
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply

router = APIRouter(prefix="/v1/source-systems", tags=["Data quality"])


@router.post(
    "/{system}/credentials",
    status_code=201,
    response_model=SourceCredentialBody,
    summary="Give the credential of a source system",
    responses=refusals(SourceUnknown, SourceNeedsNone, SourceNotOpened, KeyReused, StillRunning),
)
async def give_source_credential(
    system: SystemNamed,
    draft: SourceCredentialDraft,
    work: Work,
    caller: CurrentCaller,
    access: SourceAccessWanted,
    key: IdempotencyKey = None,
) -> Response:
    """For the place the system is read at now: when that changes, it has to be given again. It is never shown."""

    async def perform() -> Response:
        at = datetime.now(UTC)
        secret = draft.secret.get_secret_value()
        credential_id = await give_credential(work, access.box, system, secret, who=(caller.actor, at))
        return as_reply(SourceCredentialBody(id=credential_id, set_by=caller.actor, set_at=at), 201)

    content = remembered_as(access.box, system, draft.secret.get_secret_value())
    attempt = Attempt(caller.subject, key, content) if key else None
    return await once(work.connection, attempt, perform)


@listed(
    router,
    "/{system}/credentials",
    SourceCredentialBody,
    summary="List who gave credentials of a source system",
    refuses=(SourceUnknown,),
)
async def list_source_credentials(
    system: SystemNamed, page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[SourceCredentialBody]:
    """The newest first, which is the one that counts; what they are is not shown."""
    kept = await source_named(connection, system)
    scope = f"source-credentials|{kept.id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await credentials_shown(connection, kept.id, before=before, limit=page.limit + 1)
    cut, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    items = [SourceCredentialBody(id=row.id, set_by=row.set_by, set_at=row.set_at) for row in cut]
    return Page(items=items, next_cursor=cursor)
