"""Months: closed when everything holds, locked against late postings, opened again by two people."""

import asyncio
from datetime import UTC, date, datetime

import httpx
import pytest
from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.record_bounce import RecordBounce, record_bounce
from services.payments.domain.business_day import business_day
from services.payments.domain.posting import Posting
from shared.database import Database
from tests.factories.payments import ACCOUNT_NUMBER, RECEIVED_ON, invoice, pays, receipt
from tests.factories.payments_books import AT, LATER, PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.payments.test_verify_ledger import tamper
from tests.integration.service_callers import a_caller

LAST, OPENS_ON = date(2026, 10, 31), date(2026, 11, 1)
INTEREST = Entry(81_240, "CREDIT INTEREST CAPITALISED", booked_on=LAST)
PATH = "/v1/periods/2026-10"


async def call(
    calling_payments: CallAs, method: str, path: str, body: object = None, role: str = "approver"
) -> httpx.Response:
    async with calling_payments(a_caller(role)) as client:
        return await client.request(method, path, json=body)


async def reconcile(calling_payments: CallAs) -> None:
    body = {"bank_account": ACCOUNT_NUMBER, "day": LAST.isoformat()}
    reply = await call(calling_payments, "POST", "/v1/reconciliations", body)
    assert reply.json()["state"] == "proved", reply.text


async def fill_october(books: PaymentsBooks, calling_payments: CallAs) -> None:
    """Everything of October is booked, explained and reconciled."""
    await books.import_file(csv_file(INTEREST))
    line = await books.value("SELECT id FROM bank_lines")
    posting = {"account_code": "4300-interest-received", "note": "Interest of October"}
    reply = await call(calling_payments, "POST", f"/v1/bank-lines/{line}/posting", posting, "coordinator")
    assert reply.status_code == 201, reply.text
    await call(calling_payments, "POST", "/v1/opening-balances", {"bank_account": ACCOUNT_NUMBER})
    await reconcile(calling_payments)


async def close(calling_payments: CallAs, role: str = "approver") -> httpx.Response:
    return await call(calling_payments, "POST", f"{PATH}/closing", {}, role)


@pytest.fixture
async def closed(books: PaymentsBooks, calling_payments: CallAs) -> PaymentsBooks:
    """Books whose October is closed."""
    await fill_october(books, calling_payments)
    reply = await close(calling_payments)
    assert reply.status_code == 200, reply.text
    return books


async def lock_until(books: PaymentsBooks, day: date) -> None:
    """Only the lock, without what a closing asks for."""
    await books.write("UPDATE ledger_locks SET first_open_on = :day", day=day)


async def assert_sound(books: PaymentsBooks) -> None:
    assert await books.differing_balances() == []
    assert await books.differing_open_items() == []
    assert await books.differing_partner_accounts() == []
    assert (await books.verify()).is_intact


