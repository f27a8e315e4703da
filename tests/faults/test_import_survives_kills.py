"""kill -9 of any part during an import: afterwards it finishes, with nothing lost and nothing twice."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from deploy.local.folder import StackFolder
from tests.e2e.desk import Desk, eventually
from tests.faults.exercise.oracle import BOOK_CHECKS
from tests.faults.month import PARTNER_COUNT, Month
from tests.faults.processes import FragileSystem, fragile_system

# A chunk costs more than its lines: of many small ones more is left to do when the kill comes.
LINES_PER_CHUNK = 25
IN_SMALL_CHUNKS = {"PAYMENTS_IMPORT_LINES_PER_CHUNK": str(LINES_PER_CHUNK)}
LINE_COUNT = 6 * LINES_PER_CHUNK
# Each dies after the first of six chunks.
VICTIMS = ("payments worker", "PostgreSQL", "payments API", "RabbitMQ")
# What an import goes through, and what its facts are looked for in.
PROCESSES = (
    "payments API",
    "payments worker",
    "partners API",
    "partners worker",
    "reporting worker",
    "gateway",
)


@pytest.fixture(scope="module")
def system() -> Iterator[FragileSystem]:
    """With durable data."""
    folder = Path(tempfile.mkdtemp(prefix="salesops-test-"))
    folder.chmod(0o711)
    with fragile_system(StackFolder(folder)) as system:
        system.start(*PROCESSES, environment=IN_SMALL_CHUNKS)
        yield system
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("victim", VICTIMS)
def test_an_import_is_finished_exactly_once_after_a_kill(system: FragileSystem, victim: str) -> None:
    month = Month(f"K{VICTIMS.index(victim)}", LINE_COUNT)
    account = f"KILL-{VICTIMS.index(victim)}"
    with Desk.at(system, role="coordinator") as desk:
        _introduce_partners(desk, system, month)
        desk.register_bank_account(account)
        assert desk.register_invoices(month.invoices())["accepted"] == LINE_COUNT
        reply = desk.send_statement(month.statement(), account, prefer="wait=0")
        assert reply.status_code == 202, reply.text
        job_url, statement_id = reply.headers["location"], reply.json()["id"]
        _wait_for_first_chunk(system, statement_id)

        system.kill(victim)
        time.sleep(0.5)
        _start_again(system, victim)

        assert _ended(desk, job_url)["state"] == "succeeded"
        _expect_booked_once(desk, system, month, account)
        _expect_told_once(desk, system, month)


def test_nothing_acknowledged_is_lost_when_an_upload_is_repeated(system: FragileSystem) -> None:
    """A caller whose connection broke does not know; sending the file again is always right."""
    month = Month("KR", 150)
    with Desk.at(system, role="coordinator") as desk:
        _introduce_partners(desk, system, month)
        desk.register_bank_account("KILL-R")
        desk.register_invoices(month.invoices())
        content = month.statement()
        with suppress(httpx.TransportError):
            desk.client.post(
                "/v1/bank-statements", params={"bank_account": "KILL-R"}, content=content, timeout=0.05
            )
        system.kill("payments API")
        _start_again(system, "payments API")

        statement = eventually(
            lambda: desk.send_statement(content, "KILL-R"), lambda reply: reply.status_code in (200, 201)
        ).json()
        eventually(
            lambda: desk.get(f"/v1/bank-statements/{statement['id']}"), lambda s: s["state"] == "imported"
        )

        _expect_booked_once(desk, system, month, "KILL-R")


def test_the_oracle_notices_what_is_lost_and_what_is_twice(system: FragileSystem) -> None:
    """The negative control: a check that cannot fail shows nothing."""
    month = Month("KN", 40)
    with Desk.at(system, role="coordinator") as desk:
        _introduce_partners(desk, system, month)
        desk.register_bank_account("KILL-N")
        desk.register_invoices(month.invoices())
        content = month.statement()
        statement = desk.import_statement(content, "KILL-N")
        assert statement["counts"]["booked"] == 40
        _expect_booked_once(desk, system, month, "KILL-N")

        month.references["HDFCN520261031LOST0001"] = 1
        with pytest.raises(AssertionError):
            _expect_booked_once(desk, system, month, "KILL-N")
        del month.references["HDFCN520261031LOST0001"]
        with _without_triggers(system, "receipts") as connection:
            connection.execute(
                "INSERT INTO receipts SELECT gen_random_uuid(), NULL, bank_account_id, partner_code, currency,"
                " amount_minor, allocated_minor, on_account_minor, received_on, rail, reference, cheque_number, booked_at"
                " FROM receipts WHERE bank_account_id = (SELECT id FROM bank_accounts WHERE number = 'KILL-N') LIMIT 1"
            )
        with pytest.raises(AssertionError):
            _expect_booked_once(desk, system, month, "KILL-N")
        with _without_triggers(system, "receipts") as connection:
            connection.execute("DELETE FROM receipts WHERE bank_line_id IS NULL")
        _expect_booked_once(desk, system, month, "KILL-N")


@contextmanager
def _without_triggers(system: FragileSystem, table: str) -> Iterator[psycopg.Connection]:
    """What only the owner of the database can do: write behind the ledger's back."""
    with psycopg.connect(system.database_url("payments"), autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        try:
            yield connection
        finally:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _introduce_partners(desk: Desk, system: FragileSystem, month: Month) -> None:
    """Return when payments has heard of all of them, which after a kill of the broker takes its time."""
    desk.register_partners(month.partners())
    known = f"SELECT count(*) FROM partners WHERE code LIKE '{month.name}%'"
    eventually(lambda: _number(system, "payments", known), lambda count: count == PARTNER_COUNT)


def _wait_for_first_chunk(system: FragileSystem, statement_id: str) -> None:
    with psycopg.connect(system.database_url("payments"), autocommit=True) as connection:
        deadline = time.monotonic() + 120
        while True:
            row = connection.execute(
                "SELECT lines_read, state FROM bank_statements WHERE id = %s", (statement_id,)
            ).fetchone()
            assert row is not None
            if row[0] > 0:
                assert row[1] == "importing", "the import was over before the kill; give it more lines"
                return
            assert time.monotonic() < deadline
            time.sleep(0.005)


def _start_again(system: FragileSystem, victim: str) -> None:
    """As a supervisor would: whatever the kill took down with it is started again as well."""
    system.start(victim, environment=IN_SMALL_CHUNKS)
    time.sleep(0.2)
    system.start(*PROCESSES, environment=IN_SMALL_CHUNKS)


def _ended(desk: Desk, job_url: str) -> Any:
    def job() -> Any:
        with suppress(httpx.TransportError):
            reply = desk.client.get(job_url)
            return reply.json() if reply.status_code == 200 else {"state": "unknown"}
        return {"state": "unknown"}

    deadline = time.monotonic() + 180
    while (found := job())["state"] not in ("succeeded", "failed", "cancelled"):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


def _expect_booked_once(desk: Desk, system: FragileSystem, month: Month, account: str) -> None:
    with psycopg.connect(system.database_url("payments")) as connection:
        rows = connection.execute(
            "SELECT r.reference, r.amount_minor FROM receipts r JOIN bank_accounts b ON b.id = r.bank_account_id"
            " WHERE b.number = %s",
            (account,),
        ).fetchall()
        found = {check: connection.execute(query).fetchone() for check, query in BOOK_CHECKS.items()}
    assert Counter(reference for reference, _ in rows) == Counter(list(month.references))
    assert dict(rows) == month.references
    assert found == dict.fromkeys(BOOK_CHECKS, (0,))
    with Desk.at(system, role="auditor") as auditor:
        assert auditor.get("/v1/audit-trail/verification")["is_intact"]
    assert desk.get("/v1/trial-balance")["is_proved"]


def _expect_told_once(desk: Desk, system: FragileSystem, month: Month) -> None:
    """The outbox is drained and both projections hold every receipt once."""
    total = sum(month.references.values())

    def told() -> tuple[int, int, int]:
        return (
            _number(system, "payments", "SELECT count(*) FROM outbox WHERE published_at IS NULL"),
            _number(
                system,
                "reporting",
                f"SELECT coalesce(sum(amount_minor), 0) FROM collected_receipts WHERE partner_code LIKE '{month.name}%'",
            ),
            _number(
                system,
                "partners",
                f"SELECT coalesce(sum(amount_minor), 0) FROM sheet_receipts WHERE partner_code LIKE '{month.name}%'",
            ),
        )

    eventually(told, lambda found: found == (0, total, total))


def _number(system: FragileSystem, owner: str, query: str) -> int:
    with psycopg.connect(system.database_url(owner)) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
