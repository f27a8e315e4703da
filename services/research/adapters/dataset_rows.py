"""Writes and reads datasets and the files that were sent for them, each within the caller's rights."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.domain.dataset import Readers, Rights
from services.research.domain.errors import DatasetNameTaken, DatasetUnknown, UploadUnknown
from shared.identity import Caller

Row = sa.Row[Any]
# What people set of a dataset; the rest is its own.
SETTINGS: Final = (
    "title", "description", "licence", "licence_ends_on", "seen_by_roles", "seen_by_subjects", "exported_by_roles",
    "exported_by_subjects", "profile", "key_columns", "reject_percent_max",
)  # fmt: skip


def rights_of(row: Row) -> Rights:
    """Who may do what with the dataset of a row."""
    return Rights(
        owner=row.owner,
        seen_by=Readers(roles=frozenset(row.seen_by_roles), subjects=frozenset(row.seen_by_subjects)),
        exported_by=Readers(
            roles=frozenset(row.exported_by_roles), subjects=frozenset(row.exported_by_subjects)
        ),
        licence_ends_on=row.licence_ends_on,
    )


def rights_parameters(caller: Caller) -> dict[str, object]:
    """What `VISIBLE` compares with: a key sees what its owner sees."""
    return {
        "subject": caller.owner or caller.subject,
        "roles": sorted(caller.roles),
        "is_admin": "admin" in caller.roles,
    }


# Says in SQL what Rights.may_see says of one: a list must not fetch what it then hides.
VISIBLE: Final = """(
    :is_admin OR owner = :subject
    OR :subject = ANY(seen_by_subjects) OR :subject = ANY(exported_by_subjects)
    OR seen_by_roles && CAST(:roles AS text[]) OR exported_by_roles && CAST(:roles AS text[])
)"""


async def add_dataset(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """DatasetNameTaken when another one is called so, also one that the caller does not see."""
    names = ", ".join(facts)
    values = ", ".join(f":{name}" for name in facts)
    try:
        async with connection.begin_nested():
            await connection.execute(
                sa.text(f"INSERT INTO datasets ({names}, revision) VALUES ({values}, 1)"), dict(facts)
            )
    except IntegrityError as error:
        raise DatasetNameTaken(f"{facts['name']} is the name of another dataset") from error


async def note_settings(connection: AsyncConnection, dataset_id: UUID, *, by: str, at: datetime) -> None:
    """Keep what the dataset is set to now."""
    await connection.execute(
        sa.text(
            f"""
            INSERT INTO dataset_changes (dataset_id, revision, facts, changed_by, changed_at)
            SELECT id, revision, (SELECT to_jsonb(set) FROM (SELECT {", ".join(f"d.{name}" for name in SETTINGS)}) AS set),
                :by, :at
            FROM datasets AS d WHERE id = :id
            """
        ),
        {"id": dataset_id, "by": by, "at": at},
    )


async def change_settings(connection: AsyncConnection, dataset_id: UUID, changes: Mapping[str, Any]) -> None:
    """Set them and count the revision."""
    columns = ", ".join(f"{name} = :{name}" for name in changes)
    await connection.execute(
        sa.text(f"UPDATE datasets SET {columns}, revision = revision + 1 WHERE id = :id"),
        {**changes, "id": dataset_id},
    )


async def visible_dataset(
    connection: AsyncConnection, caller: Caller, name: str, *, for_update: bool = False
) -> Row:
    """DatasetUnknown for one that is not there or that the caller must not see."""
    lock = "FOR UPDATE" if for_update else ""
    found = await connection.execute(
        sa.text(f"SELECT * FROM datasets WHERE name = :name AND {VISIBLE} {lock}"),
        {"name": name, **rights_parameters(caller)},
    )
    row = found.one_or_none()
    if row is None:
        raise DatasetUnknown(f"There is no dataset {name}")
    return row


async def dataset_rows(
    connection: AsyncConnection, caller: Caller, *, after: str, limit: int
) -> Sequence[Row]:
    """Those the caller sees, by name."""
    found = await connection.execute(
        sa.text(f"SELECT * FROM datasets WHERE name > :after AND {VISIBLE} ORDER BY name LIMIT :limit"),
        {"after": after, "limit": limit, **rights_parameters(caller)},
    )
    return found.all()


async def add_upload(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """A file that will be sent."""
    await connection.execute(_ADD_UPLOAD, dict(facts))


async def visible_upload(
    connection: AsyncConnection, caller: Caller, upload_id: UUID, *, for_update: bool = False
) -> Row:
    """With the name of its dataset; UploadUnknown where the dataset is not the caller's to see."""
    lock = "FOR UPDATE OF u" if for_update else ""
    found = await connection.execute(
        sa.text(
            f"SELECT u.*, d.name AS dataset FROM dataset_uploads AS u"
            f" JOIN datasets AS d ON d.id = u.dataset_id WHERE u.id = :id AND {VISIBLE} {lock}"
        ),
        {"id": upload_id, **rights_parameters(caller)},
    )
    row = found.one_or_none()
    if row is None:
        raise UploadUnknown(f"There is no upload {upload_id}")
    return row


