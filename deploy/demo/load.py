"""Loads the demonstration month through the gateway: `python -m deploy.demo.load --url … --token …`.

Without a token it signs one as the development issuer whose folder ISSUER_FOLDER names.
"""

import argparse
import csv
import io
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console

from deploy.demo.business import BANK_ACCOUNT, DemoBankLine, DemoBusiness
from deploy.local.identity import development_identity, development_token
from deploy.local.issue_token import issuer_folder

HEADER = (
    "Date",
    "Narration",
    "Chq./Ref.No.",
    "Value Dt",
    "Withdrawal Amt.",
    "Deposit Amt.",
    "Closing Balance",
)
OPENING_BALANCE = Decimal("25000000.00")
TIMEOUT_SECONDS = 120.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.load", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--token", help="a coordinator's token: make token ROLE=coordinator")
    given = parser.parse_args(arguments)
    business = DemoBusiness(datetime.now(ZoneInfo("Asia/Kolkata")).date())
    token = given.token or development_token(development_identity(issuer_folder()), "coordinator")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=given.url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        return _load(client, business, Console())


def _load(client: httpx.Client, business: DemoBusiness, console: Console) -> int:
    for step, send in (
        ("partners", _send_partners),
        ("bank account", _send_bank_account),
        ("invoices", _send_invoices),
        ("bank statements", _send_statements),
    ):
        try:
            console.print(f"demo: {step:<16} {send(client, business)}")
        except httpx.HTTPStatusError as error:
            console.print(
                f"demo: {step} refused with {error.response.status_code}: {error.response.text[:500]}"
            )
            return 1
        except httpx.TransportError as error:
            console.print(f"demo: {client.base_url} does not answer ({error}); is `make run` up?")
            return 1
    return 0


def _send_partners(client: httpx.Client, business: DemoBusiness) -> str:
    rows = ((p.code, p.name, p.city, p.zone, p.gstin, p.ifsc, p.bank_account) for p in business.partners)
    body = _csv(("code", "name", "city", "zone", "gstin", "ifsc", "bank_account"), rows)
    return _batch_result(
        client.post("/v1/partners/batch", content=body, headers={"Content-Type": "text/csv"})
    )


def _send_bank_account(client: httpx.Client, _business: DemoBusiness) -> str:
    draft = {"number": BANK_ACCOUNT, "name": "HDFC current account", "currency": "INR"}
    reply = client.post("/v1/bank-accounts", json=draft)
    reply.raise_for_status()
    return BANK_ACCOUNT


def _send_invoices(client: httpx.Client, business: DemoBusiness) -> str:
    items = [
        {
            "number": invoice.number,
            "partner_code": invoice.partner.code,
            "issued_on": invoice.issued_on.isoformat(),
            "due_on": invoice.due_on.isoformat(),
            "taxable_amount": _money(invoice.taxable),
            "tax_amount": _money(invoice.tax),
            "total_amount": _money(invoice.total),
        }
        for invoice in business.invoices
    ]
    return _batch_result(client.post("/v1/invoices/batch", json={"items": items}))


def _send_statements(client: httpx.Client, business: DemoBusiness) -> str:
    """One file a day, as the bank sends them."""
    balance, booked, lines, files = OPENING_BALANCE, 0, 0, 0
    for day in sorted({line.booked_on for line in business.bank_lines}):
        of_day = [line for line in business.bank_lines if line.booked_on == day]
        content, balance = _statement(of_day, balance)
        reply = client.post(
            "/v1/bank-statements",
            params={"bank_account": BANK_ACCOUNT},
            content=content,
            headers={"Content-Type": "text/csv", "Prefer": "wait=60"},
        )
        reply.raise_for_status()
        counts = reply.json()["counts"]
        booked, lines, files = booked + counts["booked"], lines + counts["lines"], files + 1
    return f"{files} daily files, {lines} lines, {booked} receipts booked without a person"


def _statement(lines: Iterable[DemoBankLine], opening: Decimal) -> tuple[bytes, Decimal]:
    balance, rows = opening, []
    for line in lines:
        balance += line.amount
        withdrawal = f"{-line.amount:.2f}" if line.amount < 0 else ""
        deposit = f"{line.amount:.2f}" if line.amount > 0 else ""
        day = f"{line.booked_on:%d/%m/%y}"
        rows.append((day, line.narration, line.reference, day, withdrawal, deposit, f"{balance:.2f}"))
    return _csv(HEADER, rows), balance


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _money(amount: Decimal) -> dict[str, str]:
    return {"amount": f"{amount:.2f}", "currency": "INR"}


def _batch_result(reply: httpx.Response) -> str:
    reply.raise_for_status()
    counts = reply.json()
    return f"{counts['accepted']} accepted, {counts['duplicate']} known before, {counts['refused']} refused"


if __name__ == "__main__":
    sys.exit(main())
