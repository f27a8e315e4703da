"""Decides waiting lines again when something arrived that may explain them; what a person said stays said.

Each batch is weighed without holding anything; only what came out otherwise is locked, looked at once more and carried
out. Repeating it changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.clock_store import ClockReading, read_clocks
from services.payments.adapters.code_version import matching_code_version
from services.payments.adapters.decision_inputs import MadeFrom, keep_inputs
from services.payments.adapters.decision_store import MATCHING, DecidedLine, add_decisions
from services.payments.adapters.line_store import NewLine
from services.payments.adapters.matching_inputs import MatchingKnowledge, matching_knowledge
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.exceptions import ExceptionStep, resolve_exceptions_of_lines
from services.payments.adapters.repositories.payer_aliases import LearnedAlias, keep_aliases
from services.payments.adapters.repositories.redecisions import (
    accounts_with_waiting_lines,
    open_requests,
    remove_requests,
    request_redecision,
    waiting_line_ids,
)
from services.payments.adapters.repositories.remittance_advices import keep_matches
from services.payments.adapters.repositories.told_receipts import receipts_told_alone
from services.payments.adapters.repositories.waiting_lines import LineState, line_states, lock_lines
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.apply_advices import advised_lines
from services.payments.application.book_receipts import book_receipts
from services.payments.application.import_bank_statement import Progress
from services.payments.application.weigh_lines import bookable, weigh_lines
from services.payments.domain.decision import Decision, LineKind, Outcome
from services.payments.domain.line_identity import LineKey
from services.payments.domain.line_receipt import receipt_of_line
from services.payments.domain.narration import Narration
from services.payments.domain.receipt import Receipt
from services.payments.domain.redecision import after_a_person, says_the_same
from shared.database import Database

REDECISION_TASK: Final = "redecide_lines"
LINES_PER_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Redecision:
    """How many waiting lines were weighed, how many got a new decision and how many of these were booked."""

    weighed: int = 0
    changed: int = 0
    booked: int = 0

    def plus(self, other: "Redecision") -> "Redecision":
        return Redecision(
            self.weighed + other.weighed, self.changed + other.changed, self.booked + other.booked
        )


@dataclass(frozen=True, slots=True)
class _Renewed:
    """A line whose new decision says something else than the one it had, and the receipt it asks for."""

    state: LineState
    narration: Narration
    decision: Decision
    receipt: Receipt | None = None
    advice_id: UUID | None = None  # what decided, where it was an advice


async def redecide_when_asked(database: Database, at: datetime) -> Redecision | None:
    """Carry the requests out that there are; None when there is none."""
    async with database.reading() as connection:
        requests = await open_requests(connection)
    if not requests:
        return None
    done = await redecide_lines(database, at)
    async with UnitOfWork(database) as work:
        await remove_requests(work.connection, requests)
        await work.commit()
    return done


async def redecide_lines(
    database: Database,
    at: datetime,
    progress: Progress | None = None,
    *,
    lines_per_batch: int = LINES_PER_BATCH,
) -> Redecision:
    """Every waiting credit of every account once, in bounded batches of one transaction each."""
    async with database.reading() as connection:
        accounts = await accounts_with_waiting_lines(connection)
    knowledge: MatchingKnowledge | None = None  # dear to gather, and mostly nothing waits
    total = Redecision()
    for account in accounts:
        after: UUID | None = None
        while True:
            async with database.reading() as connection:
                ids = await waiting_line_ids(connection, account.id, after, limit=lines_per_batch)
                if ids and knowledge is None:
                    knowledge = await matching_knowledge(connection)
            if not ids or knowledge is None:
                break
            after = ids[-1]
            total = total.plus(await _batch(database, account, ids, knowledge, at))
            if progress is not None:
                counts = {"weighed": total.weighed, "changed": total.changed, "booked": total.booked}
                await progress(message=f"{total.weighed} lines weighed", counts=counts)
    return total


async def _batch(
    database: Database, account: Row, ids: Sequence[UUID], knowledge: MatchingKnowledge, at: datetime
) -> Redecision:
    async with database.reading() as connection:
        states = list((await line_states(connection, ids)).values())
        lines = [_new_line(state, place) for place, state in enumerate(states, start=1)]
        advised = await advised_lines(connection, account.currency, lines, is_locking=False)
        told = await receipts_told_alone(
            connection, [(account.id, state.strong_reference) for state in states]
        )
    weighed = await weigh_lines(database, account, lines, knowledge, advised)
    disputed = {
        state.id: f"{state.strong_reference} was told by another channel (receipt {receipt_id})"
        for state in states
        if (receipt_id := told.get((account.id, state.strong_reference))) is not None
    }
    renewed = []
    for state, new, narration, decision in zip(
        states, lines, weighed.batch.narrations, weighed.decisions, strict=True
    ):
        now = bookable(new, decision, account, disputed)
        if state.is_in_hands:
            now = after_a_person(state.decision, now, state.wrong_partners)
        if not says_the_same(state.decision, now):
            renewed.append(_Renewed(state, narration, now, advice_id=advised.advices.get(state.id)))
    if not renewed:
        return Redecision(weighed=len(states))
    return replace(
        await _carry_out(database, renewed, weighed.made_from, knowledge.zones, at), weighed=len(states)
    )


def _new_line(state: LineState, place: int) -> NewLine:
    """The stored line as the matching takes it; in a batch of several files its number is its place."""
    line = replace(state.line, line_number=place)
    key = LineKey(line.value_on, line.amount_minor, state.strong_reference, state.narration_key)
    return NewLine(state.id, line, key)


async def _carry_out(
    database: Database,
    renewed: Sequence[_Renewed],
    made_from: MadeFrom,
    zones: Mapping[str, str],
    at: datetime,
) -> Redecision:
    async with UnitOfWork(database) as work:
        await lock_lines(work.connection, [one.state.id for one in renewed])
        now = await line_states(work.connection, [one.state.id for one in renewed])
        current = [one for one in renewed if _stands(one, now[one.state.id])]
        asked = [_with_receipt(one) for one in current]
        receipts = [one.receipt for one in asked if one.receipt is not None]
        outcome = await book_receipts(work, receipts, actor=MATCHING, at=at)
        refused = {receipt.id for receipt in outcome.refused}
        done = [one for one in asked if one.receipt is None or one.receipt.id not in refused]
        if done:
            await keep_inputs(work.connection, made_from, code=matching_code_version(), at=at)
        await _record(work, done, made_from.inputs.policy.version, zones, at)
        matches = [
            (one.advice_id, one.state.id, one.receipt.id) for one in done if one.advice_id and one.receipt
        ]
        await keep_matches(work.connection, matches, actor=MATCHING, at=at)
        await work.commit()
    return Redecision(changed=len(done), booked=len(outcome.booked))


def _stands(one: _Renewed, now: LineState) -> bool:
    """Nobody decided about the line while it was weighed."""
    return now.revision == one.state.revision and now.is_reviewable


def _with_receipt(one: _Renewed) -> _Renewed:
    if one.decision.outcome is not Outcome.AUTO or one.decision.kind is not LineKind.RECEIPT:
        return one
    receipt = receipt_of_line(one.state.origin, one.decision, one.narration, receipt_id=uuid7())
    return replace(one, receipt=receipt)


async def _record(
    work: UnitOfWork, done: Sequence[_Renewed], version: str, zones: Mapping[str, str], at: datetime
) -> None:
    lines = [
        DecidedLine(
            bank_line_id=one.state.id,
            decision=one.decision,
            receipt_id=one.receipt.id if one.receipt else None,
            policy_version=version,
            revision=one.state.revision + 1,
            note=one.state.note,
        )
        for one in done
    ]
    await add_decisions(work.connection, lines, at)
    await read_clocks(work.connection, [_clock(one, zones) for one in done], at)
    booked = [one.state.id for one in done if one.receipt is not None]
    if booked:
        note = "Something arrived that explains the line: it was decided again and booked"
        step = ExceptionStep("resolved", MATCHING, at, "booked", note)
        await resolve_exceptions_of_lines(work.connection, booked, step)
    learned = [
        LearnedAlias(alias, one.state.id, MATCHING)
        for one in done
        if one.receipt is not None
        for alias in one.decision.learned_aliases
    ]
    if learned:
        await keep_aliases(work.connection, learned, at)
        await request_redecision(work.connection, "alias_learned")


def _clock(one: _Renewed, zones: Mapping[str, str]) -> ClockReading:
    is_receipt = one.decision.kind is LineKind.RECEIPT
    return ClockReading(
        bank_line_id=one.state.id,
        zone=zones.get(one.decision.partner_code or "", ""),
        is_identified=one.decision.partner_code is not None,
        is_booked=one.receipt is not None,
        is_excused=not is_receipt,
    )
