"""Takes in a file for a dataset, part by part, so that a broken connection costs one part; and queues its load."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.dataset_rows import (
    Row,
    add_upload,
    change_upload,
    keep_part,
    part_rows,
    upload_state,
    visible_upload,
)
from services.research.adapters.dataset_store import DatasetStore, part_key
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.set_up_dataset import own_dataset
from services.research.domain.dataset import FILE_BYTES_MAX, PART_BYTES_MAX, PARTS_MAX
from services.research.domain.errors import UploadIncomplete, UploadState, UploadTooLarge
from shared.database import Database
from shared.identity import Caller
from shared.jobs import enqueue

LOAD_TASK: Final = "load_dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """How the sender says that all was sent: so many parts, and the hash of the whole if it knows it."""

    parts: int
    sha256: str | None


async def open_upload(
    work: UnitOfWork, dataset: str, file_name: str, caller: Caller, *, at: datetime
) -> UUID:
    """DatasetUnknown; DatasetNotYours."""
    row = await own_dataset(work, dataset, caller)
    upload_id = uuid7()
    facts = {"id": upload_id, "dataset_id": row.id, "file_name": file_name}
    await add_upload(work.connection, {**facts, "opened_by": caller.actor, "opened_at": at})
    return upload_id


@dataclass(frozen=True, slots=True)
class SentPart:
    """What was kept of a part."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Sending:
    """An upload under way, and what keeps its parts."""

    upload_id: UUID
    store: DatasetStore
    database: Database


async def keep_sent_part(
    sending: Sending, number: int, content: AsyncIterator[bytes], *, at: datetime
) -> SentPart:
    """Store the bytes, then say so; returns what they are. UploadTooLarge; UploadState when the file is complete.

    The bytes are stored under a name of their own before the row names them: whatever dies between, the part is there
    as it was or as it is.
    """
    if number > PARTS_MAX:
        raise UploadTooLarge(f"A file has at most {PARTS_MAX} parts")
    key = part_key(sending.upload_id, number, uuid7())
    size, sha256 = await sending.store.put_part(key, _bounded(content))
    async with UnitOfWork(sending.database) as work:
        await _open_upload_row(work, sending.upload_id)
        facts = {"upload_id": sending.upload_id, "number": number, "object_key": key, "size_bytes": size}
        await keep_part(work.connection, {**facts, "sha256": sha256, "received_at": at})
        await work.commit()
    return SentPart(size, sha256)


async def complete_upload(
    work: UnitOfWork, upload_id: UUID, completion: Completion, caller: Caller, *, at: datetime
) -> UUID:
    """Queue the load and return its job. UploadIncomplete names the parts that are missing; UploadState when it is done
    already; UploadTooLarge for more than 5 GiB."""
    row = await visible_upload(work.connection, caller, upload_id, for_update=True)
    await own_dataset(work, row.dataset, caller)
    if row.state != "open":
        raise UploadState(f"The upload is {row.state} already; send another file with another upload")
    parts = await part_rows(work.connection, upload_id)
    missing = sorted(set(range(1, completion.parts + 1)) - {part.number for part in parts})
    if missing or len(parts) != completion.parts:
        raise UploadIncomplete(
            f"Of {completion.parts} parts these are missing: {missing[:20]}; {len(parts)} are there"
        )
    size = sum(part.size_bytes for part in parts)
    if size == 0 or size > FILE_BYTES_MAX:
        raise UploadTooLarge(
            f"Expected between one byte and {FILE_BYTES_MAX >> 30} GiB; the file has {size:,} bytes"
        )
    job_id = await enqueue(
        work.connection,
        LOAD_TASK,
        {"upload_id": str(upload_id)},
        created_by=caller.actor,
        lock=f"dataset:{row.dataset_id}",
        result_url=f"/v1/dataset-uploads/{upload_id}",
    )
    values = {"state": "queued", "completed_at": at, "size_bytes": size, "job_id": job_id}
    await change_upload(work.connection, upload_id, **values, announced_sha256=completion.sha256)
    return job_id


async def give_up_repeated(work: UnitOfWork, upload_id: UUID, *, at: datetime) -> None:
    """End an upload whose file was sent before under the same idempotency key: the first one counts."""
    failure = {"failure_code": "dataset_upload_repeated", "failure_detail": "Sent before under the same key"}
    await change_upload(work.connection, upload_id, state="failed", completed_at=at, ended_at=at, **failure)


async def may_send(work: UnitOfWork, upload_id: UUID, caller: Caller) -> Row:
    """The upload if the caller may send parts of it."""
    row = await visible_upload(work.connection, caller, upload_id)
    await own_dataset(work, row.dataset, caller)
    if row.state != "open":
        raise UploadState(f"The upload is {row.state} already; it takes no more parts")
    return row


async def _open_upload_row(work: UnitOfWork, upload_id: UUID) -> None:
    state = await upload_state(work.connection, upload_id)
    if state != "open":
        raise UploadState(f"The upload is {state} already; it takes no more parts")


async def _bounded(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in content:
        size += len(chunk)
        if size > PART_BYTES_MAX:
            raise UploadTooLarge(
                f"A part has at most {PART_BYTES_MAX >> 20} MiB; send the file in more parts"
            )
        if chunk:
            yield chunk
