"""Weighs what bank lines may be, for new lines as for those that wait, without changing anything."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.decision_inputs import MadeFrom, inputs_of
from services.payments.adapters.invoice_shelf import OpenedBook
from services.payments.adapters.line_store import NewLine
from services.payments.adapters.matching_inputs import MatchingKnowledge, cheques_received
from services.payments.adapters.open_invoices import open_invoices
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.payer_aliases import payer_aliases
from services.payments.adapters.repositories.virtual_accounts import virtual_accounts_named
from services.payments.application.apply_advices import AdvisedLines
from services.payments.domain.decision import Decision, Outcome, Reason
from services.payments.domain.matching import (
    ReadBatch,
    ReceivedCheque,
    book_of,
    decide_from_book,
    lookup_keys,
    read_batch,
    with_certain_payers,
)
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.virtual_account import partner_paid, possible_numbers
from shared.database import Database


@dataclass(frozen=True, slots=True)
class WeighedLines:
    """What the lines say, one decision for each, in their order, and what the matching made its own of."""

    batch: ReadBatch
    decisions: list[Decision]
    made_from: MadeFrom


@dataclass(frozen=True, slots=True)
class _LookedUp:
    """What the database knows of read lines. The line numbers are different ones: `rest` are those that no advice
    settles."""

    batch: ReadBatch
    part: ReadBatch
    rest: list[int]
    certain: dict[int, str]
    cheques: dict[str, list[ReceivedCheque]]
    opened: OpenedBook | None  # from the shelf
    invoices: tuple[OpenInvoice, ...]


async def weigh_lines(
    database: Database,
    account: Row,
    lines: Sequence[NewLine],
    knowledge: MatchingKnowledge,
    advised: AdvisedLines,
) -> WeighedLines:
    """Reads in short transactions and decides in none: a long decision holds nothing and outlives no time-out.

    What an advice settles is settled; the other lines share what it leaves open.
    """
    async with database.reading() as connection:
        aliases = await payer_aliases(connection)
    batch = await asyncio.to_thread(
        read_batch,
        [new.line for new in lines],
        knowledge.index,
        knowledge.patterns,
        aliases=aliases,
        policy=knowledge.policy,
    )
    async with database.reading() as connection:
        found = await _look_up(connection, account, batch, lines, knowledge=knowledge, advised=advised)
    opened, decisions = await asyncio.to_thread(_decide, found)
    matched = dict(zip(found.rest, decisions, strict=True))
    inputs = inputs_of(found.part, knowledge.patterns, opened.invoices, found.cheques)
    certain = {
        place: found.certain[number] for place, number in enumerate(found.rest) if number in found.certain
    }
    line_ids = [lines[number].id for number in found.rest]
    made_from = MadeFrom(line_ids, replace(inputs, certain=certain), opened.shelved)
    decided = [advised.decision_on(new.id, matched.get(number)) for number, new in enumerate(lines)]
    return WeighedLines(found.batch, decided, made_from)


async def _look_up(
    connection: AsyncConnection,
    account: Row,
    batch: ReadBatch,
    lines: Sequence[NewLine],
    *,
    knowledge: MatchingKnowledge,
    advised: AdvisedLines,
) -> _LookedUp:
    paid = await _virtual_accounts_paid(connection, account, batch)
    batch = with_certain_payers(batch, paid)
    bounced = [narration.cheque_number for narration in batch.narrations if narration.is_bounce]
    cheques = advised.with_cheques(lines, await cheques_received(connection, account.id, bounced))
    rest = advised.left_to_matching(lines)
    part = _part_of(batch, rest)
    opened: OpenedBook | None = None
    invoices: tuple[OpenInvoice, ...] = ()
    if knowledge.shelf is not None and len(rest) == len(lines):
        opened = await knowledge.shelf.open(connection, part, lookup_keys(batch), account.currency)
    else:
        found = await open_invoices(connection, lookup_keys(batch), account.currency)
        invoices = tuple(advised.left_open(found))
    return _LookedUp(batch, part, rest, paid, cheques, opened, invoices)


def _decide(found: _LookedUp) -> tuple[OpenedBook, list[Decision]]:
    opened = found.opened or OpenedBook(book_of(found.part, found.invoices), found.invoices)
    return opened, decide_from_book(found.part, opened.book, found.cheques)


async def _virtual_accounts_paid(
    connection: AsyncConnection, account: Row, batch: ReadBatch
) -> dict[int, str]:
    """The partner of each line that names a virtual account, which tells the payer before names do."""
    words = {word for line in batch.lines for word in possible_numbers(line)}
    known = await virtual_accounts_named(connection, account.id, words)
    if not known:
        return {}
    paid = ((number, partner_paid(line, known)) for number, line in enumerate(batch.lines))
    return {number: partner for number, partner in paid if partner}


def _part_of(batch: ReadBatch, numbers: Sequence[int]) -> ReadBatch:
    return replace(
        batch,
        lines=tuple(batch.lines[number] for number in numbers),
        narrations=tuple(batch.narrations[number] for number in numbers),
        views=tuple(batch.views[number] for number in numbers),
    )


def bookable(new: NewLine, decision: Decision, account: Row, disputed: Mapping[UUID, str]) -> Decision:
    """Never booked by itself: money in another currency than the account's, or told over another amount elsewhere."""
    if new.line.currency != account.currency and decision.outcome is Outcome.AUTO:
        text = f"The line is in {new.line.currency}, the account in {account.currency}"
        decision = left_to_a_person(decision, Reason("currency_differs", text))
    if new.id in disputed:
        decision = left_to_a_person(decision, Reason("told_amount_differs", disputed[new.id]))
    return decision


def left_to_a_person(decision: Decision, reason: Reason) -> Decision:
    """The same explanation, for a person to look at."""
    return replace(decision, outcome=Outcome.EXCEPTION, reasons=(reason, *decision.reasons))
