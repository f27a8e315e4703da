"""Files for datasets: sent whole or in parts, and what became of them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.dataset_rows import part_rows, upload_rows, visible_dataset, visible_upload
from services.research.api.announced_name import announced_file_name
from services.research.api.dependencies import PageWanted, Pool, Reading, Store, Work
from services.research.api.routes_datasets import DatasetName
from services.research.api.schemas_datasets import (
    CompletionDraft,
    PartBody,
    UploadBody,
    UploadDetailBody,
    UploadDraft,
    part_bodies,
    upload_facts,
)
from services.research.application.send_file import (
    Completion,
    Sending,
    SentPart,
    complete_upload,
    give_up_repeated,
    keep_sent_part,
    may_send,
    open_upload,
)
from services.research.domain.dataset import FILE_BYTES_MAX, PART_BYTES_MAX
from services.research.domain.errors import (
    DatasetNotYours,
    DatasetUnknown,
    UploadIncomplete,
    UploadState,
    UploadTooLarge,
    UploadUnknown,
)
from shared.database import UnitOfWork
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Datasets"])
UploadId = Annotated[UUID, Path(description="`id` of the upload")]
SENT_PART_BYTES: Final = 32 * 1024 * 1024  # a file that is sent whole is kept in parts as well
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}


def _file_body(description: str) -> dict[str, Any]:
    kinds = ("application/octet-stream", "text/csv", "application/zip", "application/vnd.apache.parquet")
    content = dict.fromkeys(kinds, _BINARY)
    return {"requestBody": {"required": True, "description": description, "content": content}}


@listed(
    router,
    "/datasets/{dataset}/uploads",
    UploadBody,
    summary="List files sent for a dataset",
    refuses=[DatasetUnknown],
)
async def list_dataset_uploads(
    dataset: DatasetName, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[UploadBody]:
    """The last first; those that failed say why."""
    row = await visible_dataset(connection, caller, dataset)
    scope = f"dataset-uploads|{dataset}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await upload_rows(connection, row.id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda one: (str(one.id),))
    return Page(items=[UploadBody(**upload_facts(one)) for one in kept], next_cursor=cursor)


@router.post(
    "/datasets/{dataset}/uploads",
    status_code=202,
    summary="Send a file for a dataset",
    response_model=UploadDetailBody,
    responses=refusals(DatasetUnknown, DatasetNotYours, UploadTooLarge, KeyReused, StillRunning),
    openapi_extra=_file_body("CSV, XLSX, Parquet, or one of them zipped; at most 5 GiB"),
)
async def send_dataset_file(
    dataset: DatasetName,
    request: Request,
    pool: Pool,
    store: Store,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """The whole file in one request, kept part by part on its way; `Location` is the job that loads it.

    When the connection breaks, what arrived stays in an open upload (see the list), and its last part may be sent again.
    The name of the file is that of `Content-Disposition`.
    """
    async with UnitOfWork(pool) as work:
        upload_id = await open_upload(
            work, dataset, announced_file_name(request), caller, at=datetime.now(UTC)
        )
        await work.commit()
    parts = await _sent_whole(Sending(upload_id, store, pool), request)
    hashes = "\n".join(part.sha256 for part in parts)
    path = f"/v1/datasets/{dataset}/uploads"
    attempt = Attempt(caller.subject, key, f"POST {path}\n{hashes}".encode()) if key else None
    async with UnitOfWork(pool) as work:
        at = datetime.now(UTC)

        async def perform() -> Response:
            completion = Completion(parts=len(parts), sha256=None)
            job_id = await complete_upload(work, upload_id, completion, caller, at=at)
            return await _shown(work.connection, caller, upload_id, 202, job_id)

        reply = await once(work.connection, attempt, perform)
        if "idempotency-replayed" in reply.headers:
            await give_up_repeated(work, upload_id, at=at)
        await work.commit()
    return reply


async def _sent_whole(sending: Sending, request: Request) -> list[SentPart]:
    pieces, parts = _Pieces(request), list[SentPart]()
    while not pieces.is_over:
        part = await keep_sent_part(sending, len(parts) + 1, pieces.next_part(), at=datetime.now(UTC))
        parts.append(part)
        if sum(one.size_bytes for one in parts) > FILE_BYTES_MAX:
            raise UploadTooLarge(f"A file has at most {FILE_BYTES_MAX >> 30} GiB")
    return parts


@router.post(
    "/dataset-uploads",
    status_code=201,
    summary="Begin to send a file in parts",
    response_model=UploadDetailBody,
    responses=refusals(DatasetUnknown, DatasetNotYours, KeyReused, StillRunning),
)
async def open_dataset_upload(
    draft: UploadDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """For large files and bad lines: each part may be sent again until the upload is completed."""

    async def perform() -> Response:
        upload_id = await open_upload(work, draft.dataset, draft.file_name, caller, at=datetime.now(UTC))
        return await _shown(work.connection, caller, upload_id, 201)

    return await done_once(work, (caller, key, "/v1/dataset-uploads"), draft, perform)


@router.get(
    "/dataset-uploads/{upload_id}",
    summary="Show a file that is sent",
    response_model=UploadDetailBody,
    responses=refusals(UploadUnknown),
)
async def show_dataset_upload(upload_id: UploadId, connection: Reading, caller: CurrentCaller) -> Response:
    """Which parts are there, and what became of it."""
    return await _shown(connection, caller, upload_id)


@router.put(
    "/dataset-uploads/{upload_id}/parts/{number}",
    summary="Send a part of a file",
    response_model=PartBody,
    responses=refusals(UploadUnknown, UploadState, UploadTooLarge, DatasetNotYours),
    openapi_extra=_file_body("Bytes of the file, at most 64 MiB, in the order of the numbers"),
)
async def send_dataset_part(
    upload_id: UploadId,
    number: Annotated[int, Path(ge=1, le=2**31, description="Its place, from 1")],
    request: Request,
    pool: Pool,
    store: Store,
    caller: CurrentCaller,
) -> Response:
    """Sent again it replaces what was sent before."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > PART_BYTES_MAX:
        raise UploadTooLarge(f"A part has at most {PART_BYTES_MAX >> 20} MiB")
    async with UnitOfWork(pool) as work:
        await may_send(work, upload_id, caller)
    await keep_sent_part(Sending(upload_id, store, pool), number, request.stream(), at=datetime.now(UTC))
    async with pool.reading() as connection:
        parts = part_bodies(await part_rows(connection, upload_id))
    return as_reply(next(part for part in parts if part.number == number))


