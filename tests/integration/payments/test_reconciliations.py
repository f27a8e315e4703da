"""Bank against book: each reason for a difference is listed, cleared, or raised when nothing explains it."""

import asyncio
import hashlib
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.explain_bank_lines import explain_all_accounts
from services.payments.application.record_bounce import RecordBounce, record_bounce
from services.payments.domain.business_day import business_day
from services.payments.domain.posting import Posting
from tests.factories.payments import ACCOUNT_NUMBER, RECEIVED_ON, receipt
from tests.factories.payments_books import LATER, PaymentsBooks
from tests.factories.statement_files import OPENING_MINOR, Entry, camt_file, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.service_callers import a_caller

INTEREST = Entry(81_240, "CREDIT INTEREST CAPITALISED")
CHARGE = Entry(-1_770, "SMS CHRG OCT 2026")
UNKNOWN = Entry(250_000, "NEFT CR-HDFC0000001-SOMEBODY UNKNOWN-HDFCN52026101412345678")
DAY = RECEIVED_ON.isoformat()


def today() -> str:
    """In India, as late as it is wanted: a day may begin while the tests run."""
    return business_day(datetime.now(UTC)).isoformat()


async def call(
    calling_payments: CallAs, method: str, path: str, body: object = None, role: str = "coordinator"
) -> httpx.Response:
    async with calling_payments(a_caller(role)) as client:
        return await client.request(method, path, json=body)


async def preview(calling_payments: CallAs, day: str = DAY) -> dict[str, Any]:
    path = f"/v1/reconciliations/preview?bank_account={ACCOUNT_NUMBER}&day={day}"
    reply = await call(calling_payments, "GET", path)
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def reconciled(calling_payments: CallAs, day: str = DAY) -> dict[str, Any]:
    body = {"bank_account": ACCOUNT_NUMBER, "day": day}
    reply = await call(calling_payments, "POST", "/v1/reconciliations", body)
    assert reply.status_code == 201, reply.text
    kept: dict[str, Any] = reply.json()
    return kept


async def waiting_line(books: PaymentsBooks, amount_minor: int) -> str:
    return str(
        await books.value("SELECT id FROM bank_lines WHERE amount_minor = :amount", amount=amount_minor)
    )


def reasons(body: dict[str, Any]) -> dict[str, str]:
    """Sum per kind of item."""
    return {total["kind"]: total["amount"]["amount"] for total in body["totals"]}


