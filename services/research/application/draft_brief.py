"""Drafts the first brief of an assignment from what is held already; a person edits it and takes over what holds."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from services.research.adapters.bounded_process import run_bounded
from services.research.adapters.brief_drafts import add_draft, draft_row, keep_draft
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.gather_held import Source, gather_held, gather_names
from services.research.application.load_dataset import LoadParts
from services.research.application.record_finding import open_for_findings
from services.research.application.resolve_entities import PROGRAM
from services.research.domain.assignment import day_in_india
from services.research.domain.drafted_brief import NEWEST_BY, NamedRow, drafted
from shared.identity import Caller
from shared.jobs import enqueue

DRAFT_TASK: Final = "draft_research_brief"
BY: Final = "system:research-desk"


async def ask_draft(work: UnitOfWork, assignment_id: UUID, caller: Caller, *, at: datetime) -> UUID:
    """AssignmentUnknown; AssignmentState when it is over. The draft sees what the caller sees; its job is queued."""
    row = await open_for_findings(work, assignment_id, caller)
    return await _asked(work, row.id, caller, at)


async def ask_first_drafts(work: UnitOfWork, assignment_ids: Sequence[UUID], *, at: datetime) -> None:
    """For assignments that were opened now: a draft each, with the rights of the research desk."""
    for assignment_id in assignment_ids:
        await _asked(work, assignment_id, _drafter(BY, ["analyst"]), at)


async def draft_brief(parts: LoadParts, draft_id: UUID) -> None:
    """Repeating it is harmless: what was made stays."""
    async with UnitOfWork(parts.database) as work:
        draft = await draft_row(work.connection, draft_id)
        if draft.content is not None:
            return
        drafter = _drafter(draft.subject, draft.roles)
        found = await gather_names(
            work.connection, draft.assignment_id, drafter, day_in_india(draft.asked_at)
        )
    rows = {source.dataset: await _rows(parts, source) for source in found.sources}
    async with UnitOfWork(parts.database) as work:
        content = drafted(await gather_held(work.connection, found, rows))
        sha256 = hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
        await keep_draft(work.connection, draft_id, content, sha256, datetime.now(UTC))
        await work.commit()


def _drafter(subject: str, roles: Sequence[str]) -> Caller:
    return Caller(subject=subject, roles=frozenset(roles), zones=frozenset(), partner_code=None, token_id=BY)


async def _asked(work: UnitOfWork, assignment_id: UUID, caller: Caller, at: datetime) -> UUID:
    draft_id = uuid7()
    job_id = await enqueue(
        work.connection,
        DRAFT_TASK,
        {"draft_id": str(draft_id)},
        created_by=caller.actor,
        result_url=f"/v1/research-brief-drafts/{draft_id}",
    )
    facts: dict[str, Any] = {"id": draft_id, "assignment_id": assignment_id, "job_id": job_id, "asked_at": at}
    ours = {
        "asked_by": caller.actor,
        "subject": caller.owner or caller.subject,
        "roles": sorted(caller.roles),
    }
    await add_draft(work.connection, {**facts, **ours})
    return draft_id


async def _rows(parts: LoadParts, source: Source) -> list[NamedRow]:
    data = await parts.store.local_path(source.data_key, parts.copies)
    task = {
        "step": "rows",
        "data": str(data),
        "names": source.names,
        "keys": source.keys,
        "newest_by": NEWEST_BY.get(source.profile or ""),
    }
    answer = await run_bounded(PROGRAM, task, _silent)
    return [
        NamedRow(**{**one, "record": json.loads(one["record"], parse_float=str)})
        for one in answer["result"]["rows"]
    ]


async def _silent(_told: object) -> None:
    """Finding rows tells nothing before its end."""
