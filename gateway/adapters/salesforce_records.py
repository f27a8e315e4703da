"""The Salesforce records we keep: locked, read and written as batches."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from gateway.domain.salesforce_record import Fields, KeptRecord, RecordKey, Stamp
from shared.errors import FieldProblem

RecordId = tuple[str, str]  # organization and record


class RecordState(StrEnum):
    """What became of a record's latest state: told as a fact, kept without one, not understood by any mapping, or
    waiting because something is missing."""

    TOLD = "told"
    KEPT = "kept"
    UNMAPPED = "unmapped"
    QUARANTINED = "quarantined"


@dataclass(slots=True)
class RecordRow:
    """A kept record and what became of it; `told_version` is the latest that was told, 0 for none."""

    record: KeptRecord
    state: RecordState = RecordState.KEPT
    told_version: int = 0
    mapping_version: int | None = None
    problems: Sequence[FieldProblem] = ()
    waits_for: set[str] = field(default_factory=set)


async def lock_records(connection: AsyncConnection, keys: Iterable[RecordKey]) -> dict[RecordId, RecordRow]:
    """The rows of these records, locked until the transaction ends; those not known yet begin empty.

    In sorted order, so that two batches wait for each other instead of deadlocking.
    """
    wanted = {(key.organization_id, key.record_id): key for key in keys}
    in_order = [wanted[one] for one in sorted(wanted)]
    parameters: dict[str, Any] = {
        "ids": [uuid7() for _ in in_order],
        "organizations": [key.organization_id for key in in_order],
        "records": [key.record_id for key in in_order],
        "objects": [key.object_name for key in in_order],
    }
    await connection.execute(_BEGIN, parameters)
    rows = (await connection.execute(_LOCK, parameters)).all()
    return {(row.organization_id, row.record_id): _row_of(row) for row in rows}


async def lock_waiting_records(connection: AsyncConnection, limit: int) -> dict[RecordId, RecordRow]:
    """Quarantined records that wait for records which have come meanwhile; others' locks are stepped over."""
    rows = (await connection.execute(_LOCK_WAITING, {"limit": limit})).all()
    return {(row.organization_id, row.record_id): _row_of(row) for row in rows}


async def related_fields(connection: AsyncConnection, wanted: Iterable[RecordId]) -> dict[RecordId, Fields]:
    """The fields of these records, where we know them."""
    ids = sorted(set(wanted))
    if not ids:
        return {}
    rows = await connection.execute(
        _RELATED, {"organizations": [one[0] for one in ids], "records": [one[1] for one in ids]}
    )
    return {(row.organization_id, row.record_id): row.fields for row in rows}


async def write_records(connection: AsyncConnection, rows: Iterable[RecordRow], at: datetime) -> None:
    """Store what became of locked records."""
    values = [_values_of(row) for row in rows]
    if values:
        await connection.execute(_WRITE, {"rows": json.dumps(values), "at": at})


def _row_of(row: sa.Row[Any]) -> RecordRow:
    key = RecordKey(row.organization_id, row.object_name, row.record_id)
    stamps: Mapping[str, str] = row.stamps
    return RecordRow(
        record=KeptRecord(
            key=key,
            fields=row.fields,
            stamps={name: Stamp.from_text(text) for name, text in stamps.items()},
            whole_stamp=Stamp.from_text(row.whole_stamp) if row.whole_stamp else Stamp(),
            gap_stamp=Stamp.from_text(row.gap_stamp) if row.gap_stamp else None,
            version=row.version,
        ),
        state=RecordState(row.state),
        told_version=row.told_version,
        mapping_version=row.mapping_version,
        problems=[FieldProblem(one["pointer"], one["detail"]) for one in row.problems],
        waits_for=set(row.waits_for),
    )


def _values_of(row: RecordRow) -> dict[str, object]:
    record = row.record
    return {
        "organization_id": record.key.organization_id,
        "record_id": record.key.record_id,
        "fields": record.fields,
        "stamps": {name: stamp.text() for name, stamp in record.stamps.items()},
        "whole_stamp": record.whole_stamp.text(),
        "gap_stamp": record.gap_stamp.text() if record.gap_stamp else None,
        "modified_at": record.stamp.modified_at.isoformat(),
        "is_deleted": record.is_deleted,
        "version": record.version,
        "told_version": row.told_version,
        "mapping_version": row.mapping_version,
        "state": row.state,
        "problems": [{"pointer": one.pointer, "detail": one.detail} for one in row.problems],
        "waits_for": sorted(row.waits_for),
    }


