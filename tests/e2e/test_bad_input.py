"""Bad input gets a typed problem that says what is wrong, and the rest goes on."""

import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.desk import Desk

ACCOUNT = "BAD-0001"
CAMT_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>%s<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    b"<BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>S1</Id><Acct><Id><Othr><Id>1</Id></Othr></Id>"
    b"<Ccy>INR</Ccy></Acct>"
)
ENTRY = (
    b'<Ntry><Amt Ccy="INR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    b"<BookgDt><Dt>2026-10-01</Dt></BookgDt><ValDt><Dt>2026-10-01</Dt></ValDt></Ntry>"
)


@pytest.fixture(autouse=True)
def account(desk: Desk) -> None:
    desk.register_bank_account(ACCOUNT)


def problem(reply: httpx.Response, status: int) -> str:
    """The stable code of a problem document."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"].startswith("application/problem+json")
    document = reply.json()
    assert document["trace_id"]
    assert document["detail"]
    return str(document["code"])


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 not a statement",
        b"\x89PNG\r\n\x1a\n\0\0",
        b"PK\x03\x04 a zip",
        b'{"json": true}',
        b"just words",
    ],
    ids=["pdf", "png", "zip", "json", "words"],
)
def test_a_file_of_another_type_is_refused(desk: Desk, content: bytes) -> None:
    assert problem(desk.send_statement(content, ACCOUNT), 415) == "statement_format_unknown"


def test_an_empty_file_is_refused(desk: Desk) -> None:
    assert desk.send_statement(b"", ACCOUNT).status_code in (400, 415)


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE x>",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]>',
    ],
    ids=["dtd", "external entity", "internal entity"],
)
def test_xml_with_a_document_type_is_never_read(desk: Desk, doctype: bytes) -> None:
    content = CAMT_HEAD % doctype + ENTRY + b"</Stmt></BkToCstmrStmt></Document>"

    reply = desk.send_statement(content, ACCOUNT)

    if reply.status_code == 201:
        assert reply.json()["state"] == "failed"
        assert reply.json()["failure"]["code"] == "statement_unreadable"
        assert reply.json()["counts"]["new"] == 0
    else:
        assert problem(reply, reply.status_code) in ("statement_unreadable", "statement_format_unknown")


def test_truncated_xml_keeps_the_lines_before_the_break_and_says_where(desk: Desk) -> None:
    content = CAMT_HEAD % b"" + ENTRY * 3 + ENTRY[:60]

    statement = desk.import_statement(content, ACCOUNT)

    assert statement["state"] == "failed"
    assert statement["failure"]["code"] == "statement_unreadable"
    assert statement["counts"]["new"] == 3


def test_a_two_gigabyte_claim_is_refused_before_it_is_read(desk: Desk) -> None:
    address = urlsplit(str(desk.client.base_url))
    head = (
        f"POST /v1/bank-statements?bank_account={ACCOUNT} HTTP/1.1\r\nHost: gateway\r\n"
        f"Authorization: {desk.client.headers['Authorization']}\r\n"
        "Content-Type: application/xml\r\nContent-Length: 2147483648\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_statement_of_an_unknown_account_is_refused_with_the_next_step(desk: Desk) -> None:
    reply = desk.send_statement(CAMT_HEAD % b"", "NOT-REGISTERED")

    assert problem(reply, 404) == "bank_account_unknown"
    assert "/v1/bank-accounts" in reply.json()["detail"]


def test_one_bad_invoice_does_not_stop_the_others(desk: Desk) -> None:
    desk.register_partners(
        b"code,name,city,zone,gstin,ifsc,bank_account\nBAD01,Bad Input Traders,Pune,West,,,\n"
    )
    rows = (
        "number,partner_code,issue_date,due_date,currency,taxable_amount,tax_amount,total_amount\n"
        "BAD/1,BAD01,2026-09-01,2026-10-01,INR,100.00,18.00,118.00\n"
        "BAD/2,NOBODY,2026-09-01,2026-10-01,INR,100.00,18.00,118.00\n"
        "BAD/3,BAD01,2026-09-01,2026-10-01,INR,100.001,18.00,118.00\n"
        "BAD/4,BAD01,2026-13-01,2026-10-01,INR,100.00,18.00,118.00\n"
        "BAD/5,BAD01,2026-09-01,2026-10-01,INR,100.00,18.00,999.00\n"
    )

    reply = desk.register_invoices(rows.encode())

    assert [(item["status"], item["problem"] and item["problem"]["code"]) for item in reply["items"]] == [
        ("accepted", None),
        ("refused", "partner_unknown"),
        ("refused", "invalid_money"),
        ("refused", "item_invalid"),
        ("refused", "invoice_invalid"),
    ]


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"{not json", "application/json", 400, "malformed"),
        (b"\xff\xfenumber", "text/csv", 400, "malformed"),
        (b"<xml/>", "application/xml", 415, "unsupported_format"),
        (json.dumps({"wrong": []}).encode(), "application/json", 400, "malformed"),
    ],
    ids=["broken json", "wrong encoding", "wrong type", "wrong shape"],
)
def test_a_batch_that_cannot_be_read_is_refused_as_a_whole(
    desk: Desk, content: bytes, media_type: str, status: int, code: str
) -> None:
    reply = desk.client.post("/v1/invoices/batch", content=content, headers={"Content-Type": media_type})

    assert problem(reply, status) == code


@pytest.mark.parametrize(
    "path",
    ["/v1/receipts?cursor=forged", "/v1/receipts?limit=1000000000", "/v1/receipts/not-a-uuid"],
)
def test_bad_parameters_are_named(desk: Desk, path: str) -> None:
    reply = desk.client.get(path)

    assert problem(reply, 422) in ("cursor_invalid", "invalid")
    assert reply.json()["errors"]


def test_nobody_gets_in_without_a_token(desk: Desk) -> None:
    reply = httpx.get(f"{desk.client.base_url}/v1/receipts")

    assert problem(reply, 401) == "unauthenticated"