async def test_a_month_whose_checks_pass_is_closed_and_its_balances_are_kept(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await fill_october(books, calling_payments)

    checklist = (await call(calling_payments, "GET", f"{PATH}/checklist")).json()
    reply = await close(calling_payments)

    assert {one["result"] for one in checklist["checks"]} == {"pass"}, checklist
    assert (checklist["is_ready"], len(checklist["checks"])) == (True, 11)
    body = reply.json()
    assert (body["state"], body["closings"], body["first_open_on"]) == ("closed", 1, "2026-11-01")
    assert [event["kind"] for event in body["history"]] == ["closed"]
    balances = (await call(calling_payments, "GET", f"{PATH}/balances")).json()["items"]
    assert {one["account_code"]: one["balance"]["amount"] for one in balances} == {
        "1100-bank-50200012345678": "10812.40", "3950-opening-balances": "-10000.00",
        "4300-interest-received": "-812.40",
    }  # fmt: skip


async def test_closing_is_refused_with_everything_that_fails(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(INTEREST))
    await books.book(receipt(on_account_minor=100))

    reply = await close(calling_payments)

    assert (reply.status_code, reply.json()["code"]) == (409, "period_not_ready")
    failing = {one["pointer"] for one in reply.json()["errors"]}
    assert failing == {"/checks/reconciliations", "/checks/waiting_lines", "/checks/exceptions"}
    assert await books.value("SELECT count(*) FROM period_balances") == 0


async def test_a_statement_that_ends_before_the_month_does_not_prove_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.import_file(csv_file(Entry(100, "CREDIT INTEREST", booked_on=date(2026, 10, 30))))

    checks = (await call(calling_payments, "GET", f"{PATH}/checklist")).json()["checks"]

    assert next(one for one in checks if one["name"] == "statements")["result"] == "fail"


async def test_an_approver_waives_a_check_with_a_reason_for_one_closing(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await fill_october(books, calling_payments)
    await books.import_file(csv_file(INTEREST, Entry(-500, "UNKNOWN DEBIT", booked_on=LAST)))
    await reconcile(calling_payments)
    waiver = {"check": "waiting_lines", "reason": "The bank corrects it in November"}

    by_maker = await call(calling_payments, "POST", f"{PATH}/waivers", waiver, "coordinator")
    refused = await close(calling_payments)
    waived = await call(calling_payments, "POST", f"{PATH}/waivers", waiver)
    twice = await call(calling_payments, "POST", f"{PATH}/waivers", waiver)
    done = await close(calling_payments)

    assert (by_maker.status_code, refused.status_code, waived.status_code) == (403, 409, 201)
    assert twice.json()["code"] == "already_decided"
    assert done.json()["history"][0]["waived"] == ["waiting_lines"]
    late = await call(calling_payments, "POST", f"{PATH}/waivers", {**waiver, "check": "exceptions"})
    assert late.json()["code"] == "period_state"


@pytest.mark.parametrize("check", ["trial_balance", "control_accounts", "audit_chain"])
async def test_books_that_do_not_add_up_cannot_be_waived(
    books: PaymentsBooks, calling_payments: CallAs, check: str
) -> None:
    reply = await call(
        calling_payments, "POST", f"{PATH}/waivers", {"check": check, "reason": "I want to go home"}
    )

    assert (reply.status_code, reply.json()["code"]) == (422, "check_not_waivable")


async def test_tampered_books_are_not_closed(
    books: PaymentsBooks, superuser: Database, calling_payments: CallAs
) -> None:
    await fill_october(books, calling_payments)
    await tamper(
        superuser, "UPDATE journal_entries SET description = 'Gift' WHERE kind = :kind", kind="bank_line"
    )

    reply = await close(calling_payments)

    assert [one["pointer"] for one in reply.json()["errors"]] == ["/checks/audit_chain"]


async def test_only_approvers_close(books: PaymentsBooks, calling_payments: CallAs) -> None:
    assert (await close(calling_payments, "coordinator")).status_code == 403


async def test_months_that_are_not_over_or_come_later_wait(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.book(receipt(on_account_minor=100, received_on=date(2026, 9, 30)))
    this_month = f"{business_day(datetime.now(UTC)):%Y-%m}"

    early = await call(calling_payments, "POST", f"/v1/periods/{this_month}/closing", {})
    gap = await close(calling_payments)
    nonsense = await call(calling_payments, "POST", "/v1/periods/2026-13/closing", {})

    assert (early.json()["code"], gap.json()["code"]) == ("date_impossible", "period_order")
    assert nonsense.json()["code"] == "date_impossible"


async def test_a_receipt_of_a_closed_month_counts_from_the_first_open_day(closed: PaymentsBooks) -> None:
    owed = invoice()
    await closed.register(owed)
    late = receipt([pays(owed, 100_000)], on_account_minor=500)

    await closed.book(late)

    (entry,) = await closed.rows("SELECT * FROM journal_entries WHERE source_id = :id", id=late.id)
    assert (entry.effective_on, entry.occurred_on) == (OPENS_ON, RECEIVED_ON)
    (kept,) = await closed.rows("SELECT * FROM receipts WHERE id = :id", id=late.id)
    assert (kept.received_on, kept.counts_from) == (RECEIVED_ON, OPENS_ON)
    assert await closed.value("SELECT DISTINCT effective_on FROM allocations") == OPENS_ON
    (item,) = await closed.rows("SELECT * FROM open_items WHERE id = :id", id=owed.id)
    assert (item.document_on, item.counts_from) == (owed.issued_on, OPENS_ON)
    await assert_sound(closed)


async def test_a_cheque_returned_in_a_closed_month_keeps_its_day_and_counts_later(
    books: PaymentsBooks,
) -> None:
    cheque = receipt(on_account_minor=94_400, cheque_number="004211")
    await books.book(cheque)
    await lock_until(books, OPENS_ON)

    async with UnitOfWork(books.database) as work:
        returned = Posting("tests", LATER, date(2026, 10, 20))
        await record_bounce(work, RecordBounce(cheque.id, "01"), returned)
        await work.commit()

    assert await books.value("SELECT bounced_on FROM bounces") == date(2026, 10, 20)
    days = await books.rows("SELECT DISTINCT effective_on FROM journal_entries WHERE kind <> 'receipt'")
    assert [row.effective_on for row in days] == [OPENS_ON]
    await assert_sound(books)


async def test_who_asks_for_a_day_of_a_closed_month_is_refused(
    closed: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed, credit = invoice(), receipt(on_account_minor=50_000)
    await closed.register(owed)
    await closed.book(credit)
    day = "2026-10-20"
    parts = [{"item": owed.number, "amount": rupees("100.00")}]
    path = f"/v1/receipts/{credit.id}"

    allocation = await call(
        calling_payments, "POST", f"{path}/allocations", {"allocations": parts, "effective_on": "2026-11-02"},
        "coordinator",
    )  # fmt: skip
    allocation_id = allocation.json()["allocations"][0]["id"]
    asked = {
        "receipt_id": str(credit.id),
        "amount": rupees("1.00"),
        "bank_account": ACCOUNT_NUMBER,
        "reason": "Twice",
    }
    refund = (await call(calling_payments, "POST", "/v1/refunds", asked, "coordinator")).json()
    replies = [
        await call(
            calling_payments, "POST", f"/v1/refunds/{refund['id']}/decision",
            {"decision": "paid", "refunded_on": day},
        ),
        await call(
            calling_payments, "POST", f"{path}/reversal", {"reason_code": "duplicate", "reversed_on": "2026-10-30"},
            "coordinator",
        ),
    ]  # fmt: skip

    assert allocation.status_code == 201
    assert allocation_id
    assert replies[0].json()["code"] == "date_impossible"
    # The receipt itself counts from the first open day, and so does its reversal.
    assert replies[1].status_code == 200
    await assert_sound(closed)


async def test_a_reversal_asked_for_a_closed_day_is_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    booked = receipt(on_account_minor=50_000)
    await books.book(booked)
    await lock_until(books, OPENS_ON)
    path = f"/v1/receipts/{booked.id}/reversal"
    asked_back = {
        "receipt_id": str(booked.id), "amount": rupees("1.00"), "bank_account": ACCOUNT_NUMBER, "reason": "Twice"
    }  # fmt: skip
    refund = (await call(calling_payments, "POST", "/v1/refunds", asked_back, "coordinator")).json()

    paid = await call(
        calling_payments, "POST", f"/v1/refunds/{refund['id']}/decision",
        {"decision": "paid", "refunded_on": "2026-10-20"},
    )  # fmt: skip
    asked = await call(
        calling_payments,
        "POST",
        path,
        {"reason_code": "duplicate", "reversed_on": "2026-10-30"},
        "coordinator",
    )
    today = await call(calling_payments, "POST", path, {"reason_code": "duplicate"}, "coordinator")

    assert paid.json()["code"] == "period_closed"
    assert (asked.status_code, asked.json()["code"]) == (409, "period_closed")
    assert today.status_code == 200
    await assert_sound(books)


async def test_the_database_itself_refuses_entries_of_a_closed_month(books: PaymentsBooks) -> None:
    await lock_until(books, OPENS_ON)

    async with UnitOfWork(books.database) as work:
        row = (uuid7(), uuid7(), "receipt", uuid7(), "INR", LAST, AT, "")
        columns = "id batch_id kind source_id currency effective_on posted_at description"
        with pytest.raises(Exception, match="month of 2026-10-31 is closed"):
            await copy_rows(work.connection, "journal_entries", columns, [row])


async def test_a_month_is_opened_again_by_two_people(closed: PaymentsBooks, calling_payments: CallAs) -> None:
    asked = await call(calling_payments, "POST", f"{PATH}/reopening", {"reason": "A receipt is missing"})
    decision = {"decision": "confirmed", "reason": "Seen and agreed"}
    own = await call(calling_payments, "POST", f"{PATH}/reopening/decision", decision)
    still = await closed.value("SELECT first_open_on FROM ledger_locks")
    done = await call(calling_payments, "POST", f"{PATH}/reopening/decision", decision, "admin")

    assert (asked.status_code, asked.json()["state"]) == (201, "reopening")
    assert (own.status_code, own.json()["code"], still) == (409, "maker_is_checker", OPENS_ON)
    assert (done.json()["state"], done.json()["first_open_on"]) == ("open", "2026-10-01")
    assert [(event["kind"], event["actor"]) for event in done.json()["history"]] == [
        ("closed", "test-approver"), ("reopening_asked", "test-approver"), ("reopened", "test-admin"),
    ]  # fmt: skip


async def test_a_reopening_that_is_refused_leaves_the_month_closed(
    closed: PaymentsBooks, calling_payments: CallAs
) -> None:
    await call(calling_payments, "POST", f"{PATH}/reopening", {"reason": "Perhaps"}, "coordinator")
    decision = {"decision": "refused", "reason": "Post it in November"}

    done = await call(calling_payments, "POST", f"{PATH}/reopening/decision", decision)
    again = await call(calling_payments, "POST", f"{PATH}/reopening/decision", decision)

    assert (done.json()["state"], again.json()["code"]) == ("closed", "period_state")
    assert await closed.value("SELECT first_open_on FROM ledger_locks") == OPENS_ON


async def test_closing_again_tells_which_balances_the_reopening_changed(
    closed: PaymentsBooks, calling_payments: CallAs
) -> None:
    await call(calling_payments, "POST", f"{PATH}/reopening", {"reason": "A receipt is missing"})
    confirmed = {"decision": "confirmed", "reason": "Agreed"}
    await call(calling_payments, "POST", f"{PATH}/reopening/decision", confirmed, "admin")
    told = {
        "partner_code": "CP0001", "bank_account": ACCOUNT_NUMBER, "amount": rupees("500.00"),
        "received_on": "2026-10-20", "reference": "HDFCN52026102000000001",
    }  # fmt: skip
    assert (await call(calling_payments, "POST", "/v1/receipts", told, "coordinator")).status_code == 201
    await reconcile(calling_payments)

    again = (await close(calling_payments)).json()

    assert (again["closings"], again["history"][-1]["changed_balances"]) == (2, 2)
    assert {one["account_code"]: one["after"]["amount"] for one in again["history"][-1]["changes"]} == {
        "1100-bank-50200012345678": "11312.40", "2100-customer-advances": "-500.00",
    }  # fmt: skip
    first = (await call(calling_payments, "GET", f"{PATH}/balances?closing=1")).json()["items"]
    assert [one["balance"]["amount"] for one in first] == ["10812.40", "-10000.00", "-812.40"]


async def test_what_was_closed_cannot_be_rewritten(closed: PaymentsBooks) -> None:
    for table in ("period_events", "period_balances"):
        with pytest.raises(Exception, match="append-only"):
            await closed.write(f"DELETE FROM {table}")
    with pytest.raises(Exception, match="append-only"):
        await closed.write("DELETE FROM ledger_locks")


async def test_of_many_who_close_at_once_one_does(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await fill_october(books, calling_payments)

    replies = await asyncio.gather(*(close(calling_payments) for _ in range(8)))

    assert sorted(reply.status_code for reply in replies) == [200] + [409] * 7
    assert await books.value("SELECT count(*) FROM period_events") == 1


async def test_what_is_posted_while_a_month_closes_is_in_its_balances_or_counts_later(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await fill_october(books, calling_payments)
    for check in ("reconciliations", "exceptions"):
        await call(calling_payments, "POST", f"{PATH}/waivers", {"check": check, "reason": "The race is on"})

    async def book(number: int) -> None:
        await asyncio.sleep(0)
        await books.book(receipt(on_account_minor=100 + number, reference=f"R{number}"))

    *_, reply = await asyncio.gather(*(book(number) for number in range(40)), close(calling_payments))

    assert reply.status_code == 200, reply.text
    kept = await books.value(
        "SELECT coalesce(sum(balance_minor), 0) FROM period_balances WHERE account_code = '2100-customer-advances'"
    )
    posted = await books.value(
        "SELECT coalesce(sum(l.amount_minor), 0) FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id"
        " WHERE l.account_code = '2100-customer-advances' AND e.effective_on <= '2026-10-31'"
    )
    assert kept == posted
    assert await books.value("SELECT count(*) FROM receipts") == 40
    later = await books.value("SELECT count(*) FROM journal_entries WHERE occurred_on IS NOT NULL")
    assert later == await books.value("SELECT count(*) FROM receipts WHERE counts_from = '2026-11-01'")
    await assert_sound(books)


async def test_accounts_of_partners_agree_with_the_books_on_both_sides_of_a_closing(
    closed: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = invoice()
    await closed.register(owed)
    late = receipt([pays(owed, 100_000)], on_account_minor=500)
    await closed.book(late)
    await closed.reverse(receipt(id=late.id, on_account_minor=1))

    for first, last in (("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-05")):
        path = f"/v1/accounts/CP0001/statement?from={first}&to={last}"
        reply = await call(calling_payments, "GET", path)
        assert reply.status_code == 200, reply.text
