"""The general ledger for the accounting system: complete, never twice, the same again, and in words Tally knows."""

import asyncio
import csv
import hashlib
import io
from collections import Counter
from decimal import Decimal
from typing import Any

import httpx
import pytest
from lxml import etree

from services.payments.domain.base_value import value_at
from shared.events.partners import PartnerStatus
from tests.factories.payments import ACCOUNT_NUMBER, invoice, partner, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.service_callers import a_caller

PATH = "/v1/general-ledger-exports"


async def call(
    calling_payments: CallAs, method: str, path: str, body: object = None, role: str = "approver"
) -> httpx.Response:
    async with calling_payments(a_caller(role)) as client:
        return await client.request(method, path, json=body)


async def exported(calling_payments: CallAs) -> dict[str, Any]:
    reply = await call(calling_payments, "POST", PATH, {})
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def content(calling_payments: CallAs, export: dict[str, Any], file_format: str) -> bytes:
    reply = await call(calling_payments, "GET", f"{PATH}/{export['id']}/content?format={file_format}")
    assert reply.status_code == 200
    return reply.content


async def a_week(books: PaymentsBooks, calling_payments: CallAs) -> None:
    """An invoice, a receipt with tax deducted, money on account used later, a charge of the bank."""
    owed, later = invoice(), invoice("INV/26-27/004001")
    await books.register(owed, later)
    await books.book(receipt([pays(owed, 117_900), pays(owed, 100, kind="TDS194Q")], on_account_minor=5_000))
    advance = receipt(on_account_minor=7_000, partner_code="CP0001", reference="SECOND")
    await books.book(advance)
    await books.allocate(advance, pays(later, 6_000))
    await books.import_file(csv_file(Entry(-1_770, "SMS CHRG OCT 2026")))
    line = await books.value("SELECT id FROM bank_lines")
    posting = {"account_code": "5100-bank-charges", "note": "SMS <charges> & more"}
    await call(calling_payments, "POST", f"/v1/bank-lines/{line}/posting", posting, "coordinator")


def vouchers(xml: bytes) -> list[etree._Element]:
    return list(etree.fromstring(xml).iter("VOUCHER"))


def sums_of_tally(xml: bytes) -> tuple[Counter[str], Counter[str]]:
    """Debits and credits per ledger in rupees, as Tally's signs tell them."""
    debits: Counter[str] = Counter()
    credits_: Counter[str] = Counter()
    for voucher in vouchers(xml):
        for line in voucher.findall("ALLLEDGERENTRIES.LIST"):
            amount = Decimal(line.findtext("AMOUNT") or "")
            is_debit = line.findtext("ISDEEMEDPOSITIVE") == "Yes"
            assert is_debit == (amount < 0)
            side = debits if is_debit else credits_
            side[line.findtext("LEDGERNAME") or ""] += abs(amount)  # type: ignore[assignment] # exact decimals
    return debits, credits_


def sums_of_csv(text: bytes) -> tuple[Counter[str], Counter[str]]:
    debits: Counter[str] = Counter()
    credits_: Counter[str] = Counter()
    for row in csv.DictReader(io.StringIO(text.decode())):
        if row["debit"]:
            debits[row["ledger_name"]] += Decimal(row["debit"])  # type: ignore[assignment] # exact decimals
        else:
            credits_[row["ledger_name"]] += Decimal(row["credit"])  # type: ignore[assignment] # exact decimals
    return debits, credits_


