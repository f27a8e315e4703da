"""Versions of a dataset: what each holds, what was rejected, what changed since the one before."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.dataset_rows import (
    Row,
    column_rows,
    version_row,
    version_rows,
    visible_dataset,
)
from services.research.adapters.stored_table import numbered_rows
from services.research.api.dependencies import Copies, PageWanted, Reading, Store
from services.research.api.routes_datasets import DatasetName
from services.research.api.schemas_dataset_versions import (
    ChangeKind,
    DatasetColumnBody,
    DatasetRejectBody,
    DatasetRowChangeBody,
    DatasetVersionBody,
    RejectKind,
    change_body,
    column_body,
    reject_body,
    version_body,
)
from services.research.domain.errors import DatasetUnknown, VersionUnknown
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals

router = APIRouter(prefix="/v1/datasets/{dataset}/versions", tags=["Datasets"])
VersionNumber = Annotated[int, Path(ge=1, le=2**31, description="`number` of the version")]


@listed(router, "", DatasetVersionBody, summary="List versions of a dataset", refuses=[DatasetUnknown])
async def list_dataset_versions(
    dataset: DatasetName, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[DatasetVersionBody]:
    """The newest first."""
    row = await visible_dataset(connection, caller, dataset)
    scope = f"dataset-versions|{dataset}"
    key = page.after(scope)
    rows = await version_rows(connection, row.id, before=int(key[0]) if key else None, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda one: (one.number,))
    return Page(items=[version_body(one) for one in kept], next_cursor=cursor)


@router.get(
    "/{number}",
    summary="Show a version of a dataset",
    response_model=DatasetVersionBody,
    responses=refusals(DatasetUnknown, VersionUnknown),
)
async def show_dataset_version(
    dataset: DatasetName, number: VersionNumber, connection: Reading, caller: CurrentCaller
) -> DatasetVersionBody:
    """Where it comes from, how it was read, and how it differs from the version before."""
    return version_body(await _version(connection, caller, dataset, number))


@listed(
    router,
    "/{number}/columns",
    DatasetColumnBody,
    summary="List columns of a version",
    refuses=[DatasetUnknown, VersionUnknown],
)
async def list_dataset_columns(
    dataset: DatasetName, number: VersionNumber, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[DatasetColumnBody]:
    """In the order of the file: types, where they come from, nulls, different values, least, greatest, most frequent."""
    version = await _version(connection, caller, dataset, number)
    scope = f"dataset-columns|{dataset}|{number}"
    key = page.after(scope)
    after = int(key[0]) if key else -1
    rows = await column_rows(connection, version.dataset_id, number, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.position,))
    return Page(items=[column_body(row) for row in kept], next_cursor=cursor)


@listed(
    router,
    "/{number}/rejects",
    DatasetRejectBody,
    summary="List rows that were not taken",
    refuses=[DatasetUnknown, VersionUnknown],
)
async def list_dataset_rejects(
    dataset: DatasetName,
    number: VersionNumber,
    page: PageWanted,
    connection: Reading,
    store: Store,
    copies: Copies,
    caller: CurrentCaller,
    kind: Annotated[RejectKind | None, Query(description="Of one kind only")] = None,
) -> Page[DatasetRejectBody]:
    """Each as it came, with every reason."""
    version = await _version(connection, caller, dataset, number)
    path = await store.local_path(version.rejects_key, copies)
    scope = f"dataset-rejects|{dataset}|{number}|{kind}"
    key = page.after(scope)
    rows = await numbered_rows(path, after=int(key[0]) if key else 0, limit=page.limit + 1, kind=kind)
    kept, cursor = page.cut(rows, scope, lambda row: (row["number"],))
    return Page(items=[reject_body(row) for row in kept], next_cursor=cursor)


@listed(
    router,
    "/{number}/changes",
    DatasetRowChangeBody,
    summary="List what changed since the version before",
    refuses=[DatasetUnknown, VersionUnknown],
)
async def list_dataset_row_changes(
    dataset: DatasetName,
    number: VersionNumber,
    page: PageWanted,
    connection: Reading,
    store: Store,
    copies: Copies,
    caller: CurrentCaller,
    kind: Annotated[ChangeKind | None, Query(description="Of one kind only")] = None,
) -> Page[DatasetRowChangeBody]:
    """By key. Nothing where there is no version before it with the same key."""
    version = await _version(connection, caller, dataset, number)
    if version.changes_key is None:
        return Page(items=[], next_cursor=None)
    path = await store.local_path(version.changes_key, copies)
    scope = f"dataset-changes|{dataset}|{number}|{kind}"
    key = page.after(scope)
    rows = await numbered_rows(path, after=int(key[0]) if key else 0, limit=page.limit + 1, kind=kind)
    kept, cursor = page.cut(rows, scope, lambda row: (row["number"],))
    return Page(items=[change_body(row) for row in kept], next_cursor=cursor)


async def _version(connection: AsyncConnection, caller: Caller, dataset: str, number: int) -> Row:
    row = await visible_dataset(connection, caller, dataset)
    version = await version_row(connection, row.id, number)
    if version is None:
        raise VersionUnknown(f"{dataset} has no version {number}")
    return version
