"""The guide to integration does what it says: every command of it is run as it stands, and none is refused."""

import json
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from tests.e2e.guide import GUIDES, indented_steps_of, needs_curl, run, token_function
from tests.factories.statement_files import Entry, camt_file, csv_file
from tests.faults.processes import FragileSystem

ACCOUNT: Final = "50200098765432"
INVOICES: Final = """number,partner_code,issue_date,due_date,currency,taxable_amount,tax_amount,total_amount
ENG/26-27/70911,CP0901,2026-09-01,2026-10-01,INR,100000.00,18000.00,118000.00
ENG/26-27/70912,CP0901,2026-09-05,2026-10-05,INR,4237.29,762.71,5000.00
"""
ADVICES: Final = """partner_code,reference,cheque_number,amount_in_rupees,paid_on,items,note
CP0901,HDFCR52026101400000902,,5000.00,2026-10-14,ENG/26-27/70912=5000.00,October
"""
IMS: Final = """supplier_gstin,number,action,period,acted_on,reversal_amount,reference,remark
29AADCD4821K1ZI,CN/0000001,accepted,2026-10,2026-11-14,,ARN-1,
"""
# A command that is refused fails the guide, as it would stop a script that is written with care.
CAREFUL_CURL: Final = 'curl() { command curl --fail-with-body "$@"; }\n'


def files_of_the_guide(folder: Path) -> None:
    """What the guide sends: a caller's own files, which it names and does not show."""
    today = datetime.now(ZoneInfo("Asia/Kolkata")).date()
    (folder / "statement.xml").write_bytes(camt_file(account_number=ACCOUNT))
    known = Entry(
        18_077_441,
        "RTGS CR-GODAVARI ENERGY ENTERPRISES-IG/26-27/004000-ICICR52026100100000901",
        booked_on=today,
    )
    unknown = Entry(7_700, "NEFT CR-NOBODY KNOWS-HDFCN52026100200000902", booked_on=today)
    (folder / "statement.csv").write_bytes(csv_file(known, unknown))
    (folder / "invoices.csv").write_text(INVOICES)
    (folder / "advices.csv").write_text(ADVICES)
    (folder / "ims.csv").write_text(IMS)
    money = {"currency": "INR"}
    invoice = {
        "number": "ENG/26-27/70913",
        "partner_code": "CP0901",
        "issued_on": "2026-09-08",
        "due_on": "2026-10-08",
        "taxable_amount": {"amount": "1000.00", **money},
        "tax_amount": {"amount": "180.00", **money},
        "total_amount": {"amount": "1180.00", **money},
    }
    (folder / "invoices.ndjson").write_text(json.dumps(invoice) + "\n")


@needs_curl
def test_every_command_of_the_guide_is_answered(whole_system: FragileSystem, tmp_path: Path) -> None:
    files_of_the_guide(tmp_path)
    where, *steps = indented_steps_of((GUIDES / "integration.md").read_text(encoding="utf-8"))
    assert "make -s token" in where.commands, "the first block says where the system is; here it is elsewhere"
    preamble = (
        f"BASE={whole_system.url('gateway')}\n{token_function(whole_system)}{CAREFUL_CURL}"
        "TOKEN=$(token integration) APPROVER=$(token approver) ADMIN_TOKEN=$(token admin)\n"
        f"ISSUER={whole_system.url('issuer')} SECRET={whole_system.machine_secret()}\n"
    )

    printed = run(steps, preamble, tmp_path)

    assert len(steps) > 15
    assert (
        "".join(printed).count('"refused":0') >= 5
    )  # partners, three forms of invoices, one with lines, advices
    assert (tmp_path / "note.pdf").read_bytes().startswith(b"%PDF")
    assert [path.suffix for path in tmp_path.glob("invoices-*")] == [".xlsx"]


def test_the_guide_is_read_as_commands_and_what_they_are_not() -> None:
    guide = 'Text\n\n    curl a \\\n      b\n\n    # and\n    curl c\n\nText\n\n    {"reply": 1}\n\nText\n\n    X=1\n'

    assert [step.commands for step in indented_steps_of(guide)] == [
        "curl a \\\n  b\n\n# and\ncurl c\n",
        "X=1\n",
    ]
