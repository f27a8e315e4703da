"""The mappings that are stored, and those in force at an instant."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

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
