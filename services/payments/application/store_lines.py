"""Decides one chunk of statement lines and stores it: known ones are recognised, new ones decided and booked.

Deciding takes seconds, so it is done before the transaction that books. What it rests on and others may change is looked
at once more when that transaction has its locks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.line_store import (
    LineOutcome,
    NewLine,
    add_bank_lines,
    add_statement_lines,
    lines_of_earlier_files,
    lines_of_other_files,
)
from services.payments.adapters.matching_inputs import MatchingKnowledge
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_accounts import (
    bank_account_by_number,
    bank_account_for_update,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.decide_lines import LinesDecided, carry_out, decide_lines
from services.payments.application.start_clocks import start_clocks
from services.payments.domain.bank_statement import RejectedLine, StatementLine
from services.payments.domain.line_identity import LineKey, narration_key, repeated_lines
from services.payments.domain.transaction_reference import strong_reference
from shared.database import Database


@dataclass(frozen=True, slots=True)
class ChunkDecided:
    """Lines of one chunk, told apart and decided. `lines_of_others`: how far other files of the account were then."""

    outcomes: Sequence[LineOutcome]
    lines_of_others: int
    decided: LinesDecided


async def decide_chunk(
    database: Database,
    statement: Row,
    lines: Sequence[StatementLine | RejectedLine],
    knowledge: MatchingKnowledge,
) -> ChunkDecided:
    """Known lines are recognised, new ones decided; nothing is written or locked."""
    final = [line for line in lines if isinstance(line, StatementLine) and line.is_final]
    keys = [line_key(line) for line in final]
    async with database.reading() as connection:
        account = await bank_account_by_number(connection, statement.bank_account_number)
        stored = await lines_of_earlier_files(connection, account.id, statement.id, keys)
        others = await lines_of_other_files(connection, account.id, statement.id)
    repeats = dict(zip((line.line_number for line in final), repeated_lines(keys, stored), strict=True))
    new = [
        NewLine(uuid7(), line, key)
        for line, key in zip(final, keys, strict=True)
        if repeats[line.line_number] is None
    ]
    ids = {one.line.line_number: one.id for one in new}
    outcomes = [_outcome(line, ids, repeats) for line in lines]
    return ChunkDecided(outcomes, others, await decide_lines(database, account, new, knowledge))


async def store_chunk(
    work: UnitOfWork, statement: Row, chunk: ChunkDecided, *, knowledge: MatchingKnowledge, at: datetime
) -> bool:
    """Store the lines and carry out what was decided of them. Imports of one account wait for each other here.

    False when it rests on what somebody changed meanwhile: the caller undoes the transaction and decides again.
    """
    account = await bank_account_for_update(work.connection, statement.bank_account_number)
    others = await lines_of_other_files(work.connection, account.id, statement.id)
    if others != chunk.lines_of_others:
        return False
    new = chunk.decided.lines
    await add_bank_lines(
        work.connection, bank_account_id=account.id, statement_id=statement.id, lines=new, at=at
    )
    await add_statement_lines(work.connection, statement.id, chunk.outcomes)
    await start_clocks(work, account.id, new, at)
    return await carry_out(work, account, statement.id, chunk.decided, knowledge=knowledge, at=at)


def line_key(line: StatementLine) -> LineKey:
    """What identifies the line in whatever format the bank sends it."""
    return LineKey(line.value_on, line.amount_minor, strong_reference(line), narration_key(line.narration))


def _outcome(
    line: StatementLine | RejectedLine, ids: dict[int, UUID], repeats: dict[int, UUID | None]
) -> LineOutcome:
    if isinstance(line, RejectedLine):
        return LineOutcome(line, "rejected")
    if not line.is_final:
        return LineOutcome(line, "information")
    known = repeats[line.line_number]
    if known is not None:
        return LineOutcome(line, "duplicate", known)
    return LineOutcome(line, "new", ids[line.line_number])