_BEGIN = sa.text(
    """
    INSERT INTO salesforce_records (
        id, organization_id, record_id, object_name, fields, stamps, whole_stamp, modified_at, is_deleted, version,
        told_version, state, problems, waits_for, taken_in_at
    )
    SELECT id, organization_id, record_id, object_name, '{}', '{}', '', 'epoch', false, 0, 0, 'kept', '[]', '{}', now()
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:organizations AS text[]), CAST(:records AS text[]), CAST(:objects AS text[])
    ) AS told (id, organization_id, record_id, object_name)
    ON CONFLICT DO NOTHING
    """
)
_LOCK = sa.text(
    """
    SELECT * FROM salesforce_records
    WHERE (organization_id, record_id) IN (
        SELECT * FROM unnest(CAST(:organizations AS text[]), CAST(:records AS text[]))
    )
    ORDER BY organization_id, record_id FOR UPDATE
    """
)
_LOCK_WAITING = sa.text(
    """
    SELECT * FROM salesforce_records AS waiting
    WHERE state = 'quarantined' AND EXISTS (
        SELECT FROM salesforce_records AS come
        WHERE come.organization_id = waiting.organization_id AND come.record_id = ANY(waiting.waits_for)
          AND come.version > 0
    )
    ORDER BY organization_id, record_id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_RELATED = sa.text(
    """
    SELECT organization_id, record_id, fields FROM salesforce_records
    WHERE (organization_id, record_id) IN (
        SELECT * FROM unnest(CAST(:organizations AS text[]), CAST(:records AS text[]))
    ) AND version > 0
    """
)
_WRITE = sa.text(
    """
    UPDATE salesforce_records AS kept
    SET fields = told.fields, stamps = told.stamps, whole_stamp = told.whole_stamp, gap_stamp = told.gap_stamp,
        modified_at = told.modified_at, is_deleted = told.is_deleted, version = told.version,
        told_version = told.told_version, mapping_version = told.mapping_version, state = told.state,
        problems = told.problems, waits_for = told.waits_for, taken_in_at = :at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (
        organization_id text, record_id text, fields jsonb, stamps jsonb, whole_stamp text, gap_stamp text,
        modified_at timestamptz, is_deleted boolean, version bigint, told_version bigint, mapping_version integer,
        state text, problems jsonb, waits_for text[]
    )
    WHERE kept.organization_id = told.organization_id AND kept.record_id = told.record_id
    """
)


async def lock_unread_records(
    connection: AsyncConnection, ids: Sequence[UUID], object_name: str | None, *, limit: int
) -> dict[RecordId, RecordRow]:
    """Quarantined and unmapped records, by their ids here or all of an object; others' locks are stepped over."""
    parameters = {"ids": list(ids) or None, "object_name": object_name, "limit": limit}
    rows = (await connection.execute(_LOCK_UNREAD, parameters)).all()
    return {(row.organization_id, row.record_id): _row_of(row) for row in rows}


async def record_rows(
    connection: AsyncConnection, chosen: Mapping[str, Any], after: str | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """Kept records in the order they were first heard of, after an id."""
    return (await connection.execute(_LIST, {**chosen, "after": after, "limit": limit})).all()


_LOCK_UNREAD = sa.text(
    """
    SELECT * FROM salesforce_records
    WHERE state IN ('quarantined', 'unmapped')
        AND (CAST(:ids AS uuid[]) IS NULL OR id = ANY(CAST(:ids AS uuid[])))
        AND (CAST(:object_name AS text) IS NULL OR object_name = :object_name)
    ORDER BY taken_in_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_LIST = sa.text(
    """
    SELECT * FROM salesforce_records
    WHERE (CAST(:id AS uuid) IS NULL OR id = :id)
        AND (CAST(:state AS text) IS NULL OR state = :state)
        AND (CAST(:object_name AS text) IS NULL OR object_name = :object_name)
        AND (CAST(:record_id AS text) IS NULL OR record_id = :record_id)
        AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid))
    ORDER BY id LIMIT :limit
    """
)
