"""A bank statement goes in, payments come out booked, and every service shows it."""

import asyncio
import hashlib
from pathlib import Path

import httpx
import pytest
from uuid_utils.compat import uuid7

from services.partners.adapters.document_source import DocumentSource
from services.partners.domain.errors import DocumentUnknown, SourceUnavailable
from tests.e2e.desk import Desk, eventually
from tests.faults.processes import FragileSystem

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"  # the files of the README
PARTNERS = (EXAMPLES / "partners.csv").read_bytes()
INVOICES = (EXAMPLES / "invoices.csv").read_bytes()
STATEMENT = (EXAMPLES / "statement.csv").read_bytes()
ACCOUNT = "WAY-0001"


@pytest.fixture(scope="module")
def statement(whole_system: FragileSystem) -> object:
    """The month above, sent through the gateway by a coordinator."""
    with Desk.at(whole_system, role="coordinator") as desk:
        assert desk.register_partners(PARTNERS)["accepted"] == 2
        desk.register_bank_account(ACCOUNT)
        verdicts = desk.register_invoices(INVOICES)
        assert (verdicts["accepted"], verdicts["refused"]) == (3, 1)
        assert verdicts["items"][3]["problem"]["code"] == "partner_unknown"
        return desk.import_statement(STATEMENT, ACCOUNT)


def test_every_line_is_decided_with_its_reasons(desk: Desk, statement: object) -> None:
    lines = desk.lines(statement)

    assert [(line["decision"], line["kind"], line["partner_code"]) for line in lines] == [
        ("auto", "receipt", "CP1001"),
        ("auto", "receipt", "CP1001"),
        ("auto", "receipt", "CP1002"),
        ("exception", "not_a_receipt", None),
        ("auto", "bounce", "CP1002"),
    ]
    assert all(line["reasons"] for line in lines)
    assert lines[1]["deductions"] == [
        {
            "invoice_number": "ENG/26-27/70002",
            "kind": "TDS194Q",
            "amount": {"amount": "250.00", "currency": "INR"},
        }
    ]


def test_the_file_proves_its_balances(statement: dict[str, list[dict[str, object]]]) -> None:
    (part,) = statement["parts"]

    assert part["proof"] == "proved"
    assert part["closing_balance"] == {"amount": "1413562.40", "currency": "INR"}


def test_a_bounced_cheque_is_taken_back_its_invoice_open_again_and_charged(
    desk: Desk, statement: object
) -> None:
    receipts = desk.every("/v1/receipts", partner_code="CP1002")
    open_items = desk.every("/v1/accounts/CP1002/open-items")

    assert [receipt["reversal"]["reason_code"] for receipt in receipts] == ["cheque_returned"]
    open_amounts = {item["kind"]: item["open_amount"]["amount"] for item in open_items}
    assert open_amounts == {"charge": "500.00", "invoice": "94400.00"}


def test_the_books_balance_and_the_audit_chain_is_intact(
    desk: Desk, whole_system: FragileSystem, statement: object
) -> None:
    assert desk.get("/v1/trial-balance")["is_proved"]
    with Desk.at(whole_system, role="auditor") as auditor:
        assert auditor.get("/v1/audit-trail/verification")["is_intact"]


def test_the_payment_sheet_shows_what_was_received_and_what_is_open(desk: Desk, statement: object) -> None:
    sheet = eventually(
        lambda: desk.get("/v1/payment-sheets/CP1001"), lambda sheet: len(sheet["receipts"]) == 2
    )

    assert {invoice["number"]: invoice["status"] for invoice in sheet["invoices"]} == {
        "ENG/26-27/70001": "paid",
        "ENG/26-27/70002": "paid",
    }


def test_sheets_come_to_what_the_ledger_says_also_after_a_bounce(desk: Desk, statement: object) -> None:
    sheets = [
        eventually(
            lambda code=code: desk.get(f"/v1/payment-sheets/{code}"),
            lambda sheet: (
                sheet["invoices"] and sheet["proof"]["state"] == "equal" and sheet["proof"]["told_at"]
            ),
        )
        for code in ("CP1001", "CP1002")
    ]

    assert [one["totals"][0]["open"]["amount"] for one in sheets] == ["0.00", "94900.00"]
    assert [one["deducted"]["amount"] for one in sheets[0]["tax_awaited"]] == ["250.00"]
    made = desk.client.post(
        "/v1/document-renderings", json={"partner_code": "CP1002", "kind": "payment_sheet"}
    )
    assert made.status_code in (200, 201), made.text


