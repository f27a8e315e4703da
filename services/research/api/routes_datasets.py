"""Datasets from outside: set up, changed, shown; and the mapping profiles their files may follow."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.dataset_rows import dataset_rows, visible_dataset
from services.research.adapters.mapping_profiles import mapping_profiles, profile_named
from services.research.api.dependencies import PageWanted, Reading, Work
from services.research.api.schemas_datasets import (
    DatasetBody,
    DatasetChangeDraft,
    DatasetDraft,
    MappingProfileBody,
    dataset_body,
    profile_body,
    settings_of,
)
from services.research.application.set_up_dataset import DatasetChange, change_dataset, set_up_dataset
from services.research.domain.errors import (
    DatasetInvalid,
    DatasetNameTaken,
    DatasetNotYours,
    DatasetUnknown,
    ProfileUnknown,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Datasets"])
DatasetName = Annotated[str, Path(max_length=100, description="`name` of the dataset")]


@listed(router, "/datasets", DatasetBody, summary="List datasets")
async def list_datasets(page: PageWanted, connection: Reading, caller: CurrentCaller) -> Page[DatasetBody]:
    """Those you may see, by name."""
    key = page.after("datasets")
    rows = await dataset_rows(connection, caller, after=str(key[0]) if key else "", limit=page.limit + 1)
    kept, cursor = page.cut(rows, "datasets", lambda row: (row.name,))
    return Page(items=[dataset_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/datasets",
    status_code=201,
    summary="Set up a dataset",
    response_model=DatasetBody,
    responses=refusals(DatasetNameTaken, DatasetInvalid, ProfileUnknown, KeyReused, StillRunning),
)
async def set_up_dataset_route(
    draft: DatasetDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """With its licence, who may see it and who may take it away. Files are sent for it afterwards."""

    async def perform() -> Response:
        await set_up_dataset(work, draft.name, settings_of(draft), caller, at=datetime.now(UTC))
        return await _shown(work.connection, caller, draft.name, 201)

    return await done_once(work, (caller, key, "/v1/datasets"), draft, perform)


@router.get(
    "/datasets/{dataset}",
    summary="Show a dataset",
    response_model=DatasetBody,
    responses=refusals(DatasetUnknown),
)
async def show_dataset(dataset: DatasetName, connection: Reading, caller: CurrentCaller) -> Response:
    """Its terms, its rights, and which version is the newest."""
    return await _shown(connection, caller, dataset)


@router.patch(
    "/datasets/{dataset}",
    summary="Change a dataset",
    response_model=DatasetBody,
    responses=refusals(
        DatasetUnknown, DatasetNotYours, DatasetInvalid, ProfileUnknown, Stale, PreconditionMissing
    ),
)
async def change_dataset_route(
    dataset: DatasetName,
    draft: DatasetChangeDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """Its owner and administrators. A new profile or key counts from the next load on; each setting is kept."""
    change = DatasetChange(settings_of(draft), wanted_revision(if_match))
    await change_dataset(work, dataset, change, caller, at=datetime.now(UTC))
    return await _shown(work.connection, caller, dataset)


@listed(router, "/mapping-profiles", MappingProfileBody, summary="List mapping profiles")
async def list_mapping_profiles(page: PageWanted, _caller: CurrentCaller) -> Page[MappingProfileBody]:
    """What the service knows of files by itself; columns that no profile knows keep their headings as names."""
    key = page.after("mapping-profiles")
    after = str(key[0]) if key else ""
    found = [profile for name, profile in sorted(mapping_profiles().items()) if name > after]
    kept, cursor = page.cut(found[: page.limit + 1], "mapping-profiles", lambda profile: (profile.name,))
    return Page(items=[profile_body(profile) for profile in kept], next_cursor=cursor)


@router.get(
    "/mapping-profiles/{profile}",
    summary="Show a mapping profile",
    response_model=MappingProfileBody,
    responses=refusals(ProfileUnknown),
)
async def show_mapping_profile(
    profile: Annotated[str, Path(max_length=60, description="`name` of the profile")], _caller: CurrentCaller
) -> MappingProfileBody:
    """Its columns and what files call them."""
    return profile_body(profile_named(profile))


async def _shown(
    connection: AsyncConnection, caller: Caller, dataset: str, status_code: int = 200
) -> Response:
    body = dataset_body(await visible_dataset(connection, caller, dataset))
    return as_reply(body, status_code, revision_etag(body.revision))
