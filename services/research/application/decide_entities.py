"""What people say of entities: they are one company, or never are. It counts at once, and for every later resolution."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from services.research.adapters.companies import add_decisions, visible_entities
from services.research.adapters.dataset_rows import Row
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.group_companies import group_companies
from services.research.domain.company_clusters import HeldBy, pair_of
from services.research.domain.errors import EntityDecisionContradicts, EntityDecisionInvalid, EntityUnknown
from shared.errors import FieldProblem
from shared.identity import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Of one entity and others: `same`, `different`, or `undecided`, which takes an earlier word back."""

    entity_id: UUID
    other_ids: Sequence[UUID]
    verdict: str
    note: str


async def decide_entities(work: UnitOfWork, said: Verdict, caller: Caller, *, at: datetime) -> Sequence[Row]:
    """The entities as they are grouped now. EntityUnknown; EntityDecisionContradicts where earlier words say no."""
    ids = [said.entity_id, *dict.fromkeys(said.other_ids)]
    if said.entity_id in said.other_ids:
        problem = FieldProblem("/other_entity_ids", "expected other entities than entity_id")
        raise EntityDecisionInvalid("An entity is always itself", problems=[problem])
    seen = await visible_entities(work.connection, caller, ids)
    if missing := set(ids) - {row.id for row in seen}:
        raise EntityUnknown(f"There is no entity {min(missing)}")
    pairs = [pair_of(said.entity_id, other) for other in ids[1:]]
    facts = {
        "verdict": said.verdict,
        "note": said.note,
        "decided_by": caller.actor,
        "decided_at": at.isoformat(),
    }
    rows = [
        {"id": str(uuid7()), "left_id": str(pair[0]), "right_id": str(pair[1]), **facts} for pair in pairs
    ]
    await add_decisions(work.connection, msgspec.json.encode(rows).decode())
    grouping = await group_companies(work, ids, at=at)
    if said.verdict == "same" and (
        against := [one for one in pairs if grouping.held.get(one) is HeldBy.DECISION]
    ):
        raise EntityDecisionContradicts(
            f"Others of the companies of {against[0][0]} and {against[0][1]} were decided to be different; decide that first"
        )
    return await visible_entities(work.connection, caller, ids)
