"""Published statements: frozen, numbered, hashed, superseded but never gone; many at once, each on its own."""

import asyncio
import hashlib
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
import python_calamine

from services.payments.application.publish_statements import (
    PublishMany,
    publish_statements,
    request_statements,
)
from services.payments.domain.account_statement import Period, StatementKind
from services.payments.domain.ageing import BOUNDS_USUAL, AgeingBasis
from services.payments.domain.posting import Posting
from shared.database import Database, UnitOfWork
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_account_statements_api import BREAK, some_business
from tests.integration.payments.test_payment_queries import call
from tests.integration.payments.test_settlements_api import post, rupees
from tests.integration.payments.test_verify_ledger import tamper
from tests.integration.service_callers import a_caller

PUBLISHED = "salesops.payments.statement_published.v1"
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


def a_request(**changes: object) -> dict[str, object]:
    return {"partner_code": "CP0001", "from": "2026-10-01", "to": "2026-10-31", **changes}


async def published(calling_payments: CallAs, **changes: object) -> dict[str, Any]:
    reply = await post(calling_payments, "/v1/account-statements", a_request(**changes))
    assert reply.status_code in (200, 201), reply.text
    body: dict[str, Any] = reply.json()
    return body


async def content(calling_payments: CallAs, statement_id: str, file_format: str) -> httpx.Response:
    path = f"/v1/account-statements/{statement_id}/content?format={file_format}"
    return await call(calling_payments, "GET", path)


async def test_a_published_statement_is_numbered_frozen_and_told(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)

    body = await published(calling_payments)

    assert (body["number"], body["from"], body["to"]) == ("AS/2627/CP0001/0001", "2026-10-01", "2026-10-31")
    assert body["balances"] == [{"opening": rupees("0.00"), "closing": rupees("680.00")}]
    (event,) = await books.events(PUBLISHED)
    told = msgspec.json.decode(event)["data"]
    assert told["content_path"] == f"/v1/account-statements/{body['id']}/content"
    assert told["balances"] == [{"currency": "INR", "closing_minor": 68_000}]


@pytest.mark.parametrize("file_format", ["json", "csv", "xlsx", "pdf"])
async def test_the_content_is_the_same_bytes_every_time_and_has_the_hash_told(
    books: PaymentsBooks, calling_payments: CallAs, file_format: str
) -> None:
    await some_business(books)
    body = await published(calling_payments)

    first = await content(calling_payments, body["id"], file_format)
    await books.register(invoice("INV/9", total_minor=500))
    second = await content(calling_payments, body["id"], file_format)

    hashes = {one["format"]: one["sha256"] for one in body["files"]}
    assert first.content == second.content
    assert hashlib.sha256(first.content).hexdigest() == hashes[file_format]
    assert first.headers["content-disposition"] == f'attachment; filename="AS-2627-CP0001-0001.{file_format}"'


async def test_the_same_request_on_unchanged_books_answers_the_statement_that_is_there(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)

    first = await published(calling_payments)
    second = await published(calling_payments)

    assert first["id"] == second["id"]
    assert len(await books.events(PUBLISHED)) == 1


async def test_books_that_changed_give_a_new_statement_and_the_old_one_stays(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)
    old = await published(calling_payments)
    await books.register(invoice("INV/3", total_minor=10_000))

    new = await published(calling_payments)

    assert (new["supersedes_id"], new["number"]) == (old["id"], "AS/2627/CP0001/0002")
    listed = (await call(calling_payments, "GET", "/v1/account-statements?is_superseded=true")).json()
    assert [(one["id"], one["superseded_by_id"]) for one in listed["items"]] == [(old["id"], new["id"])]
    assert (await content(calling_payments, old["id"], "pdf")).status_code == 200


async def test_many_ask_at_once_and_one_statement_is_made(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)

    bodies = await asyncio.gather(*(published(calling_payments) for _ in range(5)))

    assert len({body["id"] for body in bodies}) == 1
    assert await books.value("SELECT count(*) FROM account_statements") == 1


