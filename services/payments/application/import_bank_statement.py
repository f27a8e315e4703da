"""Reads a received statement file to its end: every line is stored once, decided, and booked when it is certain.

The import runs in chunks, each decided while nothing is locked and then booked in one transaction, and remembers how far
it came, so that an import that was killed goes on where it stopped and books nothing twice.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import BinaryIO, Final, Protocol, cast
from uuid import UUID

from services.payments.adapters.invoice_shelf import InvoiceShelf
from services.payments.adapters.line_store import RaisedException, raise_exceptions
from services.payments.adapters.matching_inputs import MatchingKnowledge, matching_knowledge
from services.payments.adapters.published_facts import publish_statement
from services.payments.adapters.queries.statements import counts_of_lines, counts_with
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_accounts import account_numbers
from services.payments.adapters.repositories.redecisions import request_redecision
from services.payments.adapters.statement_chain import chain_findings
from services.payments.adapters.statement_formats import SEVERAL_ACCOUNTS, StatementFormat, read_statement
from services.payments.adapters.statement_store import (
    add_part,
    open_content,
    set_failure,
    set_progress,
    set_state,
    statement_for_import,
    statement_to_import,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.store_lines import ChunkDecided, decide_chunk, store_chunk
from services.payments.domain.account_number import AccountOfImport, is_same_account
from services.payments.domain.bank_statement import (
    PartClosed,
    PartOpened,
    RejectedLine,
    StatementEvent,
    StatementLine,
)
from shared.database import Database
from shared.errors import Refusal
from shared.freed_memory import give_back_freed

# Another import of the account, a told receipt or an advice may come between a chunk's decision and its booking.
LOOKS_MAX: Final = 16


class ChunkOvertaken(Exception):
    """Each time a chunk was decided somebody changed what it was decided from; the job tries again later."""


class Progress(Protocol):
    """Where an import tells how far it is."""

    async def __call__(self, *, message: str, counts: dict[str, int]) -> None: ...


@dataclass(slots=True)
class _Chunk:
    """What was read since the last transaction, and how many lines of the file that makes."""

    lines_read: int = 0
    is_last: bool = False
    lines: list[StatementLine | RejectedLine] = field(default_factory=list)
    parts: list[tuple[PartOpened, PartClosed]] = field(default_factory=list)


async def import_bank_statement(
    database: Database, statement_id: UUID, progress: Progress, *, lines_per_chunk: int
) -> None:
    """Import the statement; repeating it is harmless. A file that breaks half-way keeps the lines before the break."""
    async with UnitOfWork(database) as work:
        statement = await statement_for_import(work.connection, statement_id)
        if statement.state == "imported":
            return
        content = await open_content(work.connection, statement_id)
        knowledge = replace(await matching_knowledge(work.connection), shelf=InvoiceShelf())
        account = await _account_of(work, statement)
    with content:
        events = read_statement(
            cast("BinaryIO", content),
            StatementFormat(statement.statement_format),
            default_currency=statement.currency,
        )
        reader = ChunkReader(events, lines_per_chunk, statement.lines_read, account)
        try:
            async with aclosing(chunks_of(reader)) as chunks:
                async for chunk in chunks:
                    await _import_chunk(database, statement_id, chunk, knowledge)
                    give_back_freed()
                    counts = {"lines_read": chunk.lines_read}
                    await progress(message=f"{chunk.lines_read} lines read", counts=counts)
        except Refusal as refusal:
            await _fail(database, statement_id, refusal)
            raise
    await _finish(database, statement_id)


async def _account_of(work: UnitOfWork, statement: Row) -> AccountOfImport:
    numbers = await account_numbers(work.connection)
    return AccountOfImport(
        statement.bank_account_number,
        tuple(number for number in numbers if number != statement.bank_account_number),
        names_accounts=StatementFormat(statement.statement_format) in SEVERAL_ACCOUNTS,
    )


async def chunks_of(reader: "ChunkReader") -> AsyncGenerator[_Chunk, None]:
    """The file in chunks, read by one thread from its first byte to its close, so that heartbeats go on meanwhile.

    One and the same thread: libxml2 keeps names in a dictionary per thread, and a parser that is fed by one and
    freed by another corrupts the heap. A refusal in the middle of the file is raised only after the lines before
    it were handed out.
    """
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="statement-reader") as thread:
        try:
            ahead = loop.run_in_executor(thread, reader.next_chunk)
            while not (chunk := await ahead).is_last:
                ahead = loop.run_in_executor(thread, reader.next_chunk)  # while this one is booked
                yield chunk
            yield chunk
        finally:
            await loop.run_in_executor(thread, reader.close)
    if reader.broken is not None:
        raise reader.broken


@dataclass(slots=True)
class ChunkReader:
    """Pulls events off the parser.

    The first `lines_stored` were stored by an import that was interrupted, and are passed over: counted, because the
    numbers of a file that runs newest first go down. What belongs to another of our accounts than the file was sent
    for is information here and booked when the file is sent for that one.
    """

    events: Iterator[StatementEvent]
    lines_per_chunk: int
    lines_stored: int
    account: AccountOfImport
    lines_read: int = 0
    opened: PartOpened | None = None
    broken: Refusal | None = None
    is_finished: bool = False

    def next_chunk(self) -> _Chunk:
        chunk = _Chunk()
        try:
            while len(chunk.lines) < self.lines_per_chunk:
                event = next(self.events, None)
                if event is None:
                    self.is_finished = True
                    break
                self._take(event, chunk)
        except Refusal as refusal:
            self.broken, self.is_finished = refusal, True
        chunk.lines_read, chunk.is_last = self.lines_read, self.is_finished
        return chunk

    def close(self) -> None:
        """Free the parser, also when the file was left in the middle."""
        if isinstance(self.events, Generator):
            self.events.close()

    def _take(self, event: StatementEvent, chunk: _Chunk) -> None:
        if isinstance(event, PartOpened):
            is_ours = not self.account.is_elsewhere(event.account_number)
            self.opened = replace(event, is_final=event.is_final and is_ours)
        elif isinstance(event, PartClosed):
            if self.opened is not None:
                chunk.parts.append((self.opened, event))
        else:
            self.lines_read += 1
            if self.lines_read > self.lines_stored:
                chunk.lines.append(self._of_part(event))

    def _of_part(self, line: StatementLine | RejectedLine) -> StatementLine | RejectedLine:
        """No line is more final than its part."""
        if isinstance(line, RejectedLine) or self.opened is None or self.opened.is_final:
            return line
        return replace(line, is_final=False)


async def _import_chunk(
    database: Database, statement_id: UUID, chunk: _Chunk, knowledge: MatchingKnowledge
) -> None:
    for _ in range(LOOKS_MAX):
        if await _decide_and_store(database, statement_id, chunk, knowledge):
            return
        if knowledge.shelf is not None:
            knowledge.shelf.clear()
    raise ChunkOvertaken(f"Lines up to {chunk.lines_read} of {statement_id} were overtaken {LOOKS_MAX} times")


async def _decide_and_store(
    database: Database, statement_id: UUID, chunk: _Chunk, knowledge: MatchingKnowledge
) -> bool:
    """False when others changed what the chunk was decided from: nothing of it is stored."""
    async with database.reading() as connection:
        statement = await statement_to_import(connection, statement_id)
    decided: ChunkDecided | None = None
    if chunk.lines and chunk.lines_read > statement.lines_read:
        decided = await decide_chunk(database, statement, chunk.lines, knowledge)
    at = datetime.now(UTC)
    async with UnitOfWork(database) as work:
        statement = await statement_for_import(work.connection, statement_id)
        if decided is not None and chunk.lines_read > statement.lines_read:
            if not await store_chunk(work, statement, decided, knowledge=knowledge, at=at):
                return False
            numbers = [line.line_number for line in chunk.lines]
            more = await counts_of_lines(work.connection, statement_id, numbers)
            counts = counts_with(statement.counts, more)
            await set_progress(work.connection, statement_id, chunk.lines_read, counts)
        await _add_parts(work, statement, chunk, at)
        await work.commit()
    return True


async def _add_parts(work: UnitOfWork, statement: Row, chunk: _Chunk, at: datetime) -> None:
    raised = []
    for opened, closed in chunk.parts:
        proof = await add_part(work.connection, statement.id, opened, closed)
        if proof is not None:
            gaps = await chain_findings(work.connection, statement.id, opened, closed)
            found = replace(closed, findings=(*closed.findings, *gaps))
            raised += _part_exceptions(statement, opened, found, proof)
    await raise_exceptions(work.connection, statement.id, raised, at)


def _part_exceptions(
    statement: Row, opened: PartOpened, closed: PartClosed, proof: str
) -> list[RaisedException]:
    name = f"Statement {opened.identification or opened.part_number}"
    raised = [RaisedException(finding.code, f"{name}: {finding.detail}") for finding in closed.findings]
    if proof == "mismatch" and closed.is_complete is not False:
        raised.append(
            RaisedException(
                "balance_mismatch", f"{name}: opening balance and lines do not give the closing balance"
            )
        )
    if opened.account_number and not is_same_account(opened.account_number, statement.bank_account_number):
        became = "imported as" if opened.is_final else "kept as information for"
        raised.append(
            RaisedException(
                "account_differs",
                f"{name} names account {opened.account_number}, {became} {statement.bank_account_number}",
            )
        )
    if closed.balance_breaks:
        lines = ", ".join(map(str, closed.balance_breaks[:10]))
        raised.append(
            RaisedException("running_balance_break", f"{name}: the running balance breaks at line {lines}")
        )
    return raised


async def _fail(database: Database, statement_id: UUID, refusal: Refusal) -> None:
    async with UnitOfWork(database) as work:
        await set_failure(work.connection, statement_id, refusal.code, refusal.detail)
        raised = RaisedException(refusal.code, f"The file breaks: {refusal.detail}")
        await raise_exceptions(work.connection, statement_id, [raised], datetime.now(UTC))
        await work.commit()


async def _finish(database: Database, statement_id: UUID) -> None:
    async with UnitOfWork(database) as work:
        statement = await statement_for_import(work.connection, statement_id)
        await set_state(work.connection, statement_id, "imported", datetime.now(UTC))
        publish_statement(work, statement, counts_with(statement.counts, {}))
        await request_redecision(work.connection, "statement_imported")
        await work.commit()
