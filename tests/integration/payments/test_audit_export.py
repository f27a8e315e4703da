"""The export for an auditor: complete for its period, proved by itself, and not to be changed unnoticed."""

import csv
import hashlib
import json
from datetime import date
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from deploy.audit_export.__main__ import verify
from deploy.audit_export.chain import CHAIN_FILE
from deploy.audit_export.files import MANIFEST, ExportBroken
from deploy.audit_export.write import Wish, write_export
from shared.database import Database
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_published_statements import published
from tests.provisions import DatabaseFactory

OCTOBER = Wish(date(2026, 10, 1), date(2026, 10, 31), with_personal_data=False)
CALL = (
    "INSERT INTO request_audit (at, subject, roles, method, route, path, status, trace_id, client_address) VALUES"
    " (%s, 'asha', '{coordinator}', 'POST', '/v1/receipts', '/v1/receipts', 201, '4bf92f', '10.0.0.9')"
)


def sync(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://")


@pytest.fixture
async def gateway_url(worker_database: DatabaseFactory) -> str:
    """One call on each side of the period's end, and one in it."""
    url = sync(await worker_database("gateway"))
    with psycopg.connect(url) as connection:
        for at in ("2026-10-31T23:59:59+05:30", "2026-11-01T00:00:00+05:30", "2026-09-30T23:59:59+05:30"):
            connection.execute(CALL, (at,))
    return url


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / "tables" / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


async def test_a_period_leaves_whole_with_its_proof_and_no_byte_of_it_changes_unnoticed(
    books: PaymentsBooks, calling_payments: CallAs, gateway_url: str, tmp_path: Path
) -> None:
    owed = invoice()
    await books.register(owed)
    await books.book(receipt([pays(owed, 118_000)], on_account_minor=5_000))
    await books.import_file(csv_file(Entry(-1_770, "UPI/9876543210/RAMESH PATIL")))
    statement = await published(calling_payments)
    folder = tmp_path / "october"

    told = write_export(folder, OCTOBER, payments_url=sync(books.database.url), gateway_url=gateway_url)

    assert verify(folder, told) == 0
    lines = rows(folder, "journal_lines")
    assert sum(int(row["amount"].replace(".", "")) for row in lines) == 0
    assert len(lines) == await books.value("SELECT count(*) FROM journal_lines")
    (booked,) = rows(folder, "receipts")
    assert (booked["amount"], booked["on_account"], booked["currency"]) == ("1230.00", "50.00", "INR")
    for one in statement["files"]:
        content = (folder / f"documents/account-statements/{statement['id']}.{one['format']}").read_bytes()
        assert hashlib.sha256(content).hexdigest() == one["sha256"]
    (call,) = rows(folder, "request_audit")
    assert (call["subject"], call["client_address"], call["path"]) == ("asha", "", "")
    assert rows(folder, "bank_lines")[0]["narration"] == ""
    links = [json.loads(line) for line in (folder / CHAIN_FILE).read_text().splitlines()]
    assert [link["chain_hash"] for link in links] == [
        row.chain_hash.hex()
        for row in await books.rows("SELECT chain_hash FROM audit_batches ORDER BY position")
    ]

    for name in ("tables/receipts.csv", CHAIN_FILE, f"documents/account-statements/{statement['id']}.pdf"):
        as_it_was = (folder / name).read_bytes()
        (folder / name).write_bytes(bytes([as_it_was[0] ^ 1]) + as_it_was[1:])
        assert verify(folder) == 1
        (folder / name).write_bytes(as_it_was)
    (folder / "tables" / "more.csv").touch()
    assert verify(folder) == 1
    (folder / "tables" / "more.csv").unlink()
    assert verify(folder, told) == 0
    (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes() + b"\n")
    assert verify(folder, told) == 1


async def test_whoever_may_see_it_gets_personal_data_and_an_empty_period_is_no_fault(
    books: PaymentsBooks, gateway_url: str, tmp_path: Path
) -> None:
    await books.import_file(csv_file(Entry(-1_770, "UPI/9876543210/RAMESH PATIL")))
    urls = {"payments_url": sync(books.database.url), "gateway_url": gateway_url}

    write_export(
        tmp_path / "all", Wish(date(2026, 1, 1), date(2026, 12, 31), with_personal_data=True), **urls
    )
    write_export(
        tmp_path / "none", Wish(date(2019, 1, 1), date(2019, 1, 31), with_personal_data=False), **urls
    )

    assert "RAMESH PATIL" in rows(tmp_path / "all", "bank_lines")[0]["narration"]
    assert rows(tmp_path / "none", "journal_entries") == []
    assert verify(tmp_path / "none") == 0


async def test_books_that_somebody_changed_are_not_handed_over(
    books: PaymentsBooks, superuser: Database, gateway_url: str, tmp_path: Path
) -> None:
    await books.book(receipt(on_account_minor=5_000))
    async with superuser.engine.begin() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(
            sa.text("UPDATE journal_lines SET amount_minor = 2 * amount_minor, base_minor = 2 * base_minor")
        )

    with pytest.raises(ExportBroken, match="the entries of position"):
        write_export(tmp_path / "x", OCTOBER, payments_url=sync(books.database.url), gateway_url=gateway_url)
    assert not (tmp_path / "x" / MANIFEST).exists()