async def test_lines_that_are_not_booked_explain_the_difference_one_by_one(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    statement_id = await books.import_file(csv_file(INTEREST, CHARGE, UNKNOWN))

    found = await preview(calling_payments)

    assert (found["bank"]["amount"], found["book"]) == (rupees("13294.70"), rupees("0.00"))
    assert reasons(found) == {
        "credit_not_booked": "3312.40", "debit_not_booked": "-17.70", "opening_difference": "10000.00"
    }  # fmt: skip
    assert (found["residual"], found["state"]) == (rupees("0.00"), "proved")
    assert (found["bank"]["basis"], found["bank"]["statement_id"]) == ("stated", str(statement_id))
    unknown = next(one for one in found["items"] if one["amount"] == rupees("2500.00"))
    assert (unknown["decision"], unknown["exception_id"] is not None) == ("exception", True)


async def test_the_difference_goes_to_nothing_when_everything_is_booked(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(INTEREST, CHARGE))
    interest, charge = await waiting_line(books, 81_240), await waiting_line(books, -1_770)

    for line, account in ((interest, "4300-interest-received"), (charge, "5100-bank-charges")):
        body = {"account_code": account, "note": "Found on the statement"}
        reply = await call(calling_payments, "POST", f"/v1/bank-lines/{line}/posting", body)
        assert (reply.status_code, reply.json()["is_in_books"]) == (201, True)
    opening = {"bank_account": ACCOUNT_NUMBER}
    await call(calling_payments, "POST", "/v1/opening-balances", opening, "approver")

    found = await preview(calling_payments)
    assert (found["bank"]["amount"], found["book"]) == (rupees("10794.70"), rupees("10794.70"))
    assert (found["items"], found["state"]) == ([], "proved")
    assert await books.exceptions() == []
    assert await books.differing_balances() == []
    again = await call(calling_payments, "POST", "/v1/opening-balances", opening, "approver")
    assert (again.status_code, again.json()["code"]) == (409, "opening_taken")


async def test_receipts_told_before_the_bank_are_items_until_the_bank_shows_them(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    utr = "HDFCN52026101499999999"
    told = {
        "partner_code": "CP0001", "bank_account": ACCOUNT_NUMBER, "amount": rupees("500.00"),
        "received_on": "2026-10-13", "reference": utr,
    }  # fmt: skip
    await call(calling_payments, "POST", "/v1/receipts", told)
    await books.import_file(csv_file(INTEREST))

    before = await preview(calling_payments)
    await books.import_file(csv_file(INTEREST, Entry(50_000, f"NEFT CR-SHREE GANESH ELECTRICALS-{utr}", utr)))
    after = await preview(calling_payments)

    assert reasons(before)["receipt_not_at_bank"] == "-500.00"
    assert "receipt_not_at_bank" not in reasons(after)
    assert (before["state"], after["state"]) == ("proved", "proved")


async def test_a_receipt_taken_back_by_a_person_leaves_its_line_unbooked(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(UNKNOWN))
    line = await books.value("SELECT id FROM bank_lines")
    booked = receipt(on_account_minor=250_000, bank_line_id=line)
    await books.book(booked)
    assert "credit_not_booked" not in reasons(await preview(calling_payments))

    await call(
        calling_payments, "POST", f"/v1/receipts/{booked.id}/reversal", {"reason_code": "wrong_partner"}
    )

    found = await preview(calling_payments, today())
    assert reasons(found)["credit_not_booked"] == "2500.00"
    assert reasons(await preview(calling_payments)).get("credit_not_booked") is None
    assert found["residual"] == rupees("0.00")


async def refund_paid(books: PaymentsBooks, calling_payments: CallAs, reference: str) -> str:
    credit = receipt(on_account_minor=90_000)
    await books.book(credit)
    asked = {
        "receipt_id": str(credit.id), "amount": rupees("400.00"), "bank_account": ACCOUNT_NUMBER,
        "reason": "Paid twice",
    }  # fmt: skip
    refund = (await call(calling_payments, "POST", "/v1/refunds", asked)).json()
    paid = {"decision": "paid", "refunded_on": "2026-10-14", "reference": reference}
    reply = await call(calling_payments, "POST", f"/v1/refunds/{refund['id']}/decision", paid, "approver")
    assert reply.status_code == 200, reply.text
    return str(refund["id"])


async def test_a_refund_is_an_item_until_its_debit_comes_and_clears_by_its_reference(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    refund_id = await refund_paid(books, calling_payments, "HDFCN52026101477777777")
    before = await preview(calling_payments)

    await books.import_file(csv_file(Entry(-40_000, "NEFT DR-HDFCN52026101477777777-SHREE GANESH")))
    after = await reconciled(calling_payments)

    assert reasons(before)["refund_not_at_bank"] == "400.00"
    assert "refund_not_at_bank" not in reasons(after)
    assert "debit_not_booked" not in reasons(after)
    line = await waiting_line(books, -40_000)
    shown = (await call(calling_payments, "GET", f"/v1/bank-lines/{line}/posting")).json()
    assert (shown["linked_kind"], shown["linked_id"]) == ("refund", refund_id)


async def test_two_debits_that_could_be_the_refund_are_left_to_a_person_who_says_which(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    refund_id = await refund_paid(books, calling_payments, "REF777777")
    await books.import_file(
        csv_file(Entry(-40_000, "NEFT DR REF777777 A"), Entry(-40_000, "NEFT DR REF777777 B"))
    )

    kept = await reconciled(calling_payments)
    line = str(await books.value("SELECT id FROM bank_lines ORDER BY id LIMIT 1"))
    path = f"/v1/bank-lines/{line}/link"
    linked = await call(calling_payments, "POST", path, {"refund_id": refund_id})
    twice = await call(calling_payments, "POST", path, {"refund_id": refund_id})

    assert reasons(kept) == {"debit_not_booked": "-800.00", "opening_difference": "10000.00",
                             "receipt_not_at_bank": "-900.00", "refund_not_at_bank": "400.00"}  # fmt: skip
    assert (linked.status_code, linked.json()["linked_id"]) == (201, refund_id)
    assert (twice.status_code, twice.json()["code"]) == (409, "line_in_books")
    other = str(await books.value("SELECT id FROM bank_lines ORDER BY id DESC LIMIT 1"))
    unfit = await call(calling_payments, "POST", f"/v1/bank-lines/{other}/link", {"refund_id": refund_id})
    assert (unfit.status_code, unfit.json()["code"]) == (409, "link_unfit")


async def test_a_return_told_by_hand_clears_with_the_debit_of_the_bank(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    cheque = Entry(94_400, "CHQ DEP 004211 KAVERI AGRO TRADERS", "004211")
    await books.import_file(csv_file(cheque))
    receipt_id = await books.value("SELECT id FROM receipts")
    async with UnitOfWork(books.database) as work:
        await record_bounce(work, RecordBounce(receipt_id, "01"), Posting("tests", LATER, RECEIVED_ON))
        await work.commit()

    before = await preview(calling_payments)
    await books.import_file(csv_file(cheque, Entry(-94_400, "CHQ RETURN 004211 FUNDS INSUFFICIENT")))
    after = await reconciled(calling_payments)

    assert reasons(before)["entry_not_at_bank"] == "944.00"
    assert set(reasons(after)) == {"opening_difference"}


async def test_a_missing_statement_is_unexplained_and_raises_one_exception(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    later = Entry(50_000, "SELF TRANSFER", booked_on=date(2026, 10, 20))
    await books.import_file(csv_file(INTEREST))
    await books.import_file(csv_file(later, opening_minor=OPENING_MINOR + 81_240 + 777))

    first = await reconciled(calling_payments, "2026-10-20")
    second = await reconciled(calling_payments, "2026-10-20")

    assert (first["state"], first["residual"]) == ("unexplained", rupees("7.77"))
    assert (first["revision"], second["revision"]) == (1, 2)
    assert (await books.exceptions()).count("bank_difference_unexplained") == 1

    missing = Entry(777, "CREDIT INTEREST", booked_on=date(2026, 10, 17))
    await books.import_file(csv_file(missing, opening_minor=OPENING_MINOR + 81_240))
    third = await reconciled(calling_payments, "2026-10-20")
    assert third["state"] == "proved"
    assert "bank_difference_unexplained" not in await books.exceptions()


async def test_a_day_before_any_statement_is_not_proved(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    found = await preview(calling_payments)

    assert (found["bank"]["basis"], found["residual"], found["state"]) == ("not_stated", None, "unexplained")


async def test_days_between_are_told_by_the_statement_and_after_it_only_carried(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(Entry(100, "INTEREST", booked_on=date(2026, 10, 12)), INTEREST, CHARGE))

    middle = await preview(calling_payments, "2026-10-13")
    after = await preview(calling_payments, "2026-10-15")

    assert (middle["bank"]["basis"], middle["bank"]["amount"]) == ("stated", rupees("10001.00"))
    assert (after["bank"]["basis"], after["bank"]["amount"]) == ("carried", rupees("10795.70"))


async def test_a_statement_without_lines_tells_the_balance_of_its_day(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(camt_file())

    found = await preview(calling_payments)

    assert (found["bank"]["basis"], found["bank"]["amount"]) == ("stated", rupees("10000.00"))


async def tolerate(calling_payments: CallAs, amount: str, signer: str = "approver") -> httpx.Response:
    body = {
        "name": f"Rounding of {amount}", "amount": rupees(amount), "reason": "Bank rounds interest",
        "valid_from": "2026-10-01", "valid_to": "2026-10-31",
    }  # fmt: skip
    reply = await call(calling_payments, "POST", "/v1/reconciliation-tolerances", body)
    assert reply.status_code == 201, reply.text
    path = f"/v1/reconciliation-tolerances/{reply.json()['id']}/signature"
    return await call(calling_payments, "POST", path, {}, signer)


async def test_a_difference_is_tolerated_only_by_name_and_after_another_signed(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(INTEREST))
    later = Entry(50_000, "SELF TRANSFER", booked_on=date(2026, 10, 20))
    await books.import_file(csv_file(later, opening_minor=OPENING_MINOR + 81_240 + 100))
    body = {
        "name": "Unsigned", "amount": rupees("5.00"), "reason": "Because", "valid_from": "2026-10-01",
        "valid_to": "2026-10-31",
    }  # fmt: skip
    await call(calling_payments, "POST", "/v1/reconciliation-tolerances", body)
    unsigned = await preview(calling_payments, "2026-10-20")

    await tolerate(calling_payments, "1.00")
    kept = await reconciled(calling_payments, "2026-10-20")

    assert unsigned["state"] == "unexplained"
    assert (kept["state"], kept["tolerance"]) == ("tolerated", "Rounding of 1.00")
    taken = await call(calling_payments, "POST", "/v1/reconciliation-tolerances", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "rule_taken")


async def test_who_set_a_tolerance_does_not_sign_it(books: PaymentsBooks, calling_payments: CallAs) -> None:
    body = {
        "name": "Mine", "amount": rupees("5.00"), "reason": "Because", "valid_from": "2026-10-01",
        "valid_to": "2026-10-31",
    }  # fmt: skip
    mine = await call(calling_payments, "POST", "/v1/reconciliation-tolerances", body, "approver")

    path = f"/v1/reconciliation-tolerances/{mine.json()['id']}/signature"
    own = await call(calling_payments, "POST", path, {}, "approver")
    other = await call(calling_payments, "POST", path, {}, "admin")
    again = await call(calling_payments, "POST", path, {}, "admin")

    assert (own.json()["code"], other.status_code, again.json()["code"]) == (
        "maker_is_checker", 200, "already_decided",
    )  # fmt: skip
    with pytest.raises(Exception, match="two_people"):
        await books.write("UPDATE reconciliation_tolerances SET signed_by = set_by")


async def rule(calling_payments: CallAs, **changes: object) -> dict[str, Any]:
    body = {
        "name": "SMS charges", "direction": "debit", "words": ["SMS CHRG"], "account_code": "5100-bank-charges",
        "valid_from": "2026-01-01", **changes,
    }  # fmt: skip
    reply = await call(calling_payments, "POST", "/v1/reconciliation-rules", body)
    assert reply.status_code == 201, reply.text
    proposed: dict[str, Any] = reply.json()
    return proposed


async def test_a_rule_is_simulated_approved_by_another_and_then_posts(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(INTEREST, CHARGE, UNKNOWN))
    by_words = await rule(calling_payments)
    by_kind = await rule(
        calling_payments, name="Interest", direction="credit", words=[], narration_kind="interest",
        account_code="4300-interest-received",
    )  # fmt: skip

    path = f"/v1/reconciliation-rules/{by_words['id']}"
    simulated = (await call(calling_payments, "GET", f"{path}/simulation")).json()
    await explain_all_accounts(books.database, datetime.now(UTC))
    assert await books.value("SELECT count(*) FROM bank_line_postings") == 0
    for one in (by_words, by_kind):
        approval = f"/v1/reconciliation-rules/{one['id']}/approval"
        assert (await call(calling_payments, "POST", approval, {}, "approver")).status_code == 200
    await explain_all_accounts(books.database, datetime.now(UTC))

    assert (simulated["waiting"], simulated["posted"], simulated["contested"]) == (3, 1, 0)
    assert simulated["lines"][0]["amount"] == rupees("-17.70")
    posted = await books.rows("SELECT account_code, rule_id FROM bank_line_postings ORDER BY account_code")
    assert [(row.account_code, str(row.rule_id)) for row in posted] == [
        ("4300-interest-received", by_kind["id"]), ("5100-bank-charges", by_words["id"]),
    ]  # fmt: skip
    assert reasons(await preview(calling_payments))["credit_not_booked"] == "2500.00"


async def test_rules_that_disagree_post_nothing(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await books.import_file(csv_file(CHARGE))
    one = await rule(calling_payments)
    await call(calling_payments, "POST", f"/v1/reconciliation-rules/{one['id']}/approval", {}, "approver")
    other = await rule(calling_payments, name="Other", account_code="5950-other-expenses")

    simulated = await call(calling_payments, "GET", f"/v1/reconciliation-rules/{other['id']}/simulation")
    await call(calling_payments, "POST", f"/v1/reconciliation-rules/{other['id']}/approval", {}, "approver")
    await explain_all_accounts(books.database, datetime.now(UTC))

    assert (simulated.json()["posted"], simulated.json()["contested"]) == (0, 1)
    assert await books.value("SELECT count(*) FROM bank_line_postings") == 0


@pytest.mark.parametrize("account", ["1200-receivables", "3900-billing-clearing", "nothing"])
async def test_lines_are_not_posted_to_accounts_of_customers(
    books: PaymentsBooks, calling_payments: CallAs, account: str
) -> None:
    await books.import_file(csv_file(CHARGE))
    line = await waiting_line(books, -1_770)

    reply = await call(
        calling_payments, "POST", f"/v1/bank-lines/{line}/posting", {"account_code": account, "note": "Try"}
    )

    assert (reply.status_code, reply.json()["code"]) == (422, "account_not_for_lines")


async def test_a_posting_is_taken_back_by_a_mirror_and_the_line_waits_again(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(CHARGE))
    line = await waiting_line(books, -1_770)
    body = {"account_code": "5950-other-expenses", "note": "Perhaps"}
    await call(calling_payments, "POST", f"/v1/bank-lines/{line}/posting", body)

    back = await call(
        calling_payments, "POST", f"/v1/bank-lines/{line}/posting/reversal", {"reason": "It is a charge"}
    )
    again = await call(
        calling_payments,
        "POST",
        f"/v1/bank-lines/{line}/posting",
        {**body, "account_code": "5100-bank-charges"},
    )

    assert (back.status_code, back.json()["is_in_books"], again.status_code) == (200, False, 201)
    assert await books.differing_balances() == []
    assert set(reasons(await preview(calling_payments, today()))) == {"opening_difference"}


async def test_of_many_who_post_a_line_at_once_one_does(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(CHARGE))
    line = await waiting_line(books, -1_770)
    body = {"account_code": "5100-bank-charges", "note": "Me first"}

    replies = await asyncio.gather(
        *(call(calling_payments, "POST", f"/v1/bank-lines/{line}/posting", body) for _ in range(20))
    )

    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 19
    assert await books.value("SELECT count(*) FROM journal_entries") == 1


async def test_the_database_refuses_a_line_that_is_booked_twice(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(UNKNOWN, CHARGE))
    line = await books.value("SELECT id FROM bank_lines WHERE amount_minor > 0")
    body = {"account_code": "4900-other-income", "note": "Nobody's"}
    await call(calling_payments, "POST", f"/v1/bank-lines/{line}/posting", body)

    with pytest.raises(Exception, match="posted to another account"):
        await books.book(receipt(on_account_minor=250_000, bank_line_id=line))
    await call(calling_payments, "POST", f"/v1/bank-lines/{line}/posting/reversal", {"reason": "Wrong"})
    await books.book(receipt(on_account_minor=250_000, bank_line_id=line))
    with pytest.raises(Exception, match="in the books already"):
        await books.write(
            "INSERT INTO bank_line_postings (id, bank_line_id, account_code, note, effective_on, posted_by, posted_at)"
            " VALUES (gen_random_uuid(), :line, 'x', '', '2026-10-14', 'x', now())",
            line=line,
        )


async def test_a_kept_statement_is_what_it_was_with_its_hash(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(INTEREST, CHARGE))
    kept = await reconciled(calling_payments)
    line = await waiting_line(books, -1_770)
    body = {"account_code": "5100-bank-charges", "note": "Later"}
    await call(calling_payments, "POST", f"/v1/bank-lines/{line}/posting", body)

    shown = (await call(calling_payments, "GET", f"/v1/reconciliations/{kept['id']}")).json()
    listed = (
        await call(calling_payments, "GET", f"/v1/reconciliations?bank_account={ACCOUNT_NUMBER}")
    ).json()

    assert shown == kept
    stored = await books.value("SELECT content FROM reconciliations")
    assert hashlib.sha256(stored).hexdigest() == kept["sha256"] == listed["items"][0]["sha256"]
    with pytest.raises(Exception, match="append-only"):
        await books.write("UPDATE reconciliations SET state = 'proved'")


async def test_the_items_of_a_kept_statement_are_a_list_and_a_file(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(INTEREST, CHARGE))
    kept = await reconciled(calling_payments)
    path = f"/v1/reconciliations/{kept['id']}/items"

    first = (await call(calling_payments, "GET", f"{path}?limit=2")).json()
    rest = (await call(calling_payments, "GET", f"{path}?limit=2&cursor={first['next_cursor']}")).json()
    file = await call(calling_payments, "GET", f"{path}?format=csv")

    assert [*first["items"], *rest["items"]] == kept["items"]
    assert (rest["next_cursor"], len(file.text.splitlines())) == (None, 4)


async def test_days_to_come_and_unknown_accounts_are_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    unknown = await call(
        calling_payments, "POST", "/v1/reconciliations", {"bank_account": "NOBODYS", "day": DAY}
    )
    future = await call(
        calling_payments, "POST", "/v1/reconciliations", {"bank_account": ACCOUNT_NUMBER, "day": "2199-01-01"}
    )

    assert (unknown.json()["code"], future.json()["code"]) == ("bank_account_unknown", "date_impossible")
