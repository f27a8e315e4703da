"""Who pays for whom is learned from people, told with its evidence, and given up again."""

from typing import Any

import httpx
import pytest

from tests.factories.payments import invoice
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_ledger_guards import refused
from tests.integration.payments.test_reviews import ACCEPT, correct, part, review, take_back
from tests.integration.payments.test_settlements_api import post
from tests.integration.payments.test_suggestions import CUT_NAME, listed
from tests.integration.service_callers import a_caller

TWO_INVOICES = 125_000 + 132_000  # of one partner; strangers are looked up by single invoices only


def payment(place: int, amount_minor: int = 118_000, payer: str = "SUNRISE FINCORP") -> Entry:
    utr = f"HDFCR520261014000001{place:02}"
    return Entry(amount_minor, f"RTGS CR-HDFC0000123-{payer}-{utr}", utr)


async def aliases(calling_payments: CallAs, query: str = "") -> list[dict[str, Any]]:
    async with calling_payments(a_caller()) as client:
        reply = await client.get(f"/v1/payer-aliases{query}")
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def confirmed(
    books: PaymentsBooks, calling_payments: CallAs, entry: Entry, partner: str, item: str
) -> httpx.Response:
    """A person books the payment for the partner's invoice."""
    await books.import_file(csv_file(entry))
    (line,) = [one for one in await listed(calling_payments) if one["narration"] == entry.narration]
    reply = await review(calling_payments, line, correct(partner, part(item, "1180.00")))
    assert reply.status_code == 200, reply.text
    return reply


async def booked_partner(books: PaymentsBooks, entry: Entry) -> str | None:
    rows = await books.rows(
        "SELECT r.partner_code FROM receipts r JOIN bank_lines l ON l.id = r.bank_line_id WHERE l.narration = :text"
        " AND NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = r.id)",
        text=entry.narration,
    )
    return rows[0].partner_code if rows else None


async def owing(books: PaymentsBooks) -> None:
    """Two partners owe the same amounts: only who paid tells whose invoice it is."""
    await books.register(
        *(
            invoice(
                f"INV/{n}{place}",
                total_minor=118_000 + place * 7_000,
                partner_code=f"CP000{n}",
            )
            for n in (1, 2)
            for place in range(4)
        )
    )


