"""P13: an account statement of ten thousand movements as JSON, XLSX and PDF against what each cannot do without.

JSON, composed and proved, against the bare query that reads movements, open items and ledger; XLSX against
XlsxWriter given the same cells; PDF against typst given the same template and input.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any, Final

import asyncpg
import msgspec
import xlsxwriter

from services.payments.adapters.account_documents.content import Content, plain_content, statement_content
from services.payments.adapters.account_documents.letterhead import Letterhead
from services.payments.adapters.account_documents.statement_pdf import (
    TEMPLATE,
    laid_out_statement,
    statement_pdf,
)
from services.payments.adapters.account_documents.statement_xlsx import statement_xlsx
from services.payments.adapters.queries.accounts_as_of import ACCOUNT, account_parameters
from services.payments.application.book_receipts import book_receipts
from services.payments.application.compose_statement import compose_statement
from services.payments.domain.account_statement import (
    AccountStatement,
    Period,
    StatementKind,
    StatementWanted,
)
from services.payments.domain.ageing import BOUNDS_USUAL, AgeingBasis
from shared.database import Database, UnitOfWork
from shared.documents.pdf import render_pdf
from tests.benchmarks.booked_world import BookedWorld
from tests.benchmarks.ratios import REPETITIONS, Ratio, seconds_of

PAID_INVOICES: Final = 3_400  # each an invoice, a receipt and tax deducted: 10,200 movements
PARTNER: Final = "B00000"
PERIOD: Final = Period(date(2026, 4, 1), date(2026, 11, 20))
WANTED: Final = StatementWanted(PARTNER, StatementKind.ACTIVITY, PERIOD, AgeingBasis.DUE, BOUNDS_USUAL)
HOUSE: Final = Letterhead("Bench Engines Limited", ("Pune 411026",))
MADE_AT: Final = datetime(2026, 11, 20, tzinfo=UTC)


async def measure(url: str) -> Ratio:
    """`url` is a migrated payments database. The value of a repetition is its worst of the three ratios."""
    database = Database(url, application_name="bench")
    await _book(database)
    bare = await asyncpg.connect(url)
    async with database.reading() as connection:
        statement = await compose_statement(connection, WANTED)
    ratios: list[float] = []
    for repetition in range(REPETITIONS + 1):  # the first one warms up
        # Other balances each time: typst remembers what it has set before.
        first, second = (_content(statement, 2 * repetition + place) for place in (1, 2))
        parts = {
            "json": await seconds_of(lambda: _bare_query(bare)) / await seconds_of(lambda: _json(database)),
            "xlsx": await asyncio.to_thread(lambda: _seconds(_bare_xlsx, first) / _seconds(_xlsx, second)),  # noqa: B023
            "pdf": await asyncio.to_thread(lambda: _seconds(_bare_pdf, _laid_out(first)) / _seconds(_pdf, second)),  # noqa: B023
        }  # fmt: skip
        if repetition:
            ratios.append(min(parts.values()))
            print(f"P13 {repetition}: " + ", ".join(f"{name} {value:.2f}" for name, value in parts.items()))
    await bare.close()
    await database.close()
    what = "account statement of 10,200 movements, the worst of JSON, XLSX and PDF"
    return Ratio("P13", what, "bare query, bare XlsxWriter, bare typst", 0.70, 0.90, tuple(ratios))


async def _book(database: Database) -> None:
    world = await BookedWorld.opened(database, partner_count=50)
    for of_partner, count in ((0, PAID_INVOICES), (None, PAID_INVOICES)):
        receipts = await world.receipts(count, of_partner=of_partner)
        async with UnitOfWork(database) as work:
            await book_receipts(work, receipts, actor="bench", at=datetime.now(UTC))
            await work.commit()


def _content(statement: AccountStatement, shift: int) -> Content:
    """The statement with every balance moved a little."""
    sections = tuple(
        replace(one, opening_minor=one.opening_minor + shift * 100) for one in statement.sections
    )
    return plain_content(statement_content(replace(statement, sections=sections)))


async def _json(database: Database) -> bytes:
    async with database.reading() as connection:
        return msgspec.json.encode(statement_content(await compose_statement(connection, WANTED)))


async def _bare_query(connection: Any) -> None:
    text = ACCOUNT
    values = []
    for place, (name, value) in enumerate(account_parameters(PARTNER, PERIOD).items(), start=1):
        text = text.replace(f":{name}", f"${place}")
        values.append(value)
    await connection.fetchrow(text, *values)


def _xlsx(content: Content) -> bytes:
    return statement_xlsx(content, HOUSE, language="en", made_at=MADE_AT)


def _pdf(content: Content) -> bytes:
    return statement_pdf(content, HOUSE, language="en")


def _laid_out(content: Content) -> Content:
    return laid_out_statement(content, HOUSE, language="en")


def _seconds(work: Callable[[Content], object], content: Content) -> float:
    started = time.perf_counter()
    work(content)
    return time.perf_counter() - started


def _bare_xlsx(content: Any) -> bytes:
    """The same cells in the same looks, with nothing decided on the way."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    money, day = (
        book.add_format({"num_format": "##,##,##0.00"}),
        book.add_format({"num_format": "dd-mm-yyyy"}),
    )
    for section in content["sections"]:
        sheet = book.add_worksheet()
        for row, one in enumerate(section["movements"], start=1):
            sheet.write_datetime(row, 0, datetime.fromisoformat(one["on"]), day)
            sheet.write_string(row, 1, one["kind"])
            sheet.write_string(row, 2, one["document_number"])
            sheet.write_string(row, 3, one["reference"])
            for column, name in ((4, "debit"), (5, "credit"), (6, "balance")):
                if one[name] is not None:
                    sheet.write_number(row, column, float(one[name]["amount"]), money)
        sheet = book.add_worksheet()
        for row, one in enumerate(section["certificates_awaited"], start=1):
            sheet.write_datetime(row, 0, datetime.fromisoformat(one["deducted_on"]), day)
            sheet.write_string(row, 1, one["kind"])
            sheet.write_string(row, 2, one["document_number"])
            sheet.write_number(row, 3, float(one["amount"]["amount"]), money)
    book.close()
    return target.getvalue()


def _bare_pdf(laid_out: Content) -> bytes:
    return render_pdf(TEMPLATE, laid_out, is_tagged=False)
