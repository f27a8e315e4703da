"""Puts entities together into companies, by pairs that are sure and by what people decided."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.dataset_rows import Row
from services.research.adapters.resolution_rows import (
    decisions_among,
    links_among,
    lone_companies,
    set_companies,
    set_held,
    touched_members,
)
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.company_clusters import Grouping, Member, grouped, named_companies


async def group_companies(work: UnitOfWork, entity_ids: Sequence[UUID] | None, *, at: datetime) -> Grouping:
    """Of the entities, or of all that is not resolved yet, with everybody they may be. Doing it again changes nothing."""
    await lone_companies(work.connection, at=at)
    rows = await touched_members(work.connection, entity_ids)
    ids = [row.id for row in rows]
    links = await links_among(work.connection, ids)
    decisions = await decisions_among(work.connection, ids)
    grouping = grouped(
        {row.id: _member(row) for row in rows},
        decided=[(one.left_id, one.right_id) for one in decisions if one.verdict == "same"],
        apart={(one.left_id, one.right_id) for one in decisions if one.verdict == "different"},
        matched=[(link.left_id, link.right_id) for link in links],
    )
    known = {row.id: row.company_id for row in rows}
    told = []
    for group, company in named_companies(grouping.groups, known):
        named = company or uuid7()
        told += [{"id": str(key), "company_id": str(named), "is_new": company is None} for key in group]
    if told:
        await set_companies(work.connection, told, at=at)
    held = [
        {"left_id": str(pair[0]), "right_id": str(pair[1]), "held_by": reason.value}
        for pair, reason in grouping.held.items()
    ]
    await set_held(work.connection, ids, held)
    return grouping


def _member(row: Row) -> Member:
    by_kind: dict[str, frozenset[str]] = {}
    for one in row.identifiers:
        kind, _, value = one.partition(":")
        by_kind[kind] = by_kind.get(kind, frozenset()) | {value}
    return Member(by_kind, row.sole_source)
