"""Chunks of a statement file are read by one thread, which also frees the parser."""

import threading
from collections.abc import Iterator
from contextlib import aclosing
from datetime import date

import pytest

from services.payments.application.import_bank_statement import ChunkReader, chunks_of
from services.payments.domain.account_number import AccountOfImport
from services.payments.domain.bank_statement import StatementEvent, StatementLine
from services.payments.domain.errors import StatementUnreadable

ANY = AccountOfImport("50100012345678", (), names_accounts=False)


def events_noting_their_thread(
    noted: list[int], *, count: int, breaks: bool = False
) -> Iterator[StatementEvent]:
    try:
        for number in range(1, count + 1):
            noted.append(threading.get_ident())
            yield StatementLine(number, 1, date(2026, 10, 1), date(2026, 10, 1), 100, "INR", "NEFT")
        if breaks:
            raise StatementUnreadable("the file is cut off")
    finally:
        noted.append(threading.get_ident())


async def test_a_file_is_read_to_its_end_by_one_thread_that_is_not_the_loops() -> None:
    noted: list[int] = []

    chunks = [
        chunk async for chunk in chunks_of(ChunkReader(events_noting_their_thread(noted, count=7), 2, 0, ANY))
    ]

    assert [len(chunk.lines) for chunk in chunks] == [2, 2, 2, 1]
    assert len(set(noted)) == 1
    assert threading.get_ident() not in noted


async def test_a_file_left_in_the_middle_is_closed_by_the_thread_that_read_it() -> None:
    noted: list[int] = []

    async with aclosing(
        chunks_of(ChunkReader(events_noting_their_thread(noted, count=7), 2, 0, ANY))
    ) as chunks:
        await anext(chunks)

    assert len(noted) == 5  # two lines handed out, two read ahead of them, and the end
    assert len(set(noted)) == 1


async def test_lines_before_a_break_are_handed_out_before_it_is_raised() -> None:
    reader = ChunkReader(events_noting_their_thread([], count=3, breaks=True), 2, 0, ANY)
    seen: list[int] = []

    with pytest.raises(StatementUnreadable):  # noqa: PT012 -- what is seen before it is the point
        async for chunk in chunks_of(reader):
            seen += [line.line_number for line in chunk.lines]

    assert seen == [1, 2, 3]
