"""A bank statement goes in, payments come out booked, and every service shows it."""

import pytest

from tests.e2e.desk import Desk, eventually
from tests.faults.processes import FragileSystem

pytestmark = pytest.mark.xdist_group("whole_system")

PARTNERS = b"""code,name,city,zone,gstin,ifsc,bank_account
WAY01,Sahyadri Diesel Works Private Limited,Pune,West,27AAACS1234A1Z5,HDFC0001234,50100011112222
WAY02,Narmada Power Systems,Delhi,North,07AAACN1234A1Z5,ICIC0005678,60200033334444
"""
INVOICES = b"""number,partner_code,issue_date,due_date,currency,taxable_amount,tax_amount,total_amount
ENG/26-27/70001,WAY01,2026-09-01,2026-10-01,INR,100000.00,18000.00,118000.00
ENG/26-27/70002,WAY01,2026-09-05,2026-10-05,INR,250000.00,45000.00,295000.00
ENG/26-27/70003,WAY02,2026-09-08,2026-10-08,INR,80000.00,14400.00,94400.00
ENG/26-27/70004,WAY99,2026-09-08,2026-10-08,INR,80000.00,14400.00,94400.00
"""
STATEMENT = b"""Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance
01/10/26,RTGS CR-HDFC0001234-SAHYADRI DIESEL WORKS PVT LTD-ENG/26-27/70001-HDFCR52026100112345678,HDFCR52026100112345678,01/10/26,,118000.00,1118000.00
02/10/26,NEFT CR-HDFC0001234-SAHYADRI DIESEL WORKS PVT LTD-ENG/26-27/70002 LESS TDS-HDFCN52026100212345679,HDFCN52026100212345679,02/10/26,,294750.00,1412750.00
02/10/26,CHQ DEP-004211-CLG-ICIC DELHI-NARMADA POWER SYSTEMS,004211,02/10/26,,94400.00,1507150.00
03/10/26,INT.PD 01-07-2026 TO 30-09-2026,,03/10/26,,812.40,1507962.40
05/10/26,CHQ RET-004211-FUNDS INSUFFICIENT,004211,05/10/26,94400.00,,1413562.40
"""
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
        ("auto", "receipt", "WAY01"),
        ("auto", "receipt", "WAY01"),
        ("auto", "receipt", "WAY02"),
        ("exception", "not_a_receipt", None),
        ("auto", "bounce", "WAY02"),
    ]
    assert all(line["reasons"] for line in lines)
    assert lines[1]["deductions"] == [
        {"invoice_number": "ENG/26-27/70002", "kind": "TDS194Q", "amount": {"amount": "250.00", "currency": "INR"}}
    ]


def test_the_file_proves_its_balances(statement: dict[str, list[dict[str, object]]]) -> None:
    (part,) = statement["parts"]

    assert part["proof"] == "proved"
    assert part["closing_balance"] == {"amount": "1413562.40", "currency": "INR"}


def test_a_bounced_cheque_is_taken_back_and_its_invoice_open_again(desk: Desk, statement: object) -> None:
    receipts = desk.every("/v1/receipts", partner_code="WAY02")
    open_items = desk.every("/v1/accounts/WAY02/open-items")

    assert [receipt["reversal"]["reason_code"] for receipt in receipts] == ["cheque_returned"]
    assert [(item["document_number"], item["open_amount"]["amount"]) for item in open_items] == [
        ("ENG/26-27/70003", "94400.00")
    ]


def test_the_books_balance_and_the_audit_chain_is_intact(
    desk: Desk, whole_system: FragileSystem, statement: object
) -> None:
    assert desk.get("/v1/trial-balance")["is_proved"]
    with Desk.at(whole_system, role="auditor") as auditor:
        assert auditor.get("/v1/audit-trail/verification")["is_intact"]


def test_the_payment_sheet_shows_what_was_received_and_what_is_open(desk: Desk, statement: object) -> None:
    sheet = eventually(
        lambda: desk.get("/v1/payment-sheets/WAY01"), lambda sheet: len(sheet["receipts"]) == 2
    )

    assert {invoice["number"]: invoice["status"] for invoice in sheet["invoices"]} == {
        "ENG/26-27/70001": "paid",
        "ENG/26-27/70002": "paid",
    }


def test_the_dashboard_shows_the_collections_of_the_day(desk: Desk, statement: object) -> None:
    def of_account() -> object:
        board = desk.get(
            "/v1/dashboards/collections", **{"from": "2026-10-01", "to": "2026-10-05"}, group_by="bank_account"
        )
        return [point for point in board["series"] if point["bank_account"] == ACCOUNT]

    (point,) = eventually(of_account, lambda points: bool(points) and points[0]["reversed_count"] == 1)

    assert point["receipts_count"] == 3
    assert point["net_amount"] == {"amount": "412750.00", "currency": "INR"}


def test_the_same_file_again_adds_nothing_and_says_so(desk: Desk, statement: dict[str, str]) -> None:
    reply = desk.send_statement(STATEMENT, ACCOUNT)

    assert (reply.status_code, reply.json()["is_repeated"]) == (200, True)
    assert reply.json()["id"] == statement["id"]


def test_an_overlapping_file_brings_only_its_new_line(desk: Desk, statement: object) -> None:
    longer = STATEMENT + b"06/10/26,CHRG SMS ALERTS,,06/10/26,35.40,,1413527.00\n"

    counts = desk.import_statement(longer, ACCOUNT)["counts"]

    assert (counts["lines"], counts["new"], counts["duplicate"]) == (6, 1, 5)


def test_a_partner_sees_itself_and_nobody_else(whole_system: FragileSystem, statement: object) -> None:
    with Desk.at(whole_system, role="partner", partner_code="WAY01") as partner:
        receipts = partner.every("/v1/receipts")
        foreign = partner.client.get("/v1/payment-sheets/WAY02")
        absent = partner.client.get("/v1/payment-sheets/WAY98")

    assert {receipt["partner_code"] for receipt in receipts} == {"WAY01"}
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.json()["detail"].replace("WAY02", "WAY98") == absent.json()["detail"]


def test_zonal_sales_sees_the_partners_of_its_zone(whole_system: FragileSystem, statement: object) -> None:
    with Desk.at(whole_system, role="zonal_sales", zones=["North"]) as sales:
        receipts = sales.every("/v1/receipts")

    assert "WAY02" in {receipt["partner_code"] for receipt in receipts}
    assert "WAY01" not in {receipt["partner_code"] for receipt in receipts}


def test_a_large_import_answers_at_once_with_a_job_to_follow(desk: Desk, statement: object) -> None:
    desk.register_bank_account("WAY-0002")
    other = STATEMENT.replace(b"HDFCR", b"HDFCX")

    reply = desk.send_statement(other, "WAY-0002", prefer="wait=0")

    assert reply.status_code == 202
    job = eventually(lambda: desk.get(reply.headers["location"]), lambda job: job["state"] == "succeeded")
    assert job["counts"] == {"lines_read": 5}
