"""The TypeScript client compiles under strict rules and does a page's work at the running system."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests import node
from tests.e2e.desk import Desk
from tests.e2e.guide import GUIDES
from tests.faults.processes import FragileSystem

CLIENT: Final = Path(__file__).parents[2] / "clients" / "typescript"
ACCOUNT: Final = "TSC-0001"
PARTNERS: Final = b"""code,name,city,zone,gstin,ifsc,bank_account
TS-1,Bhavani Krishi Yantra Private Limited,Pune,West,,HDFC0007777,50100077778888
TS-2,Bhavani Krushi Seva Kendra,Nashik,West,,ICIC0009999,50100099991111
"""
INVOICES: Final = b"""number,partner_code,issue_date,due_date,currency,taxable_amount,tax_amount,total_amount
TS/26-27/1001,TS-1,2026-09-01,2026-10-01,INR,100000.00,18000.00,118000.00
TS/26-27/1002,TS-1,2026-09-02,2026-10-02,INR,150000.00,27000.00,177000.00
TS/26-27/1003,TS-1,2026-09-03,2026-10-03,INR,50000.00,9000.00,59000.00
TS/26-27/1004,TS-1,2026-09-04,2026-10-04,INR,75000.00,13500.00,88500.00
TS/26-27/1005,TS-2,2026-09-04,2026-10-04,INR,75000.00,13500.00,88500.00
"""
# Three payments with everything on them, and one of a stranger whose amount two partners owe: that one waits for a person.
WHOLE_NAME: Final = "HDFC0007777-BHAVANI KRISHI YANTRA PVT LTD"
CREDITS: Final = (
    (f"{WHOLE_NAME}-TS/26-27/1001", 118_000, 1_118_000),
    (f"{WHOLE_NAME}-TS/26-27/1002", 177_000, 1_295_000),
    (f"{WHOLE_NAME}-TS/26-27/1003", 59_000, 1_354_000),
    ("QUARRY MACHINE HOUSE", 88_500, 1_442_500),
)
UTR: Final = "HDFCR5202610017777000"
HEADINGS: Final = "Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance\n"


def statement_text() -> str:
    lines = (
        f"01/10/26,RTGS CR-{told}-{UTR}{place},{UTR}{place},01/10/26,,{amount}.00,{balance}.00\n"
        for place, (told, amount, balance) in enumerate(CREDITS)
    )
    return HEADINGS + "".join(lines)


@pytest.fixture(scope="module")
def client() -> Path:
    """The client with its packages, its types made from the document as it is now."""
    folder = node.with_packages(CLIENT)
    generated = node.npm(folder, "run", "--silent", "generate")
    assert generated.returncode == 0, generated.stdout + generated.stderr
    return folder


@pytest.fixture(scope="module")
def seen(
    client: Path, whole_system: FragileSystem, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the example page saw at each step."""
    statement = tmp_path_factory.mktemp("typescript") / "october.csv"
    statement.write_text(statement_text())
    with Desk.at(whole_system, role="coordinator") as desk:
        assert desk.register_partners(PARTNERS)["refused"] == 0
        assert desk.register_invoices(INVOICES)["refused"] == 0
        desk.register_bank_account(ACCOUNT)
    driven = node.run(
        client, "node", "examples/drive.ts",
        BASE=whole_system.url("gateway"), TOKEN=whole_system.token("coordinator"),
        PARTNER="TS-1", BANK_ACCOUNT=ACCOUNT, STATEMENT=str(statement),
    )  # fmt: skip
    assert driven.returncode == 0, driven.stdout + driven.stderr
    return {said["step"]: said["seen"] for said in map(json.loads, driven.stdout.splitlines())}


def test_it_compiles_under_strict_rules(client: Path) -> None:
    said = node.run(client, "tsc", "--noEmit")

    assert said.returncode == 0, said.stdout


def test_the_rules_are_the_strict_ones() -> None:
    options = json.loads((CLIENT / "tsconfig.json").read_text())["compilerOptions"]

    assert options["strict"]
    assert options["noUncheckedIndexedAccess"]
    assert options["exactOptionalPropertyTypes"]
    assert not options["skipLibCheck"]


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (CLIENT / "package-lock.json").read_text()


def test_its_own_tests_pass(client: Path) -> None:
    said = node.npm(client, "test", "--silent")

    assert said.returncode == 0, said.stdout + said.stderr
    assert int(re.search(r"pass (\d+)", said.stdout)[1]) > 10  # type: ignore[index]


def test_a_page_knows_who_signed_in(seen: dict[str, Any]) -> None:
    assert seen["me"] == ["coordinator"]


def test_a_page_imports_a_statement_and_follows_its_job(seen: dict[str, Any]) -> None:
    imported = seen["import"]

    assert (imported["state"], imported["last"]) == ("imported", "succeeded")
    assert imported["counts"]["booked"] == 3
    assert imported["counts"]["suggested"] + imported["counts"]["exceptions"] == 1


def test_a_page_reads_a_list_over_several_cursors(seen: dict[str, Any]) -> None:
    assert sorted(seen["receipts"]) == ["118000.00", "177000.00", "59000.00"]


def test_a_page_that_was_away_hears_what_happened(seen: dict[str, Any]) -> None:
    heard = seen["heard"]

    assert heard["type"] == "receipt.booked"
    assert heard["id"].isdigit()
    assert heard["data"]["links"]["resource"].startswith("/v1/receipts/")


def test_a_page_accepts_only_what_it_has_seen(seen: dict[str, Any]) -> None:
    assert seen["stale"] == "changed"
    assert seen["accepted"]["partner"] in ("TS-1", "TS-2")
    assert seen["accepted"]["by"] == "coordinator@development"
    assert seen["left"] == 0


def test_a_page_tells_a_problem_in_words(seen: dict[str, Any]) -> None:
    assert seen["problem"]["mayTryAgain"] is False
    assert seen["problem"]["text"]


def test_the_guide_shows_code_that_runs() -> None:
    guide = (GUIDES / "frontend.md").read_text(encoding="utf-8")
    example = (CLIENT / "examples" / "back-office.ts").read_text(encoding="utf-8")
    snippets = re.findall(r"^```ts\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)

    assert len(snippets) >= 8
    assert [snippet for snippet in snippets if snippet not in example] == []
