"""Decides past lines again with a drafted policy, as if they were new; nothing is booked.

Each batch is decided from the inputs that were kept of it: the open invoices, partners and known payers as they
stood then. What is not followed up: had the draft decided an earlier batch otherwise, later batches would have
found other invoices open and other payers known.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final, Protocol
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.decision_inputs import stored_inputs
from services.payments.adapters.policy_content import policy_from
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.policies import policy_of_version
from services.payments.adapters.repositories.simulations import (
    add_simulation,
    batches_since,
    credits_since,
    keep_result,
    recorded_decisions,
    settled_lines,
    simulation_to_run,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.replay_decision import decide_again, recorded_facts
from services.payments.domain.decision_difference import facts_of
from services.payments.domain.matching_policy import MatchingPolicy
from services.payments.domain.posting import Posting
from services.payments.domain.simulation import SimulatedLine, SimulationCounts
from shared.database import Database
from shared.errors import NotFound
from shared.jobs import enqueue

SIMULATION_TASK: Final = "simulate_policy"


class Progress(Protocol):
    """Where a simulation tells how far it is."""

    async def __call__(self, *, message: str, counts: Mapping[str, int], percent: int) -> None: ...


@dataclass(slots=True)
class _Run:
    """A simulation under way."""

    simulation: Row
    policy: MatchingPolicy
    counts: SimulationCounts = field(default_factory=SimulationCounts)
    different: dict[UUID, SimulatedLine] = field(default_factory=dict)
    seen: set[UUID] = field(default_factory=set)


async def ask_for_simulation(work: UnitOfWork, version: str, since: date, posting: Posting) -> UUID:
    """Queue a simulation; NotFound without the policy."""
    policy = await policy_of_version(work.connection, version)
    if policy is None:
        raise NotFound(f"There is no policy {version}")
    simulation_id = uuid7()
    job_id = await enqueue(
        work.connection,
        SIMULATION_TASK,
        {"simulation_id": str(simulation_id)},
        created_by=posting.actor,
        result_url=f"/v1/policy-simulations/{simulation_id}",
    )
    values = {
        "id": simulation_id,
        "version": version,
        "content_hash": policy.content_hash,
        "since": since,
        "job_id": job_id,
        "at": posting.at,
        "by": posting.actor,
    }
    await add_simulation(work.connection, values)
    return simulation_id


async def simulate_policy(database: Database, simulation_id: UUID, progress: Progress) -> None:
    """Run the simulation; repeating it is harmless, because all of it is written at its end."""
    async with database.reading() as connection:
        simulation = await simulation_to_run(connection, simulation_id)
        if simulation is None:
            return
        batches = await batches_since(connection, simulation.since)
        credits_count = await credits_since(connection, simulation.since)
    run = _Run(simulation, policy_from(simulation.version, simulation.content))
    for position, batch in enumerate(batches):
        await _simulate_batch(database, run, batch)
        await progress(
            message=f"{position + 1} of {len(batches)} batches decided again",
            counts=dict(run.counts.counted),
            percent=(position + 1) * 99 // len(batches),
        )
    counts = {**run.counts.counted, "not_simulated": credits_count - len(run.seen)}
    async with UnitOfWork(database) as work:
        if await simulation_to_run(work.connection, simulation_id) is not None:
            await keep_result(work.connection, simulation_id, counts, run.different, datetime.now(UTC))
        await work.commit()


async def _simulate_batch(database: Database, run: _Run, batch: Row) -> None:
    """A line that was decided more than once counts as it was decided first."""
    async with database.reading() as connection:
        inputs, _ = await stored_inputs(connection, batch)
        decided = await recorded_decisions(connection, batch.line_ids, batch.decided_at, run.simulation.since)
        settled = await settled_lines(connection, batch.line_ids)
    recorded = {row.bank_line_id: recorded_facts(row) for row in decided}
    policy = replace(run.policy, tds_rules=inputs.policy.tds_rules, terms=inputs.policy.terms)
    decisions = await asyncio.to_thread(decide_again, replace(inputs, policy=policy))
    for line_id, decision in zip(batch.line_ids, decisions, strict=True):
        if line_id not in recorded or line_id in run.seen:
            continue
        run.seen.add(line_id)
        line = SimulatedLine(recorded[line_id], facts_of(decision), settled.get(line_id))
        run.counts.add(line)
        if line.is_different:
            run.different[line_id] = line
