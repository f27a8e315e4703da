"""Makes the matching's decision about a line again from what was kept of it; nothing is written."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.code_version import matching_code_version
from services.payments.adapters.decision_inputs import DecisionInputs, batch_of_line, stored_inputs
from services.payments.adapters.queries.listing import Row, one_row
from services.payments.domain.decision import Decision
from services.payments.domain.decision_difference import (
    DecisionFacts,
    Difference,
    decision_differences,
    facts_of,
    reason_after_matching,
)
from services.payments.domain.errors import InputsNotKept
from services.payments.domain.matching import decide_batch, read_batch, with_certain_payers
from services.payments.domain.payer import PartnerIndex
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class Replay:
    """`code_recorded` and `code_now` differ when the matching's code changed since; only then may decisions differ."""

    bank_line_id: UUID
    revision: int
    decided_at: datetime
    policy_version: str
    code_recorded: str
    code_now: str
    recorded: DecisionFacts
    replayed: DecisionFacts
    after_matching: tuple[str, str] | None
    differences: tuple[Difference, ...]
    counts: dict[str, int]


async def replay_decision(connection: AsyncConnection, bank_line_id: UUID, revision: int) -> Replay:
    """NotFound without the line or revision; InputsNotKept for a decision that was not the matching's."""
    row = await one_row(
        connection,
        "SELECT * FROM line_decisions",
        "bank_line_id = :id AND revision = :revision",
        id=bank_line_id,
        revision=revision,
    )
    if row is None:
        raise NotFound(f"There is no decision {revision} of bank line {bank_line_id}")
    batch = await batch_of_line(connection, bank_line_id, row.decided_at)
    if batch is None:
        raise InputsNotKept(
            "A person decided this, or it was told by another channel; there is nothing to replay"
        )
    inputs, stored_bytes = await stored_inputs(connection, batch)
    decisions = await asyncio.to_thread(decide_again, inputs)
    recorded = recorded_facts(row)
    replayed = facts_of(decisions[batch.line_ids.index(bank_line_id)])
    return Replay(
        bank_line_id=bank_line_id,
        revision=row.revision,
        decided_at=row.decided_at,
        policy_version=batch.policy_version,
        code_recorded=batch.code_version,
        code_now=matching_code_version(),
        recorded=recorded,
        replayed=replayed,
        after_matching=reason_after_matching(recorded),
        differences=tuple(decision_differences(recorded, replayed)),
        counts={
            "lines": len(inputs.lines),
            "invoices": len(inputs.invoices),
            "partners": len(inputs.partners),
            "known_payers": len(inputs.aliases),
            "stored_bytes": stored_bytes,
        },
    )


def decide_again(inputs: DecisionInputs) -> list[Decision]:
    """The decisions about the lines of the batch, in their order; blocks for as long as they take."""
    batch = read_batch(
        inputs.lines,
        PartnerIndex(inputs.partners),
        inputs.number_patterns,
        aliases=inputs.aliases,
        policy=inputs.policy,
    )
    return decide_batch(with_certain_payers(batch, inputs.certain), inputs.invoices, inputs.cheques)


def recorded_facts(row: Row) -> DecisionFacts:
    """A row of line_decisions as facts to compare."""
    return DecisionFacts(
        outcome=row.decision,
        kind=row.kind,
        partner_code=row.partner_code,
        allocations=tuple((a["number"], "", a["minor"]) for a in row.allocations),
        deductions=tuple((d["number"], d["kind"], d["minor"]) for d in row.deductions),
        on_account_minor=row.on_account_minor,
        score=row.score,
        reasons=tuple((reason["code"], reason["text"]) for reason in row.reasons),
    )