async def test_a_statement_that_does_not_prove_is_neither_frozen_nor_told(
    books: PaymentsBooks, calling_payments: CallAs, superuser: Database
) -> None:
    await some_business(books)
    await tamper(superuser, BREAK)

    replies = [await post(calling_payments, "/v1/account-statements", a_request()) for _ in range(2)]

    assert {(one.status_code, one.json()["code"]) for one in replies} == {(409, "statement_unproved")}
    assert await books.exceptions() == ["statement_unproved"]
    assert not await books.events(PUBLISHED)
    assert await books.value("SELECT count(*) FROM account_statements") == 0


async def test_the_database_itself_refuses_figures_that_do_not_prove(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)
    body = await published(calling_payments)

    with pytest.raises(Exception, match="ck_account_statement_balances_proved"):
        await books.write(
            "INSERT INTO account_statement_balances VALUES (:id, 'USD', 0, 5, 0, 5, 5, 4, 5)", id=body["id"]
        )


@pytest.mark.parametrize(
    "table",
    [
        "account_statements",
        "account_statement_balances",
        "account_statement_files",
        "account_statement_batches",
    ],
)
async def test_what_was_published_is_never_changed(
    books: PaymentsBooks, calling_payments: CallAs, table: str
) -> None:
    await published(calling_payments)

    with pytest.raises(Exception, match="append-only"):
        await books.write(f"DELETE FROM {table}")


async def test_a_partner_sees_its_own_statements_only(books: PaymentsBooks, calling_payments: CallAs) -> None:
    body = await published(calling_payments)
    path = f"/v1/account-statements/{body['id']}"

    seen = {}
    for code in ("CP0001", "CP0002"):
        caller = a_caller("partner", partner_code=code)
        replies = [
            await call(calling_payments, "GET", one, caller=caller) for one in (path, f"{path}/content")
        ]
        listed = (await call(calling_payments, "GET", "/v1/account-statements", caller=caller)).json()
        seen[code] = ([one.status_code for one in replies], len(listed["items"]))

    assert seen == {"CP0001": ([200, 200], 1), "CP0002": ([404, 404], 0)}


async def test_the_workbook_holds_the_figures_and_its_totals_are_formulas(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)
    await books.register(invoice("=HYPERLINK(1)", total_minor=100))
    body = await published(calling_payments, language="mr")

    book = python_calamine.load_workbook(
        BytesIO((await content(calling_payments, body["id"], "xlsx")).content)
    )

    rows = book.get_sheet_by_index(1).to_python()
    assert rows[1][:3] == [date(2026, 10, 1), "बीजक", "INV/1"]
    assert [rows[-1][4], rows[-1][5], rows[-1][6]] == [1181.0, 500.0, 681.0]
    assert rows[2][2] == "=HYPERLINK(1)"


