"""Carries out what people decide about waiting lines: books, resolves, moves the clock, each line once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.clock_store import ClockReading, read_clocks
from services.payments.adapters.decision_store import REVIEW, DecidedLine, add_decisions
from services.payments.adapters.ledger_writer import lock_open_items
from services.payments.adapters.matching_inputs import number_patterns
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.exceptions import ExceptionStep, resolve_exceptions_of_lines
from services.payments.adapters.repositories.redecisions import request_redecision
from services.payments.adapters.repositories.settlements import NamedItem, items_named
from services.payments.adapters.repositories.told_receipts import receipts_told_alone
from services.payments.adapters.repositories.waiting_lines import (
    LineState,
    line_states,
    lock_lines,
    partners_by_code,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.book_receipts import book_receipts
from services.payments.application.learn_payers import (
    ConfirmedPayer,
    DeniedPayer,
    count_denied,
    learn_confirmed,
)
from services.payments.domain.chart_of_accounts import DEDUCTION_ACCOUNTS
from services.payments.domain.decision import Allocation, Alternative, Decision, Deduction, LineKind
from services.payments.domain.errors import (
    DeductionUnknown,
    ItemNotPayable,
    ItemSettled,
    LineDecided,
    NotACredit,
    PartnerUnknown,
    RateUnknown,
    ReceiptTaken,
)
from services.payments.domain.invoice_number import NumberPatterns
from services.payments.domain.line_receipt import receipt_of_line
from services.payments.domain.narration import Narration, parse_narration
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import MONEY, Receipt
from services.payments.domain.review import (
    Accept,
    Correct,
    Leave,
    LineReview,
    chosen,
    is_agreed_no_receipt,
    left_waiting,
    reviewed_no_receipt,
    reviewed_receipt,
    share_on_account,
)
from shared.errors import FieldProblem, NotFound, Refusal, Stale
from shared.money import text_from_minor

ITEMS_TOLD_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class ReviewVerdict:
    """What became of one review: the line's new revision and the receipt it booked, or why it was refused."""

    bank_line_id: UUID
    revision: int = 0
    receipt_id: UUID | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the reviews of one batch refer to."""

    states: Mapping[UUID, LineState]
    items: Mapping[str, NamedItem]
    partners: Mapping[str, Row]
    told: Mapping[tuple[UUID, str], UUID]


@dataclass(frozen=True, slots=True)
class _Reviewed:
    """A review that may be carried out, with the decision it makes and the receipt it asks for."""

    review: LineReview
    state: LineState
    decision: Decision
    receipt: Receipt | None = None
    narration: Narration | None = None


async def review_lines(
    work: UnitOfWork, reviews: Sequence[LineReview], posting: Posting
) -> list[ReviewVerdict]:
    """One verdict per review in order; a refused one never stops the others.

    Stale when the line was decided meanwhile; ItemSettled, with what is open now, when its invoices were settled
    meanwhile; LineDecided for a line that is booked or reviewed twice in one batch.
    """
    await lock_lines(work.connection, [review.bank_line_id for review in reviews])
    known = await _known(work, reviews)
    planned: dict[UUID, _Reviewed] = {}
    refused: dict[int, Refusal] = {}
    for place, review in enumerate(reviews):
        try:
            if review.bank_line_id in planned:
                raise LineDecided(f"Bank line {review.bank_line_id} is reviewed twice in one request")
            planned[review.bank_line_id] = _planned(review, known)
        except Refusal as refusal:
            refused[place] = refusal
    asked = await _with_receipts(work, list(planned.values()))
    booked, settled = await _book(work, asked, posting)
    await _record(work, booked, known.partners, posting)
    if any(one.receipt for one in booked):
        await _learn(work, booked, known.partners, posting)
        await request_redecision(work.connection, "lines_reviewed")
    done = {one.state.id: one for one in booked}
    return [
        _verdict(review, refused.get(place) or settled.get(review.bank_line_id), done)
        for place, review in enumerate(reviews)
    ]


def _verdict(review: LineReview, refusal: Refusal | None, done: Mapping[UUID, _Reviewed]) -> ReviewVerdict:
    if refusal is not None:
        return ReviewVerdict(review.bank_line_id, refusal=refusal)
    one = done[review.bank_line_id]
    receipt_id = one.receipt.id if one.receipt else None
    return ReviewVerdict(review.bank_line_id, one.state.revision + 1, receipt_id)


async def _known(work: UnitOfWork, reviews: Sequence[LineReview]) -> _Known:
    states = await line_states(work.connection, [review.bank_line_id for review in reviews])
    told = [review.verdict for review in reviews if isinstance(review.verdict, Correct)]
    partners = [one.partner_code for one in told]
    for state in states.values():
        partners += [choice.partner_code for choice in state.decision.candidates]
    return _Known(
        states,
        await items_named(work.connection, [part.item for one in told for part in one.parts]),
        await partners_by_code(work.connection, partners),
        await receipts_told_alone(
            work.connection, [(state.bank_account_id, state.strong_reference) for state in states.values()]
        ),
    )


def _planned(review: LineReview, known: _Known) -> _Reviewed:
    state = known.states.get(review.bank_line_id)
    if state is None:
        raise NotFound(f"There is no bank line {review.bank_line_id}")
    _refuse_unless_waiting(review, state)
    seen = state.decision
    if is_agreed_no_receipt(review, seen):
        return _Reviewed(review, state, reviewed_no_receipt(seen, review.note))
    if isinstance(review.verdict, Leave):
        return _Reviewed(review, state, left_waiting(seen, review.note))
    if (receipt_id := known.told.get((state.bank_account_id, state.strong_reference))) is not None:
        raise ReceiptTaken(
            f"{state.strong_reference} was told over another amount (receipt {receipt_id}); take that receipt back first"
        )
    if state.line.currency != state.account_currency:
        raise ItemNotPayable(f"The line is in {state.line.currency}, the account in {state.account_currency}")
    if isinstance(review.verdict, Correct):
        choice = _told(review.verdict, state, known)
    else:
        assert isinstance(review.verdict, Accept)
        choice = chosen(seen, review.verdict.choice)
    return _Reviewed(review, state, reviewed_receipt(seen, choice, review))


def _refuse_unless_waiting(review: LineReview, state: LineState) -> None:
    if state.revision != review.revision:
        raise Stale(
            f"Bank line {state.id} was decided meanwhile: it is at revision {state.revision}, you saw {review.revision}"
        )
    if state.line.amount_minor <= 0:
        raise NotACredit(f"Bank line {state.id} is money out; only credits are reviewed")
    if not state.is_reviewable:
        raise LineDecided(f"Bank line {state.id} is in the books; take its receipt or posting back first")


def _told(verdict: Correct, state: LineState, known: _Known) -> Alternative:
    """What the person told, checked against our items. PartnerUnknown, ItemNotPayable, DeductionUnknown, SharesDiffer."""
    if verdict.partner_code not in known.partners:
        raise PartnerUnknown(f"There is no partner {verdict.partner_code}")
    if verdict.currency != state.line.currency:
        raise ItemNotPayable(f"The line is in {state.line.currency}, the amounts in {verdict.currency}")
    allocations: list[Allocation] = []
    deductions: list[Deduction] = []
    for part in verdict.parts:
        item = known.items.get(part.item)
        if item is None or (item.partner_code, item.currency) != (verdict.partner_code, verdict.currency):
            raise ItemNotPayable(
                f"{verdict.partner_code} has no invoice or charge {part.item} in {verdict.currency}"
            )
        if part.amount_minor <= 0:
            raise ItemNotPayable("Each amount is positive")
        if part.kind == MONEY:
            allocations.append(Allocation(item.id, item.document_number, part.amount_minor))
        elif part.kind in DEDUCTION_ACCOUNTS:
            deductions.append(Deduction(item.id, item.document_number, part.kind, part.amount_minor))
        else:
            kinds = ", ".join(sorted(DEDUCTION_ACCOUNTS))
            raise DeductionUnknown(f"{part.kind} is no kind of deduction; expected one of {kinds}")
    parts = tuple(allocations)
    rest = share_on_account(state.line.amount_minor, parts, verdict.on_account_minor)
    return Alternative(verdict.partner_code, parts, tuple(deductions), rest, 100)


async def _with_receipts(work: UnitOfWork, planned: Sequence[_Reviewed]) -> list[_Reviewed]:
    """Give each line that is a receipt the receipt it asks for."""
    if not any(_is_booked(one.decision) for one in planned):
        return list(planned)
    patterns = await number_patterns(work.connection)
    return [_with_receipt(one, patterns) for one in planned]


def _with_receipt(one: _Reviewed, patterns: NumberPatterns) -> _Reviewed:
    if not _is_booked(one.decision):
        return one
    narration = parse_narration(one.state.line, patterns)
    receipt = receipt_of_line(one.state.origin, one.decision, narration, receipt_id=uuid7())
    return replace(one, receipt=receipt, narration=narration)


def _is_booked(decision: Decision) -> bool:
    return decision.kind is LineKind.RECEIPT and not decision.outcome.waits


async def _book(
    work: UnitOfWork, planned: Sequence[_Reviewed], posting: Posting
) -> tuple[list[_Reviewed], dict[UUID, Refusal]]:
    """What could be carried out, and per line why it could not."""
    receipts = [one.receipt for one in planned if one.receipt is not None]
    outcome = await book_receipts(work, receipts, actor=posting.actor, at=posting.at)
    refused = {receipt.id for receipt in outcome.refused}
    done = [one for one in planned if one.receipt is None or one.receipt.id not in refused]
    settled = [receipt for receipt in outcome.refused if receipt.id not in outcome.unvalued]
    refusals = await _settled_meanwhile(work, settled)
    for one in planned:
        if one.receipt is not None and one.receipt.id in outcome.unvalued:
            refusals[one.state.id] = RateUnknown(
                f"No exchange rate of {one.receipt.currency} is known for {one.receipt.received_on}; enter it first"
            )
    return done, refusals


async def _settled_meanwhile(work: UnitOfWork, refused: Sequence[Receipt]) -> dict[UUID, Refusal]:
    items = await lock_open_items(
        work.connection, [part.open_item_id for receipt in refused for part in receipt.allocations]
    )
    refusals: dict[UUID, Refusal] = {}
    for receipt in refused:
        named = dict.fromkeys(part.open_item_id for part in receipt.allocations)
        problems = [
            FieldProblem(
                f"/allocations/{item.document_number}",
                f"{text_from_minor(item.open_minor, item.currency)} {item.currency} is open now",
            )
            for key in list(named)[:ITEMS_TOLD_MAX]
            if (item := items.get(key)) is not None
        ]
        assert receipt.bank_line_id is not None
        refusals[receipt.bank_line_id] = ItemSettled(
            "Less is open of its invoices than it asks for; read the line again", problems=problems
        )
    return refusals


async def _record(
    work: UnitOfWork, done: Sequence[_Reviewed], partners: Mapping[str, Row], posting: Posting
) -> None:
    lines = [
        DecidedLine(
            bank_line_id=one.state.id,
            decision=one.decision,
            receipt_id=one.receipt.id if one.receipt else None,
            policy_version=REVIEW,
            revision=one.state.revision + 1,
            decided_by=posting.actor,
            note=one.review.note,
        )
        for one in done
    ]
    await add_decisions(work.connection, lines, posting.at)
    over = [one for one in done if not one.decision.outcome.waits]
    await read_clocks(work.connection, [_clock(one, partners) for one in over], posting.at)
    for is_booked, cause in ((True, "booked"), (False, "not_ours")):
        ids = [one.state.id for one in over if (one.receipt is not None) is is_booked]
        if ids:
            step = ExceptionStep("resolved", posting.actor, posting.at, cause, "A person reviewed the line")
            await resolve_exceptions_of_lines(work.connection, ids, step)


def _clock(one: _Reviewed, partners: Mapping[str, Row]) -> ClockReading:
    is_receipt = one.receipt is not None
    return ClockReading(
        bank_line_id=one.state.id,
        zone=partners[one.receipt.partner_code].zone if one.receipt else "",
        is_identified=is_receipt,
        is_booked=is_receipt,
        is_excused=not is_receipt,
    )


async def _learn(
    work: UnitOfWork, done: Sequence[_Reviewed], partners: Mapping[str, Row], posting: Posting
) -> None:
    """Who paid for whom is known from now on; what was suggested and turned down counts against its alias."""
    confirmed = [
        ConfirmedPayer(
            one.state.id,
            one.state.revision + 1,
            one.narration,
            one.receipt.partner_code,
            partners[one.receipt.partner_code].name,
        )
        for one in done
        if one.receipt and one.narration
    ]
    denied = [
        DeniedPayer(
            one.state.id, one.narration, wrong, f"Not {wrong}: a person reviewed the line", is_booked=False
        )
        for one in done
        if one.narration and (wrong := _turned_down(one))
    ]
    await learn_confirmed(work, confirmed, posting)
    await count_denied(work, denied, posting)


def _turned_down(one: _Reviewed) -> str | None:
    """The partner that the matching thought of; a receipt taken back before has been counted then."""
    thought = one.state.decision.partner_code
    is_other = one.receipt is not None and thought != one.receipt.partner_code
    return thought if is_other and one.state.receipts_before == 0 else None
