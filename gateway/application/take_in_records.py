"""Takes in what was told of Salesforce's records: merges it in whatever order it comes, and tells what became new."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.adapters.salesforce_facts import FactInvalid, event_of, publish_record
from gateway.adapters.salesforce_mappings import ObjectKey, mappings_in_force
from gateway.adapters.salesforce_records import (
    RecordId,
    RecordRow,
    RecordState,
    lock_records,
    lock_waiting_records,
    related_fields,
    write_records,
)
from gateway.domain.salesforce_mapping import ObjectMapping, fact_of, lookup_id, relations
from gateway.domain.salesforce_record import Fields, RecordChange, merged
from shared.database import UnitOfWork
from shared.errors import FieldProblem

WAITING_AT_ONCE: Final = 500


class Outcome(StrEnum):
    """What became of one telling."""

    TOLD = "told"
    KEPT = "kept"
    SUPERSEDED = "superseded"  # nothing of it was newer than what is known
    UNMAPPED = "unmapped"
    QUARANTINED = "quarantined"


async def take_in_records(
    work: UnitOfWork, changes: Sequence[RecordChange], *, at: datetime
) -> list[Outcome]:
    """One outcome per change, in order; any number of changes of one record, in any order, end alike.

    Records are locked until the caller commits; what became new is told once per record, with its latest state. A record
    that its mapping cannot read is quarantined with the reasons and stops no other.
    """
    rows = await lock_records(work.connection, [change.key for change in changes])
    has_news: dict[RecordId, bool] = {}
    is_new = []
    for change in changes:
        key = (change.key.organization_id, change.key.record_id)
        row = rows[key]
        later = merged(row.record, change)
        is_new.append(later != row.record)
        has_news[key] = has_news.get(key, False) or is_new[-1]
        row.record = later
    await tell_records(work, {key: rows[key] for key, news in has_news.items() if news}, at=at)
    return [
        Outcome(rows[(change.key.organization_id, change.key.record_id)].state)
        if news
        else Outcome.SUPERSEDED
        for change, news in zip(changes, is_new, strict=True)
    ]


async def tell_waiting_records(work: UnitOfWork, *, at: datetime) -> int:
    """Read quarantined records again whose missing records have come; returns how many were told."""
    rows = await lock_waiting_records(work.connection, WAITING_AT_ONCE)
    return await tell_records(work, rows, at=at)


async def tell_records(work: UnitOfWork, rows: Mapping[RecordId, RecordRow], *, at: datetime) -> int:
    """Read locked records by the mappings in force, tell what is new of them and keep them; returns how many were told."""
    if not rows:
        return 0
    objects = {_object_key(row) for row in rows.values()}
    mappings = await mappings_in_force(work.connection, objects, at)
    related = await _related(work, rows, mappings)
    told = 0
    for row in rows.values():
        told += _tell(
            work, row, mappings.get(_object_key(row)), related.get(row.record.key.organization_id, {})
        )
    await write_records(work.connection, rows.values(), at)
    return told


def _tell(
    work: UnitOfWork, row: RecordRow, mapping: ObjectMapping | None, related: Mapping[str, Fields]
) -> bool:
    """Decide the row's state; True when it was told now."""
    record = row.record
    row.problems, row.waits_for = (), set()
    row.mapping_version = None if mapping is None else mapping.version
    # Of a gap there is nothing to tell yet, and nobody need know of the end of a record nobody was told of.
    if record.version == 0 or (record.is_deleted and row.told_version == 0):
        row.state = RecordState.KEPT
        return False
    if mapping is None:
        row.state = RecordState.UNMAPPED
        return False
    if row.told_version == record.version:
        row.state = RecordState.TOLD
        return False
    fact = fact_of(mapping, record.fields, related)
    problems: Sequence[FieldProblem] = fact.problems
    if not problems:
        try:
            publish_record(work, record, event_of(record, mapping, fact.values))
        except FactInvalid as invalid:
            problems = invalid.problems
        else:
            row.state, row.told_version = RecordState.TOLD, record.version
            return True
    row.state, row.problems, row.waits_for = RecordState.QUARANTINED, problems, fact.waits_for
    return False


async def _related(
    work: UnitOfWork, rows: Mapping[RecordId, RecordRow], mappings: Mapping[ObjectKey, ObjectMapping]
) -> dict[str, dict[str, Fields]]:
    """Fields of the records that lookups lead to, by organization and id; those at hand are not read again."""
    wanted = {one for row in rows.values() for one in _lookups(row, mappings.get(_object_key(row)))}
    found = await related_fields(work.connection, wanted - rows.keys())
    found |= {key: rows[key].record.fields for key in wanted & rows.keys()}
    related: dict[str, dict[str, Fields]] = {}
    for (organization_id, record_id), fields in found.items():
        related.setdefault(organization_id, {})[record_id] = fields
    return related


def _lookups(row: RecordRow, mapping: ObjectMapping | None) -> Iterable[RecordId]:
    for name in relations(mapping) if mapping else ():
        record_id = lookup_id(row.record.fields, name)
        if record_id is not None:
            yield row.record.key.organization_id, record_id


def _object_key(row: RecordRow) -> ObjectKey:
    return row.record.key.organization_id, row.record.key.object_name
