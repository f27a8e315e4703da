"""Says which columns of a dataset name companies, by its profile or by its owner's word."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from services.research.adapters.dataset_rows import column_rows
from services.research.adapters.entity_sources import add_setting
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.resolve_entities import ask_resolution
from services.research.application.set_up_dataset import own_dataset
from services.research.domain.entity_source import BY_PROFILE, EntitySource, NameColumns
from services.research.domain.errors import EntitySourceInvalid
from shared.errors import FieldProblem
from shared.identity import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedSource:
    """Of which dataset, and in which columns; None leaves it to the profile."""

    dataset: str
    names: Sequence[NameColumns] | None
    is_unique: bool | None


async def set_entity_source(work: UnitOfWork, wished: WishedSource, caller: Caller, *, at: datetime) -> None:
    """DatasetUnknown; DatasetNotYours; EntitySourceInvalid. It is resolved at once."""
    names, is_unique = wished.names, wished.is_unique
    row = await own_dataset(work, wished.dataset, caller)
    usual = BY_PROFILE.get(row.profile or "")
    if names is None and usual is None:
        problem = FieldProblem("/names", "expected columns: no profile says which ones name companies")
        raise EntitySourceInvalid(f"{wished.dataset} has no profile that names companies", problems=[problem])
    source = EntitySource(
        names=tuple(names) if names is not None else usual.names if usual else (),
        is_unique=is_unique if is_unique is not None else usual is not None and usual.is_unique,
    )
    if row.current_version is not None and names is not None:
        known = {one.name for one in await column_rows(work.connection, row.id, row.current_version)}
        _check_columns(source, known)
    facts = {
        "dataset_id": row.id,
        "names": [asdict(one) for one in source.names],
        "is_unique": source.is_unique,
    }
    await add_setting(work.connection, {**facts, "set_by": caller.actor, "set_at": at})
    if row.current_version is not None:
        await ask_resolution(work, "changed", caller.actor, at=at)


def _check_columns(source: EntitySource, known: set[str]) -> None:
    problems = [
        FieldProblem(f"/names/{place}", f"expected columns of the dataset; {column} is none")
        for place, one in enumerate(source.names)
        for column in one.columns
        if column not in known
    ]
    if problems:
        raise EntitySourceInvalid("The dataset has no such columns", problems=problems)
