"""Merges a duplicate into the partner it is, and takes that back: sheets, boards and documents follow the codes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.partners.adapters.merge_store import (
    Row,
    add_merge,
    add_merge_reversal,
    has_merged_ones,
    merge_row,
)
from services.partners.adapters.published_facts import publish_versions
from services.partners.adapters.repositories import partners_to_change, write_versions
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.errors import MergeImpossible, PartnerUnknown
from services.partners.domain.partner import Partner, PartnerStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """Who merges or takes back, when and why."""

    reason: str
    actor: str
    at: datetime


async def merge_partners(work: UnitOfWork, duplicate_code: str, survivor_code: str, merging: Merging) -> Row:
    """The duplicate is closed and stays as another code of the survivor. PartnerUnknown, MergeImpossible."""
    held = await partners_to_change(work.connection, [duplicate_code, survivor_code])
    duplicate, survivor = _held(held, duplicate_code), _held(held, survivor_code)
    if duplicate.code == survivor.code or duplicate.merged_into or survivor.merged_into:
        raise MergeImpossible(
            f"{duplicate.code} cannot be merged into {survivor.code}: one of them is merged already"
        )
    if await has_merged_ones(work.connection, duplicate.code):
        raise MergeImpossible(f"Others are merged into {duplicate.code}; take these merges back first")
    merge_id = uuid7()
    await add_merge(
        work.connection,
        {
            "id": merge_id,
            "duplicate_code": duplicate.code,
            "survivor_code": survivor.code,
            "earlier_status": duplicate.status,
            "reason": merging.reason,
            "merged_at": merging.at,
            "merged_by": merging.actor,
        },
    )
    closed = replace(duplicate, status=PartnerStatus.CLOSED, merged_into=survivor.code)
    await _write(work, closed, merging)
    return await merge_row(work.connection, merge_id)


async def reverse_merge(work: UnitOfWork, merge_id: UUID, merging: Merging) -> Row:
    """The duplicate is a partner of its own again, in the status it had. MergeUnknown, MergeImpossible when undone."""
    row = await merge_row(work.connection, merge_id)
    duplicate = (await partners_to_change(work.connection, [row.duplicate_code]))[row.duplicate_code]
    if (await merge_row(work.connection, merge_id)).reversed_at is not None:
        raise MergeImpossible(f"Merge {merge_id} was taken back before")
    await add_merge_reversal(work.connection, merge_id, merging.reason, (merging.actor, merging.at))
    reopened = replace(duplicate, status=PartnerStatus(row.earlier_status), merged_into=None)
    await _write(work, reopened, merging)
    return await merge_row(work.connection, merge_id)


def _held(held: Mapping[str, Partner], code: str) -> Partner:
    if code not in held:
        raise PartnerUnknown(f"There is no partner {code}")
    return held[code]


async def _write(work: UnitOfWork, partner: Partner, merging: Merging) -> None:
    later = replace(partner, version=partner.version + 1)
    await write_versions(work.connection, [later], told_by=merging.actor, at=merging.at)
    publish_versions(work, [later])
