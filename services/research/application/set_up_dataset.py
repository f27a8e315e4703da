"""Sets up datasets and changes what they are set to; each setting is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.dataset_rows import (
    Row,
    add_dataset,
    change_settings,
    note_settings,
    rights_of,
    visible_dataset,
)
from services.research.adapters.mapping_profiles import profile_named
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.errors import DatasetInvalid, DatasetNotYours
from shared.errors import FieldProblem, Stale
from shared.identity import Caller


async def set_up_dataset(
    work: UnitOfWork, name: str, settings: Mapping[str, Any], caller: Caller, *, at: datetime
) -> UUID:
    """Its owner is who sets it up. ProfileUnknown; DatasetNameTaken; DatasetInvalid for a key beside a profile's."""
    facts = {**settings, "key_columns": _key(settings["profile"], settings["key_columns"])}
    dataset_id = uuid7()
    ours = {"id": dataset_id, "name": name, "created_by": caller.actor, "created_at": at}
    await add_dataset(work.connection, {**facts, **ours, "owner": _person(caller)})
    await note_settings(work.connection, dataset_id, by=caller.actor, at=at)
    return dataset_id


@dataclass(frozen=True, slots=True)
class DatasetChange:
    """Settings by their columns, and the revision they were decided on."""

    settings: Mapping[str, Any]
    revision: int


async def change_dataset(
    work: UnitOfWork, name: str, change: DatasetChange, caller: Caller, *, at: datetime
) -> None:
    """DatasetUnknown; DatasetNotYours; Stale when it changed since it was read. Versions stay as they were loaded."""
    row = await own_dataset(work, name, caller)
    if row.revision != change.revision:
        raise Stale("The dataset changed since you read it; read it again")
    facts = dict(change.settings)
    if "profile" in facts or "key_columns" in facts:
        profile = facts.get("profile", row.profile)
        # A profile brings its own key; without one the key set before goes on.
        own_key = row.key_columns if "profile" not in facts and row.profile is None else []
        facts["key_columns"] = _key(profile, facts.get("key_columns", own_key))
    if not facts:
        return
    await change_settings(work.connection, row.id, facts)
    await note_settings(work.connection, row.id, by=caller.actor, at=at)


async def own_dataset(work: UnitOfWork, name: str, caller: Caller) -> Row:
    """Locked. DatasetUnknown for one that the caller does not see, DatasetNotYours for another's."""
    row = await visible_dataset(work.connection, caller, name, for_update=True)
    if not rights_of(row).may_change(_person(caller), caller.roles):
        raise DatasetNotYours(f"{name} is {row.owner}'s; its owner and administrators change and load it")
    return row


def _person(caller: Caller) -> str:
    return caller.owner or caller.subject


def _key(profile: str | None, wanted: list[str]) -> list[str]:
    if profile is None:
        return wanted
    key = list(profile_named(profile).key)
    if wanted and wanted != key:
        problem = FieldProblem("/key_columns", f"expected nothing: the profile's key is {', '.join(key)}")
        raise DatasetInvalid("A profile brings its own key", problems=[problem])
    return key