async def test_the_csv_makes_texts_harmless_that_spreadsheets_would_calculate(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.register(invoice("=HYPERLINK(1)", total_minor=100))
    body = await published(calling_payments)

    lines = (await content(calling_payments, body["id"], "csv")).text.splitlines()

    assert lines[2] == "INR,2026-10-01,invoice,'=HYPERLINK(1),,1.00,,1.00"


async def requested(books: PaymentsBooks, *codes: str, kind: StatementKind = StatementKind.ACTIVITY) -> UUID:
    async with UnitOfWork(books.database) as work:
        batch_id = await request_statements(
            work,
            PublishMany(kind, OCTOBER, AgeingBasis.DUE, BOUNDS_USUAL, "en", codes),
            Posting("tests", datetime.now(UTC), date(2026, 11, 1)),
        )
        await work.commit()
    return batch_id


async def no_progress(*, message: str, counts: dict[str, int], percent: int) -> None:
    """Nobody watches."""


async def outcomes(books: PaymentsBooks) -> dict[str, str]:
    rows = await books.rows("SELECT partner_code, outcome FROM account_statement_batch_entries")
    return {row.partner_code: row.outcome for row in rows}


async def test_in_a_batch_one_that_is_refused_stops_no_other_and_nothing_to_send_is_recorded(
    books: PaymentsBooks, superuser: Database
) -> None:
    await some_business(books)
    await tamper(superuser, BREAK)

    await publish_statements(books.database, await requested(books), no_progress)

    assert await outcomes(books) == {"CP0001": "refused", "CP0002": "published", "CP0003": "nothing_to_send"}
    assert await books.exceptions() == ["statement_unproved"]


async def test_an_outstanding_statement_on_which_nothing_is_open_is_not_sent(books: PaymentsBooks) -> None:
    owed = invoice("INV/1")
    await books.register(owed)
    await books.book(receipt([pays(owed)]))

    batch_id = await requested(books, "CP0001", kind=StatementKind.OUTSTANDING)
    await publish_statements(books.database, batch_id, no_progress)

    assert await outcomes(books) == {"CP0001": "nothing_to_send"}


async def test_a_partner_with_only_an_opening_balance_gets_its_statement(books: PaymentsBooks) -> None:
    await books.register(invoice("INV/1", issued_on=date(2026, 8, 1), due_on=date(2026, 8, 31)))

    await publish_statements(books.database, await requested(books, "CP0001"), no_progress)

    assert await outcomes(books) == {"CP0001": "published"}


class Interrupted(Exception):
    """The worker dies after the first partner."""


async def test_a_batch_that_died_goes_on_where_it_stopped(books: PaymentsBooks) -> None:
    await some_business(books)
    batch_id = await requested(books)

    async def die(*, message: str, counts: dict[str, int], percent: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        await publish_statements(books.database, batch_id, die)
    await publish_statements(books.database, batch_id, no_progress)

    assert await outcomes(books) == {
        "CP0001": "published",
        "CP0002": "published",
        "CP0003": "nothing_to_send",
    }
    assert len(await books.events(PUBLISHED)) == 2


async def test_a_fault_is_recorded_for_its_partner_and_the_batch_goes_on(
    books: PaymentsBooks, superuser: Database
) -> None:
    await some_business(books)
    batch_id = await requested(books)
    await tamper(superuser, "UPDATE account_statement_batches SET language = 'of nobody'")

    await publish_statements(books.database, batch_id, no_progress)

    assert await outcomes(books) == {"CP0001": "failed", "CP0002": "failed", "CP0003": "nothing_to_send"}


async def test_a_batch_is_requested_followed_and_listed_over_the_api(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await some_business(books)
    reply = await post(
        calling_payments, "/v1/account-statement-batches", {"kind": "outstanding", "zone": "west"}
    )

    assert reply.status_code == 202, reply.text
    batch_id = reply.json()["id"]
    await publish_statements(books.database, UUID(batch_id), no_progress)
    batch = (await call(calling_payments, "GET", f"/v1/account-statement-batches/{batch_id}")).json()
    entries = (
        await call(calling_payments, "GET", f"/v1/account-statement-batches/{batch_id}/entries")
    ).json()
    assert (batch["partners"], batch["published"], batch["job_state"]) == (1, 1, "queued")
    assert [(one["partner_code"], one["outcome"]) for one in entries["items"]] == [("CP0001", "published")]


async def test_a_batch_for_a_partner_that_is_not_there_is_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    reply = await post(calling_payments, "/v1/account-statement-batches", {"partner_codes": ["CP0404"]})

    assert (reply.status_code, reply.json()["code"]) == (422, "partner_unknown")


@pytest.mark.parametrize(
    ("file_format", "begins"), [("pdf", b"%PDF"), ("xlsx", b"PK"), ("csv", b"currency,on"), ("json", b"{")]
)
async def test_the_figures_of_the_moment_come_in_every_format_too(
    books: PaymentsBooks, calling_payments: CallAs, file_format: str, begins: bytes
) -> None:
    await some_business(books)
    await books.book(receipt(on_account_minor=1))

    reply = await call(
        calling_payments, "GET", f"/v1/accounts/CP0001/statement?to=2026-10-31&format={file_format}&lang=hi"
    )

    assert (reply.status_code, reply.content[: len(begins)]) == (200, begins)
