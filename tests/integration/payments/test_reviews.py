"""People decide about waiting lines: once, on what they saw, and never past what is open."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.factories.payments import invoice
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_settlements_api import post, rupees
from tests.integration.payments.test_suggestions import CUT_NAME, INTEREST, UNKNOWN, UTR, listed, shown
from tests.integration.service_callers import a_caller

ACCEPT = {"verdict": "accept"}
NOT_OURS = {"verdict": "reject", "kind": "not_a_receipt", "reason": "A refund of the electricity board"}


async def review(
    calling_payments: CallAs,
    line: dict[str, Any],
    body: object,
    *,
    revision: int | None = None,
    key: str | None = None,
) -> httpx.Response:
    headers = {"If-Match": f'"{revision or line["revision"]}"'}
    if key:
        headers["Idempotency-Key"] = key
    async with calling_payments(a_caller()) as client:
        path = f"/v1/bank-lines/{line['bank_line_id']}/review"
        return await client.post(path, json=body, headers=headers)


async def waiting(books: PaymentsBooks, calling_payments: CallAs, *entries: Entry) -> list[dict[str, Any]]:
    await books.import_file(csv_file(*entries))
    return await listed(calling_payments)


def correct(partner: str = "CP0001", *allocations: object, **more: object) -> dict[str, object]:
    return {"verdict": "correct", "partner_code": partner, "allocations": list(allocations), **more}


def part(item: str, amount: str, **deductions: str) -> dict[str, object]:
    kept = [{"kind": kind, "amount": rupees(amount)} for kind, amount in deductions.items()]
    return {"item": item, "amount": rupees(amount), "deductions": kept}


async def test_accepting_books_the_first_choice_and_ends_everything_that_waited(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (line,) = await waiting(books, calling_payments, CUT_NAME)

    reply = await review(calling_payments, line, ACCEPT | {"note": "Asked the dealer"})

    assert (reply.status_code, reply.headers["ETag"]) == (200, '"2"'), reply.text
    latest = reply.json()["decisions"][0]
    assert (latest["decision"], latest["decided_by"], latest["policy_version"], latest["note"]) == (
        "reviewed", "test-coordinator", "review", "Asked the dealer",
    )  # fmt: skip
    (receipt,) = reply.json()["receipts"]
    assert (receipt["id"], receipt["partner_code"]) == (latest["receipt_id"], "CP0001")
    assert reply.json()["clock"]["booked_at"] is not None
    assert [one["cause"] for one in reply.json()["exceptions"]] == ["booked"]
    assert await listed(calling_payments) == []
    await assert_sound(books)


async def test_correcting_books_what_the_person_tells_with_its_deductions(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (line,) = await waiting(books, calling_payments, UNKNOWN)
    owed = invoice("INV/1", total_minor=100_000, partner_code="CP0002")
    await books.register(owed)

    body = correct("CP0002", part("INV/1", "999.00", TDS194Q="1.00"), on_account=rupees("181.00"))
    reply = await review(calling_payments, line, body)

    assert reply.status_code == 200, reply.text
    latest = reply.json()["decisions"][0]
    assert (latest["partner_code"], latest["on_account"]) == ("CP0002", rupees("181.00"))
    assert await books.open_minor(owed.id) == 0
    await assert_sound(books)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (ACCEPT | {"choice": 2}, 422, "choice_unknown"),
        (correct("CP9999"), 422, "partner_unknown"),
        (correct("CP0001", part("INV/9", "1.00")), 422, "item_not_payable"),
        (correct("CP0002", part("INV/1", "1.00")), 422, "item_not_payable"),
        (correct("CP0001", part("INV/1", "1.00", BRIBE="1.00")), 422, "deduction_unknown"),
        (correct("CP0001", part("INV/1", "1180.01")), 422, "shares_differ"),
        (correct("CP0001", part("INV/1", "-1.00")), 422, "item_not_payable"),
        (correct("CP0001", on_account=rupees("1179.00")), 422, "shares_differ"),
        (correct("CP0001", on_account={"amount": "1180.00", "currency": "USD"}), 422, "item_not_payable"),
        ({"verdict": "reject", "kind": "leave"}, 422, "invalid"),
        ({"verdict": "perhaps"}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    books: PaymentsBooks, calling_payments: CallAs, body: object, status: int, code: str
) -> None:
    (line,) = await waiting(books, calling_payments, CUT_NAME)
    await books.register(invoice("INV/1", total_minor=500_000))

    reply = await review(calling_payments, line, body)

    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text
    assert await listed(calling_payments) == [
        line | {"age_hours": (await listed(calling_payments))[0]["age_hours"]}
    ]
    assert await books.value("SELECT count(*) FROM receipts") == 0


async def test_who_saw_an_older_decision_is_told_so(books: PaymentsBooks, calling_payments: CallAs) -> None:
    (line,) = await waiting(books, calling_payments, CUT_NAME)
    leave = {"verdict": "reject", "kind": "leave", "reason": "The dealer is asked"}
    assert (await review(calling_payments, line, leave)).status_code == 200

    stale = await review(calling_payments, line, ACCEPT)
    async with calling_payments(a_caller()) as client:
        blind = await client.post(f"/v1/bank-lines/{line['bank_line_id']}/review", json=ACCEPT)

    assert (stale.status_code, blind.status_code) == (412, 428)


async def test_a_line_left_waits_on_with_what_was_found(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (line,) = await waiting(books, calling_payments, CUT_NAME)

    await review(
        calling_payments, line, {"verdict": "reject", "kind": "leave", "reason": "The dealer is asked"}
    )

    (again,) = await listed(calling_payments)
    assert (again["revision"], again["note"], again["decision"]) == (2, "The dealer is asked", "suggested")
    assert again["candidates"] == line["candidates"]
    assert len(await books.exceptions()) == 1
    assert (await review(calling_payments, again, ACCEPT)).status_code == 200


async def test_what_is_no_receipt_is_excused_and_may_still_turn_out_to_be_one(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (line,) = await waiting(books, calling_payments, UNKNOWN)

    reply = await review(calling_payments, line, NOT_OURS)

    assert reply.json()["decisions"][0]["kind"] == "not_a_receipt"
    assert reply.json()["clock"]["is_excused"]
    assert (await listed(calling_payments), await books.exceptions()) == ([], [])
    again = await review(calling_payments, line, correct("CP0003"), revision=2)
    assert again.status_code == 200, again.text
    assert not again.json()["clock"]["is_excused"]
    await assert_sound(books)


async def test_accepting_that_interest_is_no_receipt_needs_no_more_words(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (line,) = await waiting(books, calling_payments, INTEREST)

    reply = await review(calling_payments, line, ACCEPT)

    assert (reply.status_code, reply.json()["receipts"]) == (200, [])
    assert await books.exceptions() == []


async def test_money_out_and_booked_lines_are_not_reviewed(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(Entry(-5_000, "CHRG FOR NEFT")))
    debit = {"bank_line_id": await books.value("SELECT id FROM bank_lines"), "revision": 1}
    (line,) = await waiting(books, calling_payments, CUT_NAME)
    await review(calling_payments, line, ACCEPT)

    replies = [
        await review(calling_payments, debit, ACCEPT),
        await review(calling_payments, line, ACCEPT, revision=2),
        await review(calling_payments, line | {"bank_line_id": line["bank_line_id"][:-4] + "0000"}, ACCEPT),
    ]

    assert [one.json()["code"] for one in replies] == ["not_a_credit", "line_decided", "not_found"]


async def test_the_same_key_reviews_once(books: PaymentsBooks, calling_payments: CallAs) -> None:
    (line,) = await waiting(books, calling_payments, CUT_NAME)

    first = await review(calling_payments, line, ACCEPT, key="review-1")
    again = await review(calling_payments, line, ACCEPT, key="review-1")

    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.json() == first.json()


async def test_invoices_settled_meanwhile_are_told_with_what_is_open_now(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (line,) = await waiting(books, calling_payments, UNKNOWN)
    await books.register(invoice("INV/1", total_minor=50_000))

    reply = await review(calling_payments, line, correct("CP0001", part("INV/1", "600.00")))

    assert (reply.status_code, reply.json()["code"]) == (409, "item_settled")
    assert [(one["pointer"], one["detail"]) for one in reply.json()["errors"]] == [
        ("/allocations/INV/1", "500.00 INR is open now")
    ]
    assert await books.value("SELECT count(*) FROM receipts") == 0
    assert len(await listed(calling_payments)) == 1


async def test_of_a_hundred_who_accept_one_line_exactly_one_books_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (line,) = await waiting(books, calling_payments, CUT_NAME)

    replies = await asyncio.gather(*(review(calling_payments, line, ACCEPT) for _ in range(100)))

    won, *others = sorted(one.status_code for one in replies)
    assert won == 200
    assert set(others) <= {
        412,
        503,
    }  # 503: no connection came free in time, which a slow machine may have to say
    assert others.count(412) > 0
    assert await books.value("SELECT count(*) FROM receipts") == 1
    assert await books.value("SELECT max(revision) FROM line_decisions") == 2
    await assert_sound(books)


async def test_of_two_lines_for_the_same_last_rupee_exactly_one_wins(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice("INV/1", total_minor=100)
    lines = await waiting(books, calling_payments, UNKNOWN, Entry(118_000, f"RTGS CR-OTHER FIRM-{UTR}9"))
    await books.register(owed)

    body = correct("CP0001", part("INV/1", "1.00"))
    replies = await asyncio.gather(*(review(calling_payments, line, body) for line in lines))

    assert sorted(one.status_code for one in replies) == [200, 409]
    assert (await books.open_minor(owed.id), len(await listed(calling_payments))) == (0, 1)
    await assert_sound(books)


async def test_a_person_and_another_channel_at_once_book_the_line_once(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (line,) = await waiting(books, calling_payments, UNKNOWN)
    told = {
        "bank_account": line["bank_account"],
        "partner_code": "CP0001",
        "amount": rupees("1180.00"),
        "received_on": "2026-10-14",
        "reference": UNKNOWN.reference,
    }

    reviewed, recorded = await asyncio.gather(
        review(calling_payments, line, correct("CP0001")), post(calling_payments, "/v1/receipts", told)
    )

    assert (reviewed.status_code, recorded.status_code) in {(200, 200), (412, 201)}, (
        reviewed.text,
        recorded.text,
    )
    assert await books.value("SELECT count(*) FROM receipts") == 1
    await assert_sound(books)


async def test_a_batch_accepts_what_it_can_and_says_why_not(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    lines = await waiting(books, calling_payments, CUT_NAME, UNKNOWN, INTEREST)
    by_narration = {line["narration"]: line for line in lines}
    items = [
        {"bank_line_id": line["bank_line_id"], "revision": line["revision"]}
        for line in (by_narration[one.narration] for one in (CUT_NAME, UNKNOWN, INTEREST))
    ]
    items += [items[0], items[1] | {"revision": 7}, items[1] | {"review": correct("CP0002")}]

    reply = await post(calling_payments, "/v1/suggestions/acceptance", {"items": items})

    assert reply.status_code == 200, reply.text
    told = [(one["status"], (one["problem"] or {}).get("code")) for one in reply.json()["items"]]
    assert told == [
        ("accepted", None), ("refused", "choice_unknown"), ("accepted", None), ("refused", "line_decided"),
        ("refused", "stale"), ("accepted", None),
    ]  # fmt: skip
    assert await books.value("SELECT count(*) FROM receipts") == 2
    assert await listed(calling_payments) == []
    await assert_sound(books)


async def take_back(
    calling_payments: CallAs, receipt_id: str, reason: str = "wrong_partner"
) -> httpx.Response:
    return await post(calling_payments, f"/v1/receipts/{receipt_id}/reversal", {"reason_code": reason})


async def test_a_receipt_taken_back_puts_its_line_back_and_the_line_is_booked_again(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (line,) = await waiting(books, calling_payments, CUT_NAME)
    first = (await review(calling_payments, line, ACCEPT)).json()["receipts"][0]["id"]

    assert (await take_back(calling_payments, first)).status_code == 200

    (again,) = await listed(calling_payments)
    assert (again["decision"], again["revision"]) == ("exception", 3)
    assert [reason["code"] for reason in again["reasons"]] == ["receipt_taken_back"]
    assert first in again["reasons"][0]["text"]
    assert await books.exceptions() == ["receipt_taken_back"]
    reply = await review(calling_payments, again, correct("CP0002"))
    assert reply.status_code == 200, reply.text
    body = await shown(calling_payments, line["bank_line_id"])
    assert [one["partner_code"] for one in body["receipts"]] == ["CP0001", "CP0002"]
    assert [one["reversal"] is None for one in body["receipts"]] == [False, True]
    await assert_sound(books)


async def test_a_receipt_the_matching_booked_can_be_taken_back_too(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice()
    await books.register(owed)
    named = Entry(118_000, f"NEFT CR-SHREE GANESH ELECTRICALS INV/26-27/004000-{UTR}3", f"{UTR}3")
    await books.import_file(csv_file(named))
    receipt_id = str(await books.value("SELECT id FROM receipts"))

    await take_back(calling_payments, receipt_id)

    assert await books.open_minor(owed.id) == 118_000
    (line,) = await listed(calling_payments)
    assert (await review(calling_payments, line, correct("CP0003"))).status_code == 200
    await assert_sound(books)


async def test_a_told_receipt_taken_back_frees_the_line_that_confirmed_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    told = {
        "bank_account": "50200012345678",
        "partner_code": "CP0001",
        "amount": rupees("1180.00"),
        "received_on": "2026-10-14",
        "reference": UNKNOWN.reference,
    }
    receipt_id = (await post(calling_payments, "/v1/receipts", told)).json()["id"]
    await books.import_file(csv_file(UNKNOWN))
    assert await listed(calling_payments) == []

    await take_back(calling_payments, receipt_id, "wrong_partner")
    (line,) = await listed(calling_payments)
    again = await post(calling_payments, "/v1/receipts", told | {"partner_code": "CP0002"})

    assert (again.status_code, again.json()["bank_line_id"]) == (201, line["bank_line_id"]), again.text
    assert await listed(calling_payments) == []
    await assert_sound(books)


@pytest.mark.parametrize("reason", ["payment_recalled", "cheque_returned"])
async def test_a_line_whose_money_is_gone_does_not_wait_again(
    books: PaymentsBooks, calling_payments: CallAs, reason: str
) -> None:
    (line,) = await waiting(books, calling_payments, CUT_NAME)
    receipt_id = (await review(calling_payments, line, ACCEPT)).json()["receipts"][0]["id"]

    await take_back(calling_payments, receipt_id, reason)

    assert await listed(calling_payments) == []
    assert (await review(calling_payments, line, ACCEPT, revision=2)).json()["code"] == "line_decided"


async def test_a_line_told_over_another_amount_is_not_booked_beside_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    told = {
        "bank_account": "50200012345678",
        "partner_code": "CP0001",
        "amount": rupees("1179.00"),
        "received_on": "2026-10-14",
        "reference": CUT_NAME.reference,
    }
    await post(calling_payments, "/v1/receipts", told)
    (line,) = await waiting(books, calling_payments, CUT_NAME)

    assert (await review(calling_payments, line, ACCEPT)).json()["code"] == "receipt_taken"


async def test_a_told_receipt_is_confirmed_or_taken_back_but_its_line_is_never_lost(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    for attempt in range(5):
        utr = f"HDFCR5202610170000000{attempt}"
        told = {
            "bank_account": "50200012345678",
            "partner_code": "CP0001",
            "amount": rupees("42.00"),
            "received_on": "2026-10-14",
            "reference": utr,
        }
        receipt_id = (await post(calling_payments, "/v1/receipts", told)).json()["id"]
        statement = csv_file(Entry(4_200, f"RTGS CR-{attempt} UNKNOWN FIRM-{utr}", utr))

        await asyncio.gather(
            books.import_file(statement), take_back(calling_payments, receipt_id, "wrong_partner")
        )

        assert len(await listed(calling_payments)) == attempt + 1
    await assert_sound(books)


async def test_a_line_posted_as_something_else_does_not_wait_and_is_not_booked_beside_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (line,) = await waiting(books, calling_payments, INTEREST)
    path = f"/v1/bank-lines/{line['bank_line_id']}/posting"
    posted = await post(calling_payments, path, {"account_code": "4300-interest-received", "note": "October"})
    assert posted.status_code == 201, posted.text

    assert await listed(calling_payments) == []
    assert (await review(calling_payments, line, correct("CP0001"))).json()["code"] == "line_decided"

    reversed_ = await post(calling_payments, f"{path}/reversal", {"reason": "It was a dealer's after all"})
    assert reversed_.status_code == 200, reversed_.text
    (again,) = await listed(calling_payments)
    assert (await review(calling_payments, again, correct("CP0001"))).status_code == 200
    await assert_sound(books)


async def test_of_a_posting_and_a_review_at_once_one_wins(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    for attempt in range(5):
        (line,) = await waiting(books, calling_payments, Entry(700 + attempt, f"INT.PD: {attempt}"))
        path = f"/v1/bank-lines/{line['bank_line_id']}/posting"

        posted, reviewed = await asyncio.gather(
            post(calling_payments, path, {"account_code": "4300-interest-received", "note": "October"}),
            review(calling_payments, line, correct("CP0001")),
        )

        assert sorted((posted.status_code, reviewed.status_code)) in ([200, 409], [201, 409])
        assert await listed(calling_payments) == []
    await assert_sound(books)
