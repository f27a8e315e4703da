"""The command line does a coordinator's month end at the real system: sign in, import, list, export, follow."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clients.command_line.app import main
from tests.e2e.desk import Desk
from tests.e2e.test_a_payments_way import INVOICES, PARTNERS, STATEMENT
from tests.faults.processes import FragileSystem

ACCOUNT = "CLI-0001"
Run = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def prepared(whole_system: FragileSystem) -> None:
    """Partners, invoices and an account, without which a statement books nothing."""
    with Desk.at(whole_system, role="coordinator") as desk:
        desk.register_partners(PARTNERS)
        desk.register_bank_account(ACCOUNT)
        desk.register_invoices(INVOICES)


@pytest.fixture
def statement(tmp_path: Path) -> Path:
    file = tmp_path / "october.csv"
    file.write_bytes(STATEMENT.replace(b"HDFCR", b"HDFCL").replace(b"004211", b"004299"))
    return file


@pytest.fixture
def salesops(
    whole_system: FragileSystem,
    prepared: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command with --json as a coordinator who has signed in; returns the documents it printed."""
    for name in ("SALESOPS_URL", "SALESOPS_TOKEN", "SALESOPS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("sys.stdin", io.StringIO(whole_system.token("coordinator") + "\n"))
    assert main(["login", "--with", "token", "--url", whole_system.url("gateway")]) == 0
    capsys.readouterr()

    def run(*words: str, code: int = 0) -> list[Any]:
        ended = main([*words, "--json"])
        written = capsys.readouterr()
        assert ended == code, written.err
        return [json.loads(line) for line in (written.err if code else written.out).splitlines()]

    return run


def test_who_signed_in_stays_signed_in(salesops: Run) -> None:
    (me,) = salesops("whoami")

    assert me["roles"] == ["coordinator"]


def test_a_statement_is_imported_once_however_often_it_is_sent(salesops: Run, statement: Path) -> None:
    command = ("statements", "import", str(statement), "--bank-account", ACCOUNT)

    (first,), (again,) = salesops(*command), salesops(*command)

    assert (first["state"], first["counts"]["lines"]) == ("imported", 5)
    assert (first["is_repeated"], again["is_repeated"]) == (False, True)
    assert first["id"] == again["id"]


def test_a_statement_of_an_unknown_account_is_refused_with_the_next_step(
    salesops: Run, statement: Path
) -> None:
    (problem,) = salesops("statements", "import", str(statement), "--bank-account", "NOBODY", code=4)

    assert problem["code"] == "bank_account_unknown"
    assert "salesops list bank-accounts" in problem["next_step"]


def test_a_list_is_filtered_and_limited(salesops: Run) -> None:
    partners = salesops("list", "partners", "--filter", "status=active", "--limit", "1")
    accounts = salesops("list", "bank-accounts", "--all")

    assert len(partners) == 1
    assert ACCOUNT in {account["number"] for account in accounts}


def test_an_export_is_the_whole_list(salesops: Run, tmp_path: Path) -> None:
    target = tmp_path / "accounts.csv"

    (written,) = salesops("export", "bank-accounts", "-o", str(target))

    assert written["size_bytes"] == target.stat().st_size
    head, *rows = target.read_text().splitlines()
    assert "number" in head
    assert len(rows) == len(salesops("list", "bank-accounts", "--all"))


def test_one_resource_is_shown(salesops: Run) -> None:
    (partner,) = salesops("get", "partners", "CP1001")
    (problem,) = salesops("get", "partners", "CP-NOBODY", code=4)

    assert partner["code"] == "CP1001"
    assert problem["code"] == "partner_unknown"


def test_a_job_is_followed_to_its_end(salesops: Run, statement: Path) -> None:
    (imported,) = salesops("statements", "import", str(statement), "--bank-account", ACCOUNT)

    (job,) = salesops("jobs", "follow", imported["job_url"].rsplit("/", 1)[1])

    assert job["state"] == "succeeded"


def test_events_are_followed_from_where_one_was(salesops: Run, statement: Path) -> None:
    salesops("statements", "import", str(statement), "--bank-account", ACCOUNT)

    (event,) = salesops("events", "follow", "--since", "0", "--types", "receipt.*", "--count", "1")

    assert event["type"].startswith("receipt.")
    assert event["data"]["links"]["resource"].startswith("/v1/receipts/")


def test_what_a_role_may_not_ends_with_three(
    salesops: Run, whole_system: FragileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESOPS_TOKEN", whole_system.token("partner", partner_code="CP1001"))

    (problem,) = salesops("list", "journal-entries", code=3)

    assert problem["code"] == "forbidden"


def test_a_signed_out_person_is_told_to_sign_in(salesops: Run) -> None:
    salesops("logout", code=0)

    (problem,) = salesops("whoami", code=3)

    assert problem["code"] == "not_allowed"


def test_a_script_signs_in_with_a_key_that_was_made_for_it(
    salesops: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (issued,) = salesops("keys", "create", "Nightly import", "--role", "integration")
    (rotated,) = salesops("keys", "rotate", issued["id"], "--overlap-minutes", "5")
    (revoked_id,) = [key["id"] for key in salesops("keys", "list") if key["id"] == issued["id"]]

    monkeypatch.setenv("SALESOPS_TOKEN", rotated["key"])
    (me,) = salesops("whoami")
    monkeypatch.delenv("SALESOPS_TOKEN")
    (revoked,) = salesops("keys", "revoke", revoked_id, "--reason", "The test is over")

    assert me["roles"] == ["integration"]
    assert rotated["key"] != issued["key"]
    assert revoked["revoked_at"] is not None