@router.post(
    "/dataset-uploads/{upload_id}/completion",
    status_code=202,
    summary="Say that all parts were sent",
    response_model=UploadDetailBody,
    responses=refusals(
        UploadUnknown, UploadState, UploadIncomplete, UploadTooLarge, DatasetNotYours, KeyReused, StillRunning
    ),
)
async def complete_dataset_upload(
    upload_id: UploadId, draft: CompletionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """`Location` is the job that loads it. With `sha256` the whole is compared before anything is made of it."""

    async def perform() -> Response:
        completion = Completion(parts=draft.parts, sha256=draft.sha256)
        job_id = await complete_upload(work, upload_id, completion, caller, at=datetime.now(UTC))
        return await _shown(work.connection, caller, upload_id, 202, job_id)

    return await done_once(work, (caller, key, f"/v1/dataset-uploads/{upload_id}/completion"), draft, perform)


class _Pieces:
    """A body cut into parts as it comes: no part is whole in memory."""

    def __init__(self, request: Request) -> None:
        self._chunks = request.stream().__aiter__()
        self.is_over = False

    async def next_part(self) -> AsyncIterator[bytes]:
        size = 0
        while size < SENT_PART_BYTES:
            try:
                chunk = await anext(self._chunks)
            except StopAsyncIteration:
                self.is_over = True
                return
            size += len(chunk)
            yield chunk


async def _shown(
    connection: AsyncConnection,
    caller: Caller,
    upload_id: UUID,
    status_code: int = 200,
    job_id: UUID | None = None,
) -> Response:
    row = await visible_upload(connection, caller, upload_id)
    parts = part_bodies(await part_rows(connection, upload_id))
    body = UploadDetailBody(**upload_facts(row), part_bytes_max=PART_BYTES_MAX, parts=parts)
    return as_reply(body, status_code, {"Location": f"/v1/jobs/{job_id}"} if job_id else None)
