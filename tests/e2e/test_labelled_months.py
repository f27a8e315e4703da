"""Labelled months and other people's statement files, through the gateway like a user's own."""

import csv
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.desk import Desk

SHARED = Path(os.environ.get("SALESOPS_SAMPLES", "."))
LABELLED = SHARED / "data" / "cash-application"
STATEMENTS = SHARED / "samples" / "statements"
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not LABELLED.is_dir(), reason="SALESOPS_SAMPLES names no folder with labelled months"),
]
ACCOUNT = "50200012345678"
# file → (currency, state, lines, proofs in order of the parts); as the samples' own description says.
SAMPLES = {
    "mt940/wolph__betterplace_sepa_mt9401.sta": ("EUR", "imported", 97, {"proved": 26}),
    "mt940/wolph__cmxl_mt940.sta": ("EUR", "imported", 16, {"proved": 3}),
    "mt940/wolph__citi_mt940.txt": ("USD", "imported", None, {"proved": 1}),
    "mt940/wolph__jejik_abnamro.sta": ("EUR", "imported", 10, None),
    "mt940/wolph__mBank_mt942.sta": ("PLN", "imported", None, None),
    "mt940/wolph__self-provided_february_30.sta": ("EUR", "imported", None, None),
    "mt940/synthetic_india_inr_funds_code.sta": ("INR", "imported", 7, {"proved": 1}),
    "camt053/genkgo__camt053.v2.minimal.xml": ("EUR", "imported", None, {"mismatch": 1}),
    "camt053/genkgo__camt053.v4.xml": ("EUR", "imported", None, {"mismatch": 1}),
    "camt053/genkgo__camt053.v8.xml": ("EUR", "imported", None, {"mismatch": 1}),
    "camt053/genkgo__camt053.v2.multi.statement.xml": ("EUR", "imported", None, {"proved": 2}),
    "bai2/moov__sample1.txt": ("CAD", "imported", 17, {"proved": 2}),
    "csv/synthetic_hdfc_shape.csv": ("INR", "imported", 5, {"proved": 1}),
    "csv/synthetic_sbi_shape.tsv": ("INR", "imported", 3, {"proved": 1}),
}
REFUSED = (
    "mt940/wolph__self-provided_invalid_statement.sta",
    "bai2/moov__sample3.txt",
    "bai2/moov__errors_sample-parseError.txt",
)


def test_a_hard_month_is_booked_as_its_payers_meant_and_once_in_any_format(
    desk: Desk, tmp_path: Path
) -> None:
    folder = LABELLED / "hard"
    desk.register_partners((folder / "partners.csv").read_bytes())
    desk.register_bank_account(ACCOUNT)
    assert desk.register_invoices((folder / "invoices.csv").read_bytes())["refused"] == 0

    statement = desk.import_statement((folder / "statement-2026-10.csv").read_bytes(), ACCOUNT)
    figures = score(desk.lines(statement), folder / "truth.csv", tmp_path)
    again = [
        desk.import_statement((folder / f"statement-2026-10.{ending}").read_bytes(), ACCOUNT)["counts"]
        for ending in ("camt053.xml", "mt940")
    ]

    assert figures["straight through and right"] >= Decimal("0.985")
    assert figures["precision of automatic"] >= Decimal("0.999")
    assert [(counts["new"], counts["duplicate"]) for counts in again] == [
        (0, statement["counts"]["lines"])
    ] * 2


def score(lines: list[Any], truth: Path, folder: Path) -> dict[str, Decimal]:
    """The figures that the labelled data's own scorer prints for our decisions."""
    predicted = folder / "predicted.csv"
    with predicted.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "decision", "partner_code", "allocations", "deductions", "on_account"])
        for line in lines:
            allocations = [[one["invoice_number"], one["amount"]["amount"]] for one in line["allocations"]]
            deductions = [
                [one["invoice_number"], one["kind"], one["amount"]["amount"]] for one in line["deductions"]
            ]
            writer.writerow(
                [line["line_number"], line["decision"], line["partner_code"] or "", json.dumps(allocations),
                 json.dumps(deductions), line["on_account"]["amount"]]
            )  # fmt: skip
    command = [sys.executable, str(LABELLED / "score.py"), str(truth), str(predicted)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (row.rsplit(maxsplit=1) for row in printed.splitlines() if "." in row and not row.startswith(" "))
    return {name.strip(): Decimal(value) for name, value in rows}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gives_what_its_description_says_and_loses_no_line(desk: Desk, name: str) -> None:
    currency, state, lines, proofs = SAMPLES[name]
    account = f"S{list(SAMPLES).index(name):03d}"
    desk.register_bank_account(account, currency=currency)

    statement = desk.import_statement((STATEMENTS / name).read_bytes(), account)

    counts = statement["counts"]
    assert statement["state"] == state, statement["failure"]
    assert lines is None or counts["lines"] == lines
    assert counts["lines"] == sum(counts[kind] for kind in ("new", "duplicate", "rejected", "information"))
    assert len(desk.lines(statement)) == counts["lines"]
    found = [part["proof"] for part in statement["parts"]]
    assert proofs is None or {proof: found.count(proof) for proof in set(found)} == proofs
    raised = {one["code"] for one in desk.every("/v1/exceptions", statement_id=statement["id"])}
    assert ("balance_mismatch" in raised) == ("mismatch" in found)


def test_intraday_information_is_never_booked_as_final(desk: Desk) -> None:
    desk.register_bank_account("S942", currency="PLN")

    statement = desk.import_statement((STATEMENTS / "mt940/wolph__mBank_mt942.sta").read_bytes(), "S942")

    assert statement["counts"]["information"] == statement["counts"]["lines"] > 0


@pytest.mark.parametrize("name", REFUSED)
def test_a_sample_that_is_no_statement_is_refused_with_a_typed_problem(desk: Desk, name: str) -> None:
    desk.register_bank_account("S-REFUSED", currency="EUR")

    reply = desk.send_statement((STATEMENTS / name).read_bytes(), "S-REFUSED")

    if reply.status_code == 201:
        assert reply.json()["failure"]["code"] == "statement_unreadable"
    else:
        assert reply.status_code in (400, 415)
        assert reply.json()["code"] in ("statement_unreadable", "statement_format_unknown")


def test_five_decimals_and_a_broken_schema_end_in_a_typed_answer(desk: Desk) -> None:
    desk.register_bank_account("S-CAMT", currency="EUR")
    for name in ("genkgo__camt053.v2.five.decimals.xml", "genkgo__camt053.v2.wrong.xml"):
        reply = desk.send_statement((STATEMENTS / "camt053" / name).read_bytes(), "S-CAMT")

        assert reply.status_code in (201, 400, 415), reply.text
        if reply.status_code == 201:
            counts = reply.json()["counts"]
            assert counts["lines"] == sum(
                counts[kind] for kind in ("new", "duplicate", "rejected", "information")
            )
