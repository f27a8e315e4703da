"""The work list: what waits for a person, with the candidates to choose from, and the evidence of each line."""

from typing import Any

import pytest

from services.payments.adapters.queries.statements import counts_of_lines, statement_facts
from tests.factories.payments import ACCOUNT_NUMBER, invoice, partner, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, camt_file, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_ledger_guards import refused
from tests.integration.service_callers import a_caller

UTR = "HDFCR5202610140000000"
UNKNOWN = Entry(118_000, f"RTGS CR-UNKNOWN FIRM-{UTR}1", f"{UTR}1")
CUT_NAME = Entry(118_000, f"RTGS CR-SHREE GAN-{UTR}2", f"{UTR}2")
INTEREST = Entry(812, "INT.PD:01-07-2026 TO 30-09-2026")


async def listed(calling_payments: CallAs, query: str = "") -> list[dict[str, Any]]:
    async with calling_payments(a_caller()) as client:
        reply = await client.get(f"/v1/suggestions{query}")
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def shown(calling_payments: CallAs, line_id: object) -> dict[str, Any]:
    async with calling_payments(a_caller()) as client:
        reply = await client.get(f"/v1/bank-lines/{line_id}")
    assert reply.status_code == 200, reply.text
    assert reply.headers["ETag"].startswith(f'"{reply.json()["revision"]}-')
    body: dict[str, Any] = reply.json()
    return body


async def test_a_waiting_line_shows_its_candidates_and_when_its_time_ends(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(CUT_NAME))

    (line,) = await listed(calling_payments)

    assert (line["decision"], line["partner_code"], line["revision"]) == ("suggested", "CP0001", 1)
    assert line["due_at"] == "2026-10-15T18:30:00Z"
    (first,) = line["candidates"]
    assert (first["choice"], first["partner_code"]) == (1, "CP0001")
    assert first["on_account"] == {"amount": "1180.00", "currency": "INR"}
    assert 90 < first["share"] < 100
    assert "payer_name" in [reason["code"] for reason in first["reasons"]]


