"""Receiving a statement file: kept once, queued once, queued again when nothing came of it."""

import hashlib
from io import BytesIO

import pytest

from services.payments.adapters.statement_formats import detect_format
from services.payments.application.receive_bank_statement import (
    ReceivedFile,
    ReceivedStatement,
    receive_bank_statement,
)
from services.payments.domain.errors import BankAccountUnknown
from shared.database import UnitOfWork
from shared.jobs.table import cancel
from tests.factories.payments_books import ACCOUNT_NUMBER, AT, PaymentsBooks
from tests.factories.statement_files import csv_file


def a_file(content: bytes) -> ReceivedFile:
    digest = hashlib.sha256(content).digest()
    return ReceivedFile(BytesIO(content), digest, len(content), "october.csv", detect_format(content))


async def receive(
    books: PaymentsBooks, content: bytes, *, account: str = ACCOUNT_NUMBER
) -> ReceivedStatement:
    async with UnitOfWork(books.database) as work:
        received = await receive_bank_statement(work, account, a_file(content), actor="tests", at=AT)
        await work.commit()
        return received


async def test_the_same_file_twice_is_one_statement_with_one_job(books: PaymentsBooks) -> None:
    first, again = await receive(books, csv_file()), await receive(books, csv_file())

    assert again == ReceivedStatement(first.statement_id, first.job_id, is_repeated=True)
    assert (
        await books.value(
            "SELECT count(*) FROM jobs WHERE result_url LIKE :url", url=f"%{first.statement_id}"
        )
        == 1
    )


async def test_a_file_whose_import_was_cancelled_is_imported_when_it_is_sent_again(
    books: PaymentsBooks,
) -> None:
    first = await receive(books, csv_file())
    async with books.database.engine.begin() as connection:
        assert await cancel(connection, first.job_id)

    again = await receive(books, csv_file())

    assert (again.statement_id, again.is_repeated) == (first.statement_id, False)
    assert again.job_id != first.job_id
    assert await books.value("SELECT state FROM jobs WHERE id = :id", id=again.job_id) == "queued"


async def test_a_file_for_an_account_nobody_registered_is_not_kept(books: PaymentsBooks) -> None:
    with pytest.raises(BankAccountUnknown):
        await receive(books, csv_file(), account="NOBODYS")

    assert await books.value("SELECT count(*) FROM bank_statements") == 0
