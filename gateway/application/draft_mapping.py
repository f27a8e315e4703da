"""Drafts a field mapping, tries it on a record without telling anybody, and puts it in force by a second person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from gateway.adapters.salesforce_facts import FactInvalid, event_of
from gateway.adapters.salesforce_mappings import (
    activate_mapping_row,
    add_mapping,
    mapping_of,
    mapping_row,
)
from gateway.adapters.salesforce_records import related_fields
from gateway.domain.errors import MappingInvalid, MappingState
from gateway.domain.salesforce_mapping import ObjectMapping, fact_of, lookup_id, mapping_problems, relations
from gateway.domain.salesforce_record import Fields, KeptRecord, merged, whole_change
from shared.actors import is_same_person
from shared.database import UnitOfWork
from shared.errors import FieldProblem, Forbidden, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftMapping:
    """`organization_id` is empty for every organization; `rules` are as they are stored."""

    organization_id: str
    mapping: ObjectMapping
    rules: Mapping[str, Any]
    note: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The fact a record would be told as, or what is wrong."""

    fact: Mapping[str, Any] | None
    problems: Sequence[FieldProblem]


async def draft_mapping(work: UnitOfWork, draft: DraftMapping, *, actor: str, at: datetime) -> UUID:
    """The draft's id; MappingInvalid when it cannot work whatever the record. A draft is never changed."""
    problems = mapping_problems(draft.mapping)
    if problems:
        raise MappingInvalid("The mapping cannot work; see errors", problems=problems)
    mapping_id = uuid7()
    values = {
        "id": mapping_id,
        "organization_id": draft.organization_id,
        "object_name": draft.mapping.object_name,
        "fact": draft.mapping.fact,
        "rules": draft.rules,
        "note": draft.note,
        "made_by": actor,
        "made_at": at,
    }
    await add_mapping(work.connection, values)
    return mapping_id


async def try_mapping(work: UnitOfWork, mapping_id: UUID, fields: Fields) -> Trial:
    """What a record with these fields would become; nothing is kept or told. RecordUnreadable without id or time."""
    row = await _existing(work, mapping_id)
    mapping = mapping_of(row)
    change = whole_change(row.organization_id or "0" * 15, mapping.object_name, fields)
    organization_id = change.key.organization_id
    record = merged(KeptRecord(key=change.key), change)
    ids = [one for name in relations(mapping) if (one := lookup_id(record.fields, name)) is not None]
    related = await related_fields(work.connection, [(organization_id, one) for one in ids])
    fact = fact_of(mapping, record.fields, {key[1]: found for key, found in related.items()})
    if fact.problems:
        return Trial(None, fact.problems)
    try:
        return Trial(event_of(record, mapping, fact.values).model_dump(mode="json"), ())
    except FactInvalid as invalid:
        return Trial(None, invalid.problems)


async def activate_mapping(
    work: UnitOfWork, mapping_id: UUID, effective_from: datetime, *, actor: str, at: datetime
) -> None:
    """MappingState when it is in force already; Forbidden for who drafted it. From then on records are read by it."""
    row = await _existing(work, mapping_id)
    if row.state != "draft":
        raise MappingState("The mapping is in force already; draft another one")
    if is_same_person(row.made_by, actor):
        raise Forbidden("Somebody else than who drafted the mapping has to put it in force")
    await activate_mapping_row(
        work.connection, mapping_id, {"effective_from": effective_from, "by": actor, "at": at}
    )


async def _existing(work: UnitOfWork, mapping_id: UUID) -> sa.Row[Any]:
    row = await mapping_row(work.connection, mapping_id)
    if row is None:
        raise NotFound(f"There is no mapping {mapping_id}")
    return row