async def test_a_line_nobody_can_explain_still_shows_what_its_amount_would_fit(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.add_partners(partner("CP0004", "KONKAN IRRIGATION SYSTEMS"))
    owed = [
        invoice(f"INV/26-27/00400{place}", total_minor=118_000, partner_code=f"CP000{place}")
        for place in (1, 2, 3, 4)
    ]
    await books.register(*owed)
    await books.import_file(csv_file(UNKNOWN))

    (line,) = await listed(calling_payments)

    assert (line["decision"], line["partner_code"]) == ("exception", None)
    assert {one["partner_code"] for one in line["candidates"]} == {"CP0001", "CP0002", "CP0003", "CP0004"}
    assert all(one["allocations"] for one in line["candidates"])
    assert [one["bank_line_id"] for one in await listed(calling_payments, "?partner_code=CP0002")] == [
        line["bank_line_id"]
    ]
    assert await listed(calling_payments, "?partner_code=CP9999") == []


async def test_what_is_booked_or_money_out_does_not_wait(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.register(invoice())
    await books.import_file(
        csv_file(
            Entry(118_000, f"NEFT CR-SHREE GANESH ELECTRICALS INV/26-27/004000-{UTR}3", f"{UTR}3"),
            Entry(-5_000, "CHRG FOR NEFT"),
        )
    )

    assert await listed(calling_payments) == []


@pytest.mark.parametrize(
    ("query", "narrations"),
    [
        ("?decision=suggested", [CUT_NAME.narration]),
        ("?decision=exception&kind=receipt", [UNKNOWN.narration]),
        ("?kind=not_a_receipt", [INTEREST.narration]),
        ("?amount_gte=8.12&amount_lte=100", [INTEREST.narration]),
        ("?zone=west", [CUT_NAME.narration]),
        (f"?bank_account={ACCOUNT_NUMBER}&amount_gte=1180", [UNKNOWN.narration, CUT_NAME.narration]),
        ("?bank_account=other", []),
        ("?age_hours_gte=1&decision=suggested", [CUT_NAME.narration]),
        ("?age_hours_gte=99999", []),
    ],
)
async def test_the_work_list_is_narrowed_down(
    books: PaymentsBooks, calling_payments: CallAs, query: str, narrations: list[str]
) -> None:
    await books.import_file(csv_file(UNKNOWN, CUT_NAME, INTEREST))

    assert [one["narration"] for one in await listed(calling_payments, query)] == narrations


async def test_the_work_list_has_pages(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await books.import_file(csv_file(*(Entry(100 + n, f"CASH DEP UNKNOWN {n}") for n in range(5))))
    seen: list[str] = []
    cursor = ""
    async with calling_payments(a_caller()) as client:
        for _ in range(3):
            page = (await client.get(f"/v1/suggestions?limit=2{cursor}")).json()
            seen += [one["bank_line_id"] for one in page["items"]]
            cursor = f"&cursor={page['next_cursor']}"
        changed = await client.get(f"/v1/suggestions?limit=2&zone=west{cursor}")

    assert len(set(seen)) == 5
    assert changed.json()["code"] == "cursor_invalid"


async def test_every_figure_of_a_line_can_be_followed_to_what_the_bank_wrote(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.register(invoice())
    booked = Entry(118_000, f"NEFT CR-SHREE GANESH ELECTRICALS INV/26-27/004000-{UTR}3", f"{UTR}3")
    await books.import_file(csv_file(booked))
    await books.import_file(camt_file(booked))
    line_id = await books.value("SELECT id FROM bank_lines")

    line = await shown(calling_payments, line_id)

    assert booked.narration in line["raw"]
    assert [one["outcome"] for one in line["seen_in"]] == ["new", "duplicate"]
    (decision,) = line["decisions"]
    assert (decision["decision"], decision["decided_by"], decision["policy_version"]) == (
        "auto", "matching", "2026-10",
    )  # fmt: skip
    assert line["receipts"][0]["id"] == decision["receipt_id"]
    assert line["clock"]["booked_at"] is not None
    assert line["exceptions"] == []


async def test_a_line_that_does_not_exist_is_not_found(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    async with calling_payments(a_caller()) as client:
        reply = await client.get("/v1/bank-lines/0192f0c1-0000-7000-8000-00000000000f")

    assert reply.status_code == 404


@pytest.mark.parametrize("role", ["partner", "zonal_sales", "analyst"])
async def test_bank_lines_are_for_the_back_office(
    books: PaymentsBooks, calling_payments: CallAs, role: str
) -> None:
    caller = a_caller(role, zones=("west",), partner_code="CP0001" if role == "partner" else None)
    async with calling_payments(caller) as client:
        assert (await client.get("/v1/suggestions")).status_code == 403


async def test_a_second_receipt_of_a_line_is_possible_only_after_the_first_was_taken_back(
    books: PaymentsBooks,
) -> None:
    await books.import_file(csv_file(UNKNOWN))
    line_id = await books.value("SELECT id FROM bank_lines")
    first = receipt(on_account_minor=118_000, bank_line_id=line_id)
    await books.book(first)

    with refused("second standing receipt"):
        await books.book(receipt(on_account_minor=118_000, bank_line_id=line_id, attempt=2))
    await books.reverse(first)
    await books.book(receipt(on_account_minor=118_000, bank_line_id=line_id, attempt=2))
    with refused("second standing receipt"):
        await books.book(receipt(on_account_minor=118_000, bank_line_id=line_id, attempt=3))


async def test_the_counts_of_a_statement_say_also_how_it_stands_now(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    statement_id = await books.import_file(csv_file(UNKNOWN, CUT_NAME))
    async with calling_payments(a_caller()) as client:
        told = {
            "bank_account": ACCOUNT_NUMBER,
            "partner_code": "CP0001",
            "amount": {"amount": "1180.00", "currency": "INR"},
            "received_on": "2026-10-14",
            "reference": UNKNOWN.reference,
        }
        assert (await client.post("/v1/receipts", json=told)).status_code == 201
        body = (await client.get(f"/v1/bank-statements/{statement_id}")).json()

    assert (body["counts"]["booked"], body["counts"]["suggested"], body["counts"]["exceptions"]) == (0, 1, 1)
    assert body["counts_now"] == {"booked": 1, "other": 0, "suggested": 1, "exceptions": 0}


async def test_the_counts_kept_while_an_import_runs_are_those_of_its_lines(books: PaymentsBooks) -> None:
    statement_id = await books.receive(csv_file(UNKNOWN, INTEREST, CUT_NAME, UNKNOWN))
    kept = []

    async def count_them_all(*, message: str, counts: dict[str, int]) -> None:
        async with books.database.reading() as connection:
            kept.append((await statement_facts(connection, [statement_id]))[statement_id].counts)
            counted = await counts_of_lines(connection, statement_id, range(1, 5))
        assert kept[-1] == counted

    await books.import_received(statement_id, progress=count_them_all, lines_per_chunk=1)

    assert [counts["lines"] for counts in kept] == [1, 2, 3, 4, 4]  # the file ends after its last line
    assert (kept[-1]["suggested"], kept[-1]["exceptions"], kept[-1]["booked"]) == (1, 3, 0)


async def test_a_list_of_statements_shows_of_each_what_it_shows_alone(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    brought = [
        await books.import_file(camt_file(UNKNOWN, CUT_NAME)),
        await books.import_file(csv_file(INTEREST)),
    ]
    async with calling_payments(a_caller()) as client:
        page = (await client.get("/v1/bank-statements")).json()
        alone = [(await client.get(f"/v1/bank-statements/{statement_id}")).json() for statement_id in brought]

    assert page["items"] == alone[::-1]
    assert [len(body["parts"]) for body in alone] == [1, 1]
    assert [body["counts"]["lines"] for body in alone] == [2, 1]
