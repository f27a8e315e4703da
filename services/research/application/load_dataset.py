"""Makes a version of a dataset from a file that was sent: all of it, or nothing that anybody sees.

A run keeps what it makes in a folder of its own and, in the store, below a prefix of its own; only the last transaction
says that there is a version. A run that died is repeated from the file, and begins by removing what the dead one left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from services.research.adapters.bounded_process import ProcessDied, run_bounded
from services.research.adapters.dataset_rows import (
    Row,
    add_version,
    change_upload,
    column_rows,
    part_rows,
    upload_to_load,
    version_row,
)
from services.research.adapters.dataset_store import DatasetStore, version_prefix
from services.research.adapters.mapping_profiles import mapping_profiles
from services.research.adapters.scratch import scratch_folder
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.errors import FileUnreadable, TooManyRejects, UploadIncomplete
from services.research.domain.mapping import drift_between
from shared.database import Database
from shared.errors import FieldProblem, Refusal
from shared.events.research import DatasetLoadedV1

PROGRAM: Final = "services.research.adapters.loading"
_REFUSALS: Final[Mapping[str, type[Refusal]]] = {one.code: one for one in (FileUnreadable, TooManyRejects)}


class Progress(Protocol):
    """Where a load tells how far it is."""

    async def __call__(
        self, *, message: str, percent: int | None = None, errors: Sequence[FieldProblem] = ()
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class LoadParts:
    """What a load works with."""

    database: Database
    store: DatasetStore
    scratch: Path

    @property
    def copies(self) -> Path:
        """Where copies of what is read again and again are kept."""
        return self.scratch / "salesops-datasets"


async def load_dataset(parts: LoadParts, upload_id: UUID, progress: Progress) -> None:
    """Repeating it is harmless. A refusal is kept with the upload: the file stays, and what it says is told."""
    async with UnitOfWork(parts.database) as work:
        upload = await upload_to_load(work.connection, upload_id)
        keys = [part.object_key for part in await part_rows(work.connection, upload_id)]
        before = await _version_before(work, upload)
    if upload.state != "queued":
        return
    await parts.store.remove_all(version_prefix(upload_id))
    try:
        async with scratch_folder(parts.scratch, f"salesops-load-{upload_id}") as folder:
            await _load(parts, _Load(upload, before, folder), keys, progress)
    except Refusal as refusal:
        await _fail(parts.database, upload_id, refusal)
        raise


@dataclass(frozen=True, slots=True)
class _Load:
    upload: Row
    before: Row | None
    folder: Path

    @property
    def prefix(self) -> str:
        return version_prefix(self.upload.id)


async def _load(parts: LoadParts, load: _Load, keys: Sequence[str], progress: Progress) -> None:
    await progress(message="collecting the parts", percent=1)
    source = load.folder / "source"
    sha256 = await parts.store.assemble(keys, source)
    if load.upload.announced_sha256 not in (None, sha256):
        raise UploadIncomplete(f"The file's SHA-256 is {sha256} and not the one announced; send it again")
    if load.before is not None and _is_same_file(load, sha256):
        await _end(parts.database, load.upload.id, state="unchanged", version=load.before.number)
        return
    found = await _converted(parts, load, source, progress)
    await progress(message="storing", percent=97)
    for name in ("data", "rejects", *(["changes"] if found["changes"] else [])):
        await parts.store.put_file(f"{load.prefix}/{name}.parquet", load.folder / f"{name}.parquet")
    await progress(message="publishing the version", percent=98)
    await _keep(parts.database, load, sha256, found)
    problems = [FieldProblem(**one) for one in found["problems"]]
    await progress(message=f"{found['rows_kept']} rows", percent=99, errors=problems)


def _is_same_file(load: _Load, sha256: str) -> bool:
    """The very bytes that the newest version is made of, read the same way."""
    before, upload = load.before, load.upload
    assert before is not None
    profile = mapping_profiles()[upload.profile].version if upload.profile else None
    return bool(
        before.source_sha256 == sha256
        and (before.profile, before.profile_version) == (upload.profile, profile)
        and (upload.profile is not None or list(before.key_columns) == list(upload.key_columns))
    )


async def _converted(parts: LoadParts, load: _Load, source: Path, progress: Progress) -> Mapping[str, Any]:
    previous = None
    if load.before is not None:
        previous = load.folder / "previous.parquet"
        await parts.store.assemble([load.before.data_key], previous)
    task = {
        "folder": str(load.folder),
        "file": str(source),
        "profile": load.upload.profile,
        "key": list(load.upload.key_columns),
        "reject_percent_max": load.upload.reject_percent_max,
        "previous": previous and str(previous),
        "previous_key": list(load.before.key_columns) if load.before is not None else None,
    }

    async def tell(told: Mapping[str, Any]) -> None:
        await progress(message=told["message"], percent=told["percent"])

    try:
        answer = await run_bounded(PROGRAM, task, tell)
    except ProcessDied as error:
        raise FileUnreadable(f"The file cannot be converted within our bounds: {error.detail}") from error
    if refused := answer.get("refusal"):
        problems = [FieldProblem(**one) for one in refused["problems"]]
        raise _REFUSALS[refused["code"]](refused["detail"], problems=problems)
    result: Mapping[str, Any] = answer["result"]
    return result


async def _keep(database: Database, load: _Load, sha256: str, found: Mapping[str, Any]) -> None:
    """Say that there is a version, and tell everybody, in one transaction."""
    at = datetime.now(UTC)
    async with UnitOfWork(database) as work:
        upload = await upload_to_load(work.connection, load.upload.id)
        if upload.state != "queued":
            return
        number = (upload.current_version or 0) + 1
        drift = await _drift(work, upload, found)
        facts = _version_facts(load, sha256, found) | {"number": number, "drift": drift, "loaded_at": at}
        await add_version(work.connection, facts, _columns(found))
        values = {"state": "loaded", "version": number, "ended_at": at}
        await change_upload(work.connection, upload.id, **values)
        event = _event(upload, facts)
        work.publish(event, partition_key=str(upload.dataset_id), subject=str(upload.dataset_id))
        await work.commit()


def _version_facts(load: _Load, sha256: str, found: Mapping[str, Any]) -> dict[str, Any]:
    upload, profile = load.upload, load.upload.profile
    changes = found["changes"] or {"added": None, "removed": None, "changed": None}
    same = (
        "source_format", "encoding", "delimiter", "suggested_profile", "suggested_share", "rows_read", "rows_kept",
        "rows_rejected", "rows_repeated", "data_bytes", "data_sha256",
    )  # fmt: skip
    return {
        **{name: found[name] for name in same},
        **changes,
        "dataset_id": upload.dataset_id,
        "upload_id": upload.id,
        "source_name": upload.file_name,
        "source_bytes": upload.size_bytes,
        "source_sha256": sha256,
        "profile": profile,
        "profile_version": mapping_profiles()[profile].version if profile else None,
        "key_columns": list(found["key"]),
        "data_key": f"{load.prefix}/data.parquet",
        "rejects_key": f"{load.prefix}/rejects.parquet",
        "changes_key": f"{load.prefix}/changes.parquet" if found["changes"] else None,
        "loaded_by": upload.opened_by,
    }


def _columns(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    profiles = {one["name"]: one for one in found["profiles"]}
    names = ("name", "type", "heading", "mapped_by")
    return [
        {"position": position, **{name: one[name] for name in names}, **profiles[one["name"]]}
        for position, one in enumerate(found["columns"])
    ]


async def _drift(work: UnitOfWork, upload: Row, found: Mapping[str, Any]) -> dict[str, Any] | None:
    """None where nothing differs, or where there is no version before."""
    if upload.current_version is None:
        return None
    rows = await column_rows(work.connection, upload.dataset_id, upload.current_version)
    drift = drift_between(
        {row.name: row.type for row in rows}, {one["name"]: one["type"] for one in found["columns"]}
    )
    return asdict(drift) if drift.is_any else None


def _event(upload: Row, facts: Mapping[str, Any]) -> DatasetLoadedV1:
    same = ("rows_kept", "rows_rejected", "added", "removed", "changed", "loaded_at")
    return DatasetLoadedV1(
        dataset_id=upload.dataset_id,
        name=upload.name,
        title=upload.title,
        owner=upload.owner,
        version=facts["number"],
        is_drifted=facts["drift"] is not None,
        **{name: facts[name] for name in same},
    )


async def _version_before(work: UnitOfWork, upload: Row) -> Row | None:
    if upload.current_version is None:
        return None
    return await version_row(work.connection, upload.dataset_id, upload.current_version)


async def _fail(database: Database, upload_id: UUID, refusal: Refusal) -> None:
    failure = {"failure_code": refusal.code, "failure_detail": refusal.detail}
    await _end(database, upload_id, state="failed", **failure)


async def _end(database: Database, upload_id: UUID, **values: object) -> None:
    async with UnitOfWork(database) as work:
        await change_upload(work.connection, upload_id, **values, ended_at=datetime.now(UTC))
        await work.commit()