async def test_both_files_hold_every_entry_with_the_sums_of_the_journal(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_week(books, calling_payments)

    export = await exported(calling_payments)
    xml, text = (
        await content(calling_payments, export, "tally"),
        await content(calling_payments, export, "csv"),
    )

    entries = await books.rows("SELECT CAST(id AS text) AS id FROM journal_entries")
    assert {voucher.get("REMOTEID") for voucher in vouchers(xml)} == {row.id for row in entries}
    assert len(vouchers(xml)) == len(entries) == export["entries"]
    assert sums_of_tally(xml) == sums_of_csv(text)
    debits, credits_ = sums_of_csv(text)
    journal = await books.value("SELECT sum(amount_minor) FROM journal_lines WHERE amount_minor > 0")
    assert sum(debits.values()) == sum(credits_.values()) == Decimal(int(journal)) / 100
    assert export["totals"] == [
        {side: rupees(f"{sum(sums.values()):.2f}") for side, sums in (
            ("debit", debits), ("credit", credits_), ("base_debit", debits), ("base_credit", credits_))}
    ]  # fmt: skip


async def test_each_voucher_balances_is_of_the_right_kind_and_has_its_day(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_week(books, calling_payments)
    xml = await content(calling_payments, await exported(calling_payments), "tally")

    kinds = Counter(voucher.findtext("VOUCHERTYPENAME") for voucher in vouchers(xml))
    assert kinds == {"Journal": 3, "Receipt": 2, "Payment": 1}
    for voucher in vouchers(xml):
        amounts = [Decimal(one.text or "") for one in voucher.iter("AMOUNT")]
        assert sum(amounts) == 0
        assert voucher.get("VCHTYPE") == voucher.findtext("VOUCHERTYPENAME")
        assert voucher.findtext("GUID") == voucher.get("REMOTEID")
    assert {voucher.findtext("DATE") for voucher in vouchers(xml)} == {"20261001", "20261014"}
    payment = next(v for v in vouchers(xml) if v.findtext("VOUCHERTYPENAME") == "Payment")
    assert payment.findtext("NARRATION") == "SMS <charges> & more"
    receipt_voucher = next(v for v in vouchers(xml) if v.findtext("VOUCHERTYPENAME") == "Receipt")
    assert receipt_voucher.findtext("PARTYLEDGERNAME") == "SHREE GANESH ELECTRICALS (CP0001)"


async def test_every_ledger_of_a_voucher_is_made_before_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_week(books, calling_payments)
    root = etree.fromstring(await content(calling_payments, await exported(calling_payments), "tally"))

    made = {ledger.get("NAME"): ledger.findtext("PARENT") for ledger in root.iter("LEDGER")}
    used = {name.text for name in root.iter("LEDGERNAME")}
    assert used <= set(made)
    assert made[f"Bank {ACCOUNT_NUMBER}"] == "Bank Accounts"
    assert made["SHREE GANESH ELECTRICALS (CP0001)"] == "Sundry Debtors"
    assert root.findtext("HEADER/TALLYREQUEST") == "Import Data"
    messages = [message[0].tag for message in root.iter("TALLYMESSAGE")]
    assert messages == sorted(messages)  # LEDGER before VOUCHER


async def test_exports_follow_each_other_without_gap_or_repetition(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_week(books, calling_payments)
    first = await exported(calling_payments)
    nothing = await call(calling_payments, "POST", PATH, {})
    await books.book(receipt(on_account_minor=100, reference="THIRD"))
    second = await exported(calling_payments)

    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_export")
    assert (first["number"], second["number"]) == (1, 2)
    assert second["after_position"] == first["last_position"]
    ids = [
        voucher.get("REMOTEID")
        for export in (first, second)
        for voucher in vouchers(await content(calling_payments, export, "tally"))
    ]
    assert len(ids) == len(set(ids)) == await books.value("SELECT count(*) FROM journal_entries")
    listed = (await call(calling_payments, "GET", PATH)).json()["items"]
    assert [one["number"] for one in listed] == [2, 1]


async def test_an_export_is_the_same_bytes_whatever_happened_since(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_week(books, calling_payments)
    export = await exported(calling_payments)
    renamed = partner("CP0001", "SHREE GANESH INDUSTRIES", version=2, status=PartnerStatus.ACTIVE)
    await books.add_partners(renamed)
    await books.book(receipt(on_account_minor=100, reference="LATER"))
    name = {
        "kind": "account",
        "code": "5100-bank-charges",
        "ledger_name": "Charges",
        "group_name": "Expenses",
    }
    assert (await call(calling_payments, "POST", "/v1/ledger-names", name)).status_code == 201

    for file_format in ("csv", "tally"):
        again = await content(calling_payments, export, file_format)
        assert hashlib.sha256(again).hexdigest() == export[f"{file_format}_sha256"]


async def test_a_partner_that_is_renamed_keeps_its_ledger(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await books.book(receipt(on_account_minor=100))
    await exported(calling_payments)
    await books.add_partners(partner("CP0001", "SHREE GANESH INDUSTRIES", version=2))
    await books.book(receipt(on_account_minor=200, reference="LATER"))

    xml = await content(calling_payments, await exported(calling_payments), "tally")

    assert {v.findtext("PARTYLEDGERNAME") for v in vouchers(xml)} == {"SHREE GANESH ELECTRICALS (CP0001)"}


async def test_accounts_are_called_as_the_accounting_system_calls_them(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    name = {"kind": "partner", "code": "CP0001", "ledger_name": "Ganesh, Pune", "group_name": "Dealers West"}
    await call(calling_payments, "POST", "/v1/ledger-names", name)
    await books.book(receipt(on_account_minor=100))

    root = etree.fromstring(await content(calling_payments, await exported(calling_payments), "tally"))
    taken = await call(calling_payments, "POST", "/v1/ledger-names", {**name, "code": "CP0002"})

    assert root.find(".//LEDGER[@NAME='Ganesh, Pune']/PARENT").text == "Dealers West"  # type: ignore[union-attr] # found
    assert (taken.status_code, taken.json()["code"]) == (409, "ledger_name_taken")
    names = (await call(calling_payments, "GET", "/v1/ledger-names?kind=partner")).json()["items"]
    assert [(one["code"], one["set_by"]) for one in names] == [("CP0001", "test-approver")]


async def test_foreign_money_goes_to_tally_at_what_it_is_worth(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    worth = value_at(118_000, "USD", Decimal("83.5"))
    await books.register(invoice("EXP/26-27/1", currency="USD", value=worth))

    export = await exported(calling_payments)
    xml = await content(calling_payments, export, "tally")

    (total,) = export["totals"]
    assert (total["debit"], total["base_debit"]) == (
        {"amount": "1180.00", "currency": "USD"}, rupees("98530.00"),
    )  # fmt: skip
    (voucher,) = vouchers(xml)
    assert [one.text for one in voucher.iter("AMOUNT")] == ["-98530.00", "98530.00"]
    assert (voucher.findtext("NARRATION") or "").endswith("[USD 1180.00]")
    assert b"USD" in await content(calling_payments, export, "csv")


async def test_of_many_exports_at_once_one_has_everything(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_week(books, calling_payments)

    replies = await asyncio.gather(*(call(calling_payments, "POST", PATH, {}) for _ in range(8)))

    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7


async def test_the_database_refuses_an_export_with_a_gap(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await a_week(books, calling_payments)
    await exported(calling_payments)

    with pytest.raises(Exception, match="does not follow"):
        await books.write(
            "INSERT INTO ledger_exports SELECT 2, gen_random_uuid(), last_position + 1, last_position + 2, 1, 1, totals,"
            " chain_hash, csv_hash, tally_hash, made_by, made_at FROM ledger_exports"
        )
    with pytest.raises(Exception, match="append-only"):
        await books.write("DELETE FROM ledger_exports")


async def test_unknown_exports_are_not_found(books: PaymentsBooks, calling_payments: CallAs) -> None:
    nobody = "0192f0c1-0000-7000-8000-00000000ffff"

    assert (await call(calling_payments, "GET", f"{PATH}/{nobody}")).status_code == 404
    assert (await call(calling_payments, "GET", f"{PATH}/{nobody}/content")).status_code == 404


async def test_coordinators_export_and_auditors_read(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await books.book(receipt(on_account_minor=100))

    made = await call(calling_payments, "POST", PATH, {}, "coordinator")
    read = await call(calling_payments, "GET", f"{PATH}/{made.json()['id']}", None, "auditor")
    refused = await call(calling_payments, "POST", PATH, {}, "auditor")

    assert (made.status_code, read.status_code, refused.status_code) == (201, 200, 403)
