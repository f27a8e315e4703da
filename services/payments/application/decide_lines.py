"""Decides new bank lines and carries the decisions out: books what is certain, reverses what bounced, asks for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.code_version import matching_code_version
from services.payments.adapters.decision_inputs import keep_inputs
from services.payments.adapters.decision_store import DecidedLine, add_decisions
from services.payments.adapters.ledger_writer import lock_open_items
from services.payments.adapters.line_store import (
    ClockReading,
    NewLine,
    RaisedException,
    raise_exceptions,
    read_clocks,
)
from services.payments.adapters.matching_inputs import (
    MatchingKnowledge,
    lock_cheques,
    receipt_of_cheque,
)
from services.payments.adapters.published_facts import publish_unidentified
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.payer_aliases import LearnedAlias, keep_aliases
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.apply_advices import AdvisedLines, advised_lines, keep_advised
from services.payments.application.book_receipts import book_receipts
from services.payments.application.link_receipts import ToldLines, confirm_told_receipts, told_lines
from services.payments.application.record_bounce import RecordBounce, record_bounce
from services.payments.application.weigh_lines import (
    WeighedLines,
    bookable,
    left_to_a_person,
    weigh_lines,
)
from services.payments.domain.decision import Decision, LineKind, Outcome, Reason
from services.payments.domain.errors import EntriesArchived, ReceiptRefunded
from services.payments.domain.line_receipt import LineOrigin, receipt_of_line
from services.payments.domain.matching import ReadBatch
from services.payments.domain.posting import Posting
from shared.database import Database

ACTOR = "matching"


@dataclass(frozen=True, slots=True)
class _Decided:
    """A new line, what was decided, and the receipt that came of it."""

    new: NewLine
    decision: Decision
    receipt_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LinesDecided:
    """New lines as they were decided while nothing was locked, and what others may have changed since."""

    lines: Sequence[NewLine]
    told: ToldLines
    advised: AdvisedLines
    left: Sequence[NewLine]
    weighed: WeighedLines


async def decide_lines(
    database: Database, account: Row, lines: Sequence[NewLine], knowledge: MatchingKnowledge
) -> LinesDecided:
    """Every new line gets one decision with its reasons; nothing is written, and no transaction is open meanwhile."""
    async with database.reading() as connection:
        told = await told_lines(connection, account, lines, is_locking=False)
        left = told.left_of(lines)
        advised = await advised_lines(connection, account.currency, left, is_locking=False)
    return LinesDecided(
        lines, told, advised, left, await weigh_lines(database, account, left, knowledge, advised)
    )


async def carry_out(
    work: UnitOfWork,
    account: Row,
    statement_id: UUID,
    decided: LinesDecided,
    *,
    knowledge: MatchingKnowledge,
    at: datetime,
) -> bool:
    """Book what is certain of the stored lines and record all decisions. The account is locked.

    False when another channel or an advice told something of the lines since they were decided: the caller undoes the
    transaction and decides again. Invoices that somebody settled meanwhile make their line a suggestion only.
    """
    told = await told_lines(work.connection, account, decided.lines, is_locking=True)
    advised = await advised_lines(work.connection, account.currency, decided.left, is_locking=True)
    if not told.says_the_same(decided.told) or advised != decided.advised:
        return False
    await confirm_told_receipts(work, told, at)
    batch, decisions = decided.weighed.batch, decided.weighed.decisions
    await keep_inputs(work.connection, decided.weighed.made_from, code=matching_code_version(), at=at)
    paired = [
        _Decided(new, bookable(new, decision, account, told.disputed))
        for new, decision in zip(decided.left, decisions, strict=True)
    ]
    await _lock(work, account, paired)
    booked, refused = await _book(work, account, batch, paired, at)
    reversed_ = await _reverse_bounces(work, account, batch, paired, at)
    booked_late, refused = await _book(work, account, batch, refused, at)
    done = _merged(paired, [*booked, *booked_late, *reversed_, *(_overtaken(one) for one in refused)])
    await _record(work, account, statement_id, done, knowledge=knowledge, at=at)
    await keep_advised(work, advised, {one.new.id: one.receipt_id for one in done if one.receipt_id}, at)
    if knowledge.shelf is not None:
        await knowledge.shelf.keep(work.connection, is_as_decided=_is_as_decided(decisions, done))
    return True


def _is_as_decided(decisions: Sequence[Decision], done: Sequence[_Decided]) -> bool:
    """All was booked that the matching took to be, and no cheque that came back opened invoices again."""
    return all(
        one.decision is decision
        and (one.receipt_id is not None)
        == (decision.outcome is Outcome.AUTO and decision.kind is LineKind.RECEIPT)
        for one, decision in zip(done, decisions, strict=True)
    )


async def _lock(work: UnitOfWork, account: Row, decided: Sequence[_Decided]) -> None:
    """Take every row lock before the first posting.

    Postings hold the balances and the chain, for which everybody waits: who then waited for an open item
    could be waiting for one of them.
    """
    certain = [one.decision for one in decided if one.decision.outcome is Outcome.AUTO]
    items = [part.invoice_id for decision in certain for part in decision.allocations]
    items += [part.invoice_id for decision in certain for part in decision.deductions]
    returned = [decision.reverses for decision in certain if decision.kind is LineKind.BOUNCE]
    if returned:
        items += await lock_cheques(work.connection, account.id, returned)
    await lock_open_items(work.connection, items)


async def _book(
    work: UnitOfWork, account: Row, batch: ReadBatch, decided: Sequence[_Decided], at: datetime
) -> tuple[list[_Decided], list[_Decided]]:
    wanted = {
        one.new.id: one
        for one in decided
        if one.decision.outcome is Outcome.AUTO and one.decision.kind is LineKind.RECEIPT
    }
    narrations = {line.line_number: n for line, n in zip(batch.lines, batch.narrations, strict=True)}
    receipts = [
        receipt_of_line(
            _origin(one, account), one.decision, narrations[one.new.line.line_number], receipt_id=uuid7()
        )
        for one in wanted.values()
    ]
    outcome = await book_receipts(work, receipts, actor=ACTOR, at=at)
    booked = [
        replace(wanted[receipt.bank_line_id], receipt_id=receipt.id)
        for receipt in outcome.booked
        if receipt.bank_line_id is not None
    ]
    refused = [
        wanted[receipt.bank_line_id] for receipt in outcome.refused if receipt.bank_line_id is not None
    ]
    unvalued = {receipt.bank_line_id for receipt in outcome.refused if receipt.id in outcome.unvalued}
    booked += [_without_rate(one) for one in refused if one.new.id in unvalued]
    return booked, [one for one in refused if one.new.id not in unvalued]


def _origin(one: _Decided, account: Row) -> LineOrigin:
    reference = one.new.key.strong_reference or one.new.line.bank_reference
    return LineOrigin(one.new.id, account.id, account.number, one.new.line, reference)


async def _reverse_bounces(
    work: UnitOfWork, account: Row, batch: ReadBatch, decided: Sequence[_Decided], at: datetime
) -> list[_Decided]:
    """A returned cheque takes its receipt back; one that was never booked is left to a person."""
    codes = {line.line_number: n.bounce_code for line, n in zip(batch.lines, batch.narrations, strict=True)}
    done = []
    for one in decided:
        if one.decision.kind is not LineKind.BOUNCE or one.decision.outcome is not Outcome.AUTO:
            continue
        line = one.new.line
        receipt_id = await receipt_of_cheque(
            work.connection,
            account.id,
            one.decision.reverses,
            amount_minor=-line.amount_minor,
            returned_on=line.booked_on,
        )
        if receipt_id is None:
            reason = Reason(
                "cheque_not_booked", f"Cheque {one.decision.reverses} came back before it was booked"
            )
            done.append(replace(one, decision=left_to_a_person(one.decision, reason)))
            continue
        try:
            bounce = RecordBounce(receipt_id, codes.get(line.line_number, ""), one.new.id)
            await record_bounce(work, bounce, Posting(ACTOR, at, line.booked_on))
        except (ReceiptRefunded, EntriesArchived) as refusal:
            reason = Reason(refusal.code, refusal.detail)
            done.append(replace(one, decision=left_to_a_person(one.decision, reason)))
        else:
            done.append(replace(one, receipt_id=receipt_id))
    return done


def _without_rate(one: _Decided) -> _Decided:
    line = one.new.line
    reason = Reason("rate_unknown", f"No exchange rate of {line.currency} is known for {line.booked_on}")
    return replace(one, decision=left_to_a_person(one.decision, reason))


def _overtaken(one: _Decided) -> _Decided:
    """Somebody else settled the invoices between the decision and the booking."""
    reason = Reason(
        "invoices_settled_meanwhile", "The invoices were settled by another receipt; decide again"
    )
    return replace(one, decision=replace(left_to_a_person(one.decision, reason), outcome=Outcome.SUGGESTED))


def _merged(paired: Sequence[_Decided], changed: Sequence[_Decided]) -> list[_Decided]:
    latest = {one.new.id: one for one in changed}
    return [latest.get(one.new.id, one) for one in paired]


async def _record(
    work: UnitOfWork,
    account: Row,
    statement_id: UUID,
    decided: Sequence[_Decided],
    *,
    knowledge: MatchingKnowledge,
    at: datetime,
) -> None:
    version = knowledge.policy.version
    lines = [DecidedLine(one.new.id, one.decision, one.receipt_id, version) for one in decided]
    await add_decisions(work.connection, lines, at)
    await read_clocks(work.connection, [_clock(one, knowledge) for one in decided], at)
    raised = [_exception(one) for one in decided if one.decision.outcome is not Outcome.AUTO]
    await raise_exceptions(work.connection, statement_id, raised, at)
    learned = [
        LearnedAlias(alias, one.new.id, ACTOR)
        for one in decided
        if one.receipt_id
        for alias in one.decision.learned_aliases
    ]
    await keep_aliases(work.connection, learned, at)
    unidentified = [
        one.new
        for one in decided
        if one.decision.kind is LineKind.RECEIPT and one.decision.partner_code is None
    ]
    if unidentified:
        await publish_unidentified(work, unidentified, account.number)


def _clock(one: _Decided, knowledge: MatchingKnowledge) -> ClockReading:
    is_receipt = one.decision.kind is LineKind.RECEIPT
    return ClockReading(
        bank_line_id=one.new.id,
        zone=knowledge.zones.get(one.decision.partner_code or "", ""),
        is_identified=one.decision.partner_code is not None,
        is_booked=is_receipt and one.receipt_id is not None,
        is_excused=not is_receipt,
    )


def _exception(one: _Decided) -> RaisedException:
    reasons = "; ".join(reason.text for reason in one.decision.reasons) or "No reason recorded"
    code = one.decision.reasons[0].code if one.decision.reasons else one.decision.kind.value
    return RaisedException(code, f"Line {one.new.line.line_number}: {reasons}"[:2000], one.new.id)
