"""Stores one chunk of statement lines: known ones are recognised, new ones decided and booked."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.line_store import (
    LineOutcome,
    NewLine,
    add_bank_lines,
    add_statement_lines,
    lines_of_earlier_files,
)
from services.payments.adapters.matching_inputs import MatchingKnowledge
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_accounts import bank_account_for_update
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.decide_lines import decide_lines
from services.payments.application.start_clocks import start_clocks
from services.payments.domain.bank_statement import RejectedLine, StatementLine
from services.payments.domain.line_identity import LineKey, narration_key, repeated_lines
from services.payments.domain.transaction_reference import strong_reference


async def store_lines(
    work: UnitOfWork,
    statement: Row,
    lines: Sequence[StatementLine | RejectedLine],
    *,
    knowledge: MatchingKnowledge,
    at: datetime,
) -> None:
    """One transaction per chunk. Imports of one bank account wait for each other, those of others do not."""
    account = await bank_account_for_update(work.connection, statement.bank_account_number)
    final = [line for line in lines if isinstance(line, StatementLine) and line.is_final]
    keys = [line_key(line) for line in final]
    stored = await lines_of_earlier_files(work.connection, account.id, statement.id, keys)
    repeats = dict(zip((line.line_number for line in final), repeated_lines(keys, stored), strict=True))
    new = [
        NewLine(uuid7(), line, key)
        for line, key in zip(final, keys, strict=True)
        if repeats[line.line_number] is None
    ]
    await add_bank_lines(
        work.connection, bank_account_id=account.id, statement_id=statement.id, lines=new, at=at
    )
    ids = {one.line.line_number: one.id for one in new}
    await add_statement_lines(work.connection, statement.id, [_outcome(line, ids, repeats) for line in lines])
    await start_clocks(work, account.id, new, at)
    await decide_lines(work, account, statement.id, new, knowledge=knowledge, at=at)


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