def test_partners_gives_out_what_payments_published_fetched_with_a_key_of_its_own(
    desk: Desk, whole_system: FragileSystem, statement: object
) -> None:
    draft = {"partner_code": "CP1001", "from": "2026-04-01"}
    made = desk.client.post("/v1/account-statements", json=draft)
    assert made.status_code == 201, made.text
    published = made.json()
    (document, *_) = eventually(
        lambda: desk.every("/v1/documents", partner_code="CP1001", kind="account_statement"), bool
    )

    given = desk.client.get(document["content_url"], params={"format": "pdf"})
    with Desk.at(whole_system, role="admin") as admin:
        keys = [
            admin.client.post(
                "/v1/api-keys", json={"name": scope, "roles": ["integration"], "scopes": [f"{scope}:read"]}
            ).json()["key"]
            for scope in ("account-statements", "receipts")
        ]
    path = f"/v1/account-statements/{published['id']}/content"

    (file,) = [one for one in published["files"] if one["format"] == "pdf"]
    assert hashlib.sha256(given.content).hexdigest() == file["sha256"]
    assert fetched(whole_system, keys[0], path) == given.content
    with pytest.raises(SourceUnavailable, match="403"):
        fetched(whole_system, keys[1], path)
    with pytest.raises(SourceUnavailable, match="401"):
        fetched(whole_system, "no key of ours", path)
    with pytest.raises(DocumentUnknown):
        fetched(whole_system, keys[0], f"/v1/account-statements/{uuid7()}/content")


def fetched(system: FragileSystem, key: str, path: str) -> bytes:
    """What partners gets of payments with this key, through the gateway."""

    async def fetch() -> bytes:
        async with DocumentSource(system.url("gateway"), key) as source:
            return await source.fetch(path, "pdf", None)

    return asyncio.run(fetch())


def test_the_dashboard_shows_the_collections_of_the_day(desk: Desk, statement: object) -> None:
    def of_account() -> object:
        board = desk.get(
            "/v1/dashboards/collections",
            **{"from": "2026-10-01", "to": "2026-10-05"},
            group_by="bank_account",
        )
        return [point for point in board["series"] if point["bank_account"] == ACCOUNT]

    (point,) = eventually(of_account, lambda points: bool(points) and points[0]["reversed_count"] == 1)

    assert point["receipts_count"] == 3
    assert point["net_amount"] == {"amount": "412750.00", "currency": "INR"}


def test_the_same_file_again_adds_nothing_and_says_so(desk: Desk, statement: dict[str, str]) -> None:
    reply = desk.send_statement(STATEMENT, ACCOUNT)

    assert (reply.status_code, reply.json()["is_repeated"]) == (200, True)
    assert reply.json()["id"] == statement["id"]


def test_a_statement_sent_again_with_its_key_is_replayed_and_another_file_refused(
    desk: Desk, statement: object
) -> None:
    desk.register_bank_account("WAY-0003")

    def send(content: bytes) -> httpx.Response:
        return desk.client.post(
            "/v1/bank-statements",
            params={"bank_account": "WAY-0003"},
            content=content,
            headers={"Idempotency-Key": "october", "Content-Type": "text/csv"},
        )

    first, again, other = send(STATEMENT), send(STATEMENT), send(STATEMENT + b"\n")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_an_overlapping_file_brings_only_its_new_line(desk: Desk, statement: object) -> None:
    longer = STATEMENT + b"06/10/26,CHRG SMS ALERTS,,06/10/26,35.40,,1413527.00\n"

    counts = desk.import_statement(longer, ACCOUNT)["counts"]

    assert (counts["lines"], counts["new"], counts["duplicate"]) == (6, 1, 5)


def test_a_partner_sees_itself_and_nobody_else(whole_system: FragileSystem, statement: object) -> None:
    with Desk.at(whole_system, role="partner", partner_code="CP1001") as partner:
        receipts = partner.every("/v1/receipts")
        foreign = partner.client.get("/v1/payment-sheets/CP1002")
        absent = partner.client.get("/v1/payment-sheets/CP9998")

    assert {receipt["partner_code"] for receipt in receipts} == {"CP1001"}
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.json()["detail"].replace("CP1002", "CP9998") == absent.json()["detail"]


def test_zonal_sales_sees_the_partners_of_its_zone(whole_system: FragileSystem, statement: object) -> None:
    with Desk.at(whole_system, role="zonal_sales", zones=["North"]) as sales:
        receipts = sales.every("/v1/receipts")

    assert "CP1002" in {receipt["partner_code"] for receipt in receipts}
    assert "CP1001" not in {receipt["partner_code"] for receipt in receipts}


def test_a_large_import_answers_at_once_with_a_job_to_follow(desk: Desk, statement: object) -> None:
    desk.register_bank_account("WAY-0002")
    other = STATEMENT.replace(b"HDFCR", b"HDFCX")

    reply = desk.send_statement(other, "WAY-0002", prefer="wait=0")

    assert reply.status_code == 202
    job = eventually(lambda: desk.get(reply.headers["location"]), lambda job: job["state"] == "succeeded")
    assert job["counts"] == {"lines_read": 5}