async def test_a_third_party_payer_confirmed_once_is_known_after(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await owing(books)
    before = payment(1, TWO_INVOICES)
    reply = await confirmed(books, calling_payments, payment(0), "CP0002", "INV/20")
    assert [one["alias_key"] for one in reply.json()["aliases"]] == ["ifsc:HDFC0000123:SUNRISEFINCORP"]

    await books.import_file(csv_file(before))

    assert await booked_partner(books, before) == "CP0002"
    (alias,) = await aliases(calling_payments)
    assert (alias["kind"], alias["payer"], alias["place"], alias["partner_code"]) == (
        "name", "SUNRISEFINCORP", "HDFC0000123", "CP0002",
    )  # fmt: skip
    assert alias["is_standing"]
    assert {one["by"] for one in alias["evidence"]} >= {"test-coordinator"}
    await assert_sound(books)


async def test_without_the_confirmation_the_same_line_waits(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await owing(books)

    await books.import_file(csv_file(payment(1, TWO_INVOICES)))

    assert len(await listed(calling_payments)) == 1


async def test_a_payer_confirmed_for_two_partners_is_not_known(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await owing(books)
    await confirmed(books, calling_payments, payment(0), "CP0002", "INV/20")
    await confirmed(books, calling_payments, payment(1), "CP0001", "INV/10")

    on_account = payment(2, 77_700)
    await books.import_file(csv_file(on_account))

    assert await booked_partner(books, on_account) is None
    (line,) = await listed(calling_payments)
    assert {one["partner_code"] for one in line["candidates"]} == {"CP0001", "CP0002"}


async def test_a_correction_teaches_the_new_payer_and_counts_against_the_old(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await owing(books)
    first = await confirmed(books, calling_payments, payment(0), "CP0001", "INV/10")

    await take_back(calling_payments, first.json()["receipts"][0]["id"], "wrong_partner")
    (line,) = await listed(calling_payments)
    await review(calling_payments, line, correct("CP0002", part("INV/20", "1180.00")))

    told = {one["partner_code"]: one for one in await aliases(calling_payments)}
    assert (told["CP0001"]["is_standing"], told["CP0002"]["is_standing"]) == (False, True)
    assert [one["kind"] for one in told["CP0001"]["objections"]] == ["disproved"]
    entry = payment(1, TWO_INVOICES)
    await books.import_file(csv_file(entry))
    assert await booked_partner(books, entry) == "CP0002"


async def test_a_suggestion_that_is_turned_down_makes_its_payer_ambiguous(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await owing(books)
    await confirmed(books, calling_payments, payment(0), "CP0002", "INV/20")
    await books.import_file(csv_file(payment(1, 77_700, "SUNRISE FINCOR")))
    (line,) = await listed(calling_payments)
    assert line["partner_code"] == "CP0002"

    await review(calling_payments, line, correct("CP0003"))

    told = {one["partner_code"]: one for one in await aliases(calling_payments, "?is_standing=true")}
    assert told.keys() == {"CP0002", "CP0003"}
    assert [one["kind"] for one in told["CP0002"]["objections"]] == ["corrected"]


async def test_a_withdrawn_alias_is_known_no_more_until_it_is_confirmed_again(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await owing(books)
    await confirmed(books, calling_payments, payment(0), "CP0002", "INV/20")
    (alias,) = await aliases(calling_payments)
    path = f"/v1/payer-aliases/{alias['id']}/withdrawal"

    reply = await post(calling_payments, path, {"reason": "An agency that pays for many"})
    again = await post(calling_payments, path, {"reason": "An agency that pays for many"})

    assert (reply.status_code, reply.json()["is_standing"]) == (200, False), reply.text
    assert reply.json()["objections"][0]["by"] == "test-coordinator"
    assert (again.status_code, again.json()["code"]) == (409, "alias_withdrawn")
    entry = payment(1, TWO_INVOICES)
    await books.import_file(csv_file(entry))
    assert await booked_partner(books, entry) is None
    (line,) = await listed(calling_payments)
    await review(
        calling_payments, line, correct("CP0002", part("INV/21", "1250.00"), part("INV/22", "1320.00"))
    )
    (alias,) = await aliases(calling_payments, "?partner_code=CP0002")
    assert (alias["is_standing"], alias["proofs"], alias["proofs_standing"]) == (True, 2, 1)


async def test_the_partners_own_name_is_no_alias(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await books.import_file(csv_file(CUT_NAME))
    (line,) = await listed(calling_payments)

    await review(calling_payments, line, ACCEPT)

    assert await aliases(calling_payments) == []


@pytest.mark.parametrize(
    ("narration", "kind", "payer"),
    [
        ("UPI/CR/628712345678/RAJU/HDFC/rajupumps@okaxis/inv", "vpa", "RAJUPUMPS@OKAXIS"),
        ("CHQ DEP 445566 MAHADEV IRRIGATION WORKS", "name", "MAHADEVIRRIGATIONWORKS"),
    ],
)
async def test_payers_are_known_by_address_or_by_a_long_name_alone(
    books: PaymentsBooks, calling_payments: CallAs, narration: str, kind: str, payer: str
) -> None:
    await books.import_file(csv_file(Entry(4_200, narration)))
    (line,) = await listed(calling_payments)

    reply = await review(calling_payments, line, correct("CP0003"))

    assert reply.status_code == 200, reply.text
    told = await aliases(calling_payments, f"?kind={kind}&bank_line_id={line['bank_line_id']}")
    assert payer in [one["payer"] for one in told]


async def test_aliases_are_withdrawn_by_those_who_write_only(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    async with calling_payments(a_caller("auditor")) as client:
        path = "/v1/payer-aliases/0192f0c1-0000-7000-8000-00000000000f/withdrawal"
        assert (await client.post(path, json={"reason": "Because"})).status_code == 403
        assert (await client.get("/v1/payer-aliases")).status_code == 200
    unknown = await post(calling_payments, path, {"reason": "Because"})
    assert unknown.status_code == 404


async def test_what_was_learned_and_withdrawn_is_never_rewritten(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await owing(books)
    await confirmed(books, calling_payments, payment(0), "CP0002", "INV/20")
    (alias,) = await aliases(calling_payments)
    await post(calling_payments, f"/v1/payer-aliases/{alias['id']}/withdrawal", {"reason": "Wrong"})

    for table in ("payer_aliases", "payer_alias_withdrawals"):
        with refused("append-only"):
            await books.write(f"UPDATE {table} SET partner_code = 'CP0001'")
        with refused("append-only"):
            await books.write(f"DELETE FROM {table}")