async def upload_rows(
    connection: AsyncConnection, dataset_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The last first."""
    found = await connection.execute(_UPLOADS, {"dataset_id": dataset_id, "before": before, "limit": limit})
    return found.all()


async def part_rows(connection: AsyncConnection, upload_id: UUID) -> Sequence[Row]:
    """In the order of their numbers."""
    found = await connection.execute(
        sa.text("SELECT * FROM dataset_upload_parts WHERE upload_id = :id ORDER BY number"), {"id": upload_id}
    )
    return found.all()


async def keep_part(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """A part that is sent again replaces the one before."""
    await connection.execute(_KEEP_PART, dict(facts))


async def change_upload(connection: AsyncConnection, upload_id: UUID, **values: object) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    await connection.execute(
        sa.text(f"UPDATE dataset_uploads SET {columns} WHERE id = :id"), {**values, "id": upload_id}
    )


async def upload_state(connection: AsyncConnection, upload_id: UUID) -> str | None:
    """Where it stands, locked."""
    query = sa.text("SELECT state FROM dataset_uploads WHERE id = :id FOR UPDATE")
    state: str | None = await connection.scalar(query, {"id": upload_id})
    return state


async def upload_to_load(connection: AsyncConnection, upload_id: UUID) -> Row:
    """An upload with what its dataset is set to, locked: whoever loads it is the only one."""
    return (await connection.execute(_TO_LOAD, {"id": upload_id})).one()


async def version_row(connection: AsyncConnection, dataset_id: UUID, number: int) -> Row | None:
    return (await connection.execute(_VERSION, {"id": dataset_id, "number": number})).one_or_none()


async def version_rows(
    connection: AsyncConnection, dataset_id: UUID, *, before: int | None, limit: int
) -> Sequence[Row]:
    """The newest first."""
    return (await connection.execute(_VERSIONS, {"id": dataset_id, "before": before, "limit": limit})).all()


async def column_rows(
    connection: AsyncConnection, dataset_id: UUID, version: int, *, after: int = -1, limit: int = 1_000
) -> Sequence[Row]:
    """In the order of the file."""
    values = {"id": dataset_id, "version": version, "after": after, "limit": limit}
    return (await connection.execute(_COLUMNS, values)).all()


async def add_version(
    connection: AsyncConnection, facts: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]
) -> None:
    """Make the version the one that counts."""
    plain = [name for name in facts if name != "drift"]
    names, values = ", ".join(plain), ", ".join(f":{name}" for name in plain)
    statement = f"INSERT INTO dataset_versions ({names}, drift) VALUES ({values}, CAST(:drift AS jsonb))"
    drift = None if facts["drift"] is None else msgspec.json.encode(facts["drift"]).decode()
    await connection.execute(sa.text(statement), {**facts, "drift": drift})
    told = [{"dataset_id": str(facts["dataset_id"]), "version": facts["number"], **one} for one in columns]
    await connection.execute(_ADD_COLUMNS, {"rows": msgspec.json.encode(told).decode()})
    await connection.execute(
        sa.text("UPDATE datasets SET current_version = :number WHERE id = :id"),
        {"number": facts["number"], "id": facts["dataset_id"]},
    )


_ADD_UPLOAD = sa.text(
    """
    INSERT INTO dataset_uploads (id, dataset_id, file_name, state, opened_by, opened_at)
    VALUES (:id, :dataset_id, :file_name, 'open', :opened_by, :opened_at)
    """
)
_UPLOADS = sa.text(
    """
    SELECT u.*, d.name AS dataset FROM dataset_uploads AS u JOIN datasets AS d ON d.id = u.dataset_id
    WHERE u.dataset_id = :dataset_id AND (CAST(:before AS uuid) IS NULL OR u.id < :before)
    ORDER BY u.id DESC LIMIT :limit
    """
)
_KEEP_PART = sa.text(
    """
    INSERT INTO dataset_upload_parts (upload_id, number, object_key, size_bytes, sha256, received_at)
    VALUES (:upload_id, :number, :object_key, :size_bytes, :sha256, :received_at)
    ON CONFLICT (upload_id, number) DO UPDATE SET object_key = excluded.object_key,
        size_bytes = excluded.size_bytes, sha256 = excluded.sha256, received_at = excluded.received_at
    """
)
_TO_LOAD = sa.text(
    """
    SELECT u.id, u.dataset_id, u.file_name, u.state, u.opened_by, u.size_bytes, u.announced_sha256, d.name, d.title,
        d.owner, d.profile, d.key_columns, d.reject_percent_max, d.current_version
    FROM dataset_uploads AS u JOIN datasets AS d ON d.id = u.dataset_id WHERE u.id = :id FOR UPDATE
    """
)
_VERSION = sa.text("SELECT * FROM dataset_versions WHERE dataset_id = :id AND number = :number")
_VERSIONS = sa.text(
    """
    SELECT * FROM dataset_versions
    WHERE dataset_id = :id AND (CAST(:before AS bigint) IS NULL OR number < :before)
    ORDER BY number DESC LIMIT :limit
    """
)
_COLUMNS = sa.text(
    """
    SELECT * FROM dataset_columns WHERE dataset_id = :id AND version = :version AND position > :after
    ORDER BY position LIMIT :limit
    """
)
_ADD_COLUMNS = sa.text(
    """
    INSERT INTO dataset_columns (
        dataset_id, version, position, name, type, heading, mapped_by, nulls, distincts, is_exact, least, greatest, top
    )
    SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS told (
        dataset_id uuid, version bigint, position bigint, name text, type text, heading text, mapped_by text,
        nulls bigint, distincts bigint, is_exact boolean, least text, greatest text, top jsonb
    )
    """
)
