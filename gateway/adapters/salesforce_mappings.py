"""The mappings that are stored, and those in force at an instant."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.salesforce_defaults import DEFAULT_MAPPINGS
from gateway.domain.salesforce_facts import FactKind
from gateway.domain.salesforce_mapping import FieldRule, ObjectMapping

ObjectKey = tuple[str, str]  # organization and object


async def mappings_in_force(
    connection: AsyncConnection, wanted: Iterable[ObjectKey], at: datetime
) -> dict[ObjectKey, ObjectMapping]:
    """An organization's own mapping goes before one of every organization, that before the product's."""
    keys = sorted(set(wanted))
    rows = await connection.execute(
        _IN_FORCE,
        {"organizations": [one[0] for one in keys], "objects": [one[1] for one in keys], "at": at},
    )
    found = {key: DEFAULT_MAPPINGS[key[1]] for key in keys if key[1] in DEFAULT_MAPPINGS}
    return found | {(row.wanted_by, row.object_name): mapping_of(row) for row in rows}


def mapping_of(row: sa.Row[Any]) -> ObjectMapping:
    """A stored mapping."""
    return ObjectMapping(
        object_name=row.object_name,
        fact=FactKind(row.fact),
        rules={name: rule_of(rule) for name, rule in row.rules.items()},
        version=row.version,
    )


def rule_of(stored: Mapping[str, Any]) -> FieldRule:
    """A stored rule; what was left out is left out of the row too."""
    each = stored.get("each")
    return FieldRule(
        paths=tuple(stored.get("paths", ())),
        constant=stored.get("constant"),
        values=stored.get("values"),
        otherwise=stored.get("otherwise"),
        format=stored.get("format"),
        each=None if each is None else {name: rule_of(rule) for name, rule in each.items()},
    )


_IN_FORCE = sa.text(
    """
    SELECT DISTINCT ON (wanted.organization_id, wanted.object_name)
        wanted.organization_id AS wanted_by, mapping.*
    FROM unnest(CAST(:organizations AS text[]), CAST(:objects AS text[])) AS wanted (organization_id, object_name)
    JOIN salesforce_mappings AS mapping
        ON mapping.object_name = wanted.object_name AND mapping.organization_id IN (wanted.organization_id, '')
    WHERE mapping.state = 'active' AND mapping.effective_from <= :at
    ORDER BY wanted.organization_id, wanted.object_name, mapping.organization_id DESC, mapping.effective_from DESC,
        mapping.version DESC
    """
)


async def add_mapping(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a draft under the next version of its organization and object."""
    name = f"salesforce_mappings:{values['organization_id']}:{values['object_name']}"
    await connection.execute(_HOLD_VERSIONS, {"name": name})
    await connection.execute(_ADD, {**values, "rules": json.dumps(values["rules"])})


async def mapping_row(connection: AsyncConnection, mapping_id: UUID) -> sa.Row[Any] | None:
    """A stored mapping, locked when the transaction may write."""
    query = sa.text("SELECT * FROM salesforce_mappings WHERE id = :id FOR UPDATE")
    return (await connection.execute(query, {"id": mapping_id})).one_or_none()


async def activate_mapping_row(
    connection: AsyncConnection, mapping_id: UUID, values: Mapping[str, Any]
) -> None:
    """Put a draft in force."""
    await connection.execute(_ACTIVATE, {"id": mapping_id, **values})


async def mapping_rows(
    connection: AsyncConnection, chosen: Mapping[str, str | None], after: tuple[Any, ...] | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """Stored mappings, the latest made first, after an id."""
    parameters = {**chosen, "after": after[0] if after else None, "limit": limit}
    return (await connection.execute(_LIST, parameters)).all()


_HOLD_VERSIONS = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_ADD = sa.text(
    """
    INSERT INTO salesforce_mappings (
        id, organization_id, object_name, version, fact, rules, note, state, made_by, made_at
    )
    SELECT :id, :organization_id, :object_name, COALESCE(max(version), 0) + 1, :fact, CAST(:rules AS jsonb), :note,
        'draft', :made_by, :made_at
    FROM salesforce_mappings WHERE organization_id = :organization_id AND object_name = :object_name
    """
)
_ACTIVATE = sa.text(
    """
    UPDATE salesforce_mappings
    SET state = 'active', effective_from = :effective_from, activated_by = :by, activated_at = :at WHERE id = :id
    """
)
_LIST = sa.text(
    """
    SELECT * FROM salesforce_mappings
    WHERE (CAST(:object_name AS text) IS NULL OR object_name = :object_name)
        AND (CAST(:state AS text) IS NULL OR state = :state)
        AND (CAST(:after AS uuid) IS NULL OR id < CAST(:after AS uuid))
    ORDER BY id DESC LIMIT :limit
    """
)
