"""The export for an auditor: complete for its period, proved by itself, and not to be changed unnoticed."""

import asyncio
import csv
import hashlib
import json
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from deploy.audit_export.__main__ import verify
from deploy.audit_export.chain import CHAIN_FILE
from deploy.audit_export.decisions import DECISIONS_FILE, PARTS_FILE, broken_decisions
from deploy.audit_export.files import MANIFEST, ExportBroken, manifest_of
from deploy.audit_export.request_audit import MonthsMissing
from deploy.audit_export.write import Wish, write_export
from gateway.adapters.audit_archive import MonthArchive
from gateway.application.archive_audit import archive_audit, keep_audit_months
from services.payments.adapters.decision_inputs import inputs_from
from services.payments.application.replay_decision import decide_again
from shared.database import Database
from shared.object_store import object_store_opener
from tests.factories.payments import invoice, partner, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_published_statements import published
from tests.provisions import DatabaseFactory

# The matching decides when it is asked, on the day the test runs.
EVER = Wish(date(2020, 1, 1), date(2099, 12, 31), with_personal_data=True)
OCTOBER = Wish(date(2026, 10, 1), date(2026, 10, 31), with_personal_data=False)
CALL = (
    "INSERT INTO request_audit (at, subject, roles, method, route, path, status, trace_id, client_address, request_sha256,"
    " reply_sha256, version_before, version_after) VALUES (%s, 'asha', '{coordinator,auditor}', 'POST', '/v1/receipts',"
    " '/v1/receipts', 201, '4bf92f', '10.0.0.9', decode(repeat('a1', 32), 'hex'), decode(repeat('b2', 32), 'hex'),"
    " '\"3\"', '\"4\"')"
)
KUMAR = "NEFT CR-ICIC0777777-KUMAR AND SONS-{}"


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
    assert (call["request_sha256"], call["reply_sha256"]) == ("a1" * 32, "b2" * 32)
    assert (call["version_before"], call["version_after"]) == ('"3"', '"4"')
    assert rows(folder, "bank_lines")[0]["narration"] == ""
    links = [json.loads(line) for line in (folder / CHAIN_FILE).read_text().splitlines()]
    assert [link["chain_hash"] for link in links] == [
        row.chain_hash.hex()
        for row in await books.rows("SELECT chain_hash FROM audit_batches ORDER BY position")
    ]

    for name in (
        "tables/receipts.csv",
        CHAIN_FILE,
        f"documents/account-statements/{statement['id']}.pdf",
    ):
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
    urls: dict[str, Any] = {"payments_url": sync(books.database.url), "gateway_url": gateway_url}

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
    assert not (tmp_path / "x").exists()


async def decided_and_corrected(books: PaymentsBooks) -> None:
    """Three lines that the matching decided in two batches, and one of them once more by a person."""
    await books.register(invoice("INV/26-27/004000"))
    names = ("INV/26-27/004000", "NOTHING KNOWN", "NOTHING EITHER")
    entries = [Entry(118_000 + place, KUMAR.format(name)) for place, name in enumerate(names)]
    await books.import_file(csv_file(*entries), lines_per_chunk=2)
    await books.write(
        "INSERT INTO line_decisions SELECT (jsonb_populate_record(NULL::line_decisions, to_jsonb(d) ||"
        """ '{"revision": 2, "decided_by": "asha", "decided_at": "2026-10-15T00:00:00Z"}')).* FROM line_decisions d"""
        " ORDER BY d.bank_line_id LIMIT 1"
    )


def lines_of(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


async def test_every_decision_can_be_made_again_from_the_folder_alone(
    books: PaymentsBooks, gateway_url: str, tmp_path: Path
) -> None:
    await decided_and_corrected(books)
    wish, folder = EVER, tmp_path / "all"

    write_export(folder, wish, payments_url=sync(books.database.url), gateway_url=gateway_url)

    parts = {one["sha256"]: one["content"].encode() for one in lines_of(folder, PARTS_FILE)}
    assert all(hashlib.sha256(content).hexdigest() == digest for digest, content in parts.items())
    assert len(parts) == await books.value("SELECT count(*) FROM decision_inputs")
    decisions = [json.loads(one["decision"]) for one in lines_of(folder, DECISIONS_FILE)]
    made = [one for one in decisions if one["decided_by"] == "matching"]
    assert [one["inputs"] for one in decisions if one["decided_by"] == "asha"] == [None]
    again = {}
    for one in made:
        named = {name: parts[digest] for name, digest in one["inputs"].items()}
        again[one["bank_line_id"]] = decide_again(inputs_from(named))[one["place"] - 1]
    recorded = await books.rows("SELECT bank_line_id, decision, score FROM line_decisions WHERE revision = 1")
    assert len(recorded) == len(made) == 3
    for row in recorded:
        replayed = again[str(row.bank_line_id)]
        assert (replayed.outcome, replayed.score) == (row.decision, row.score)
    assert verify(folder) == 0
    for name in (PARTS_FILE, DECISIONS_FILE):
        as_it_was = (folder / name).read_bytes()
        (folder / name).write_bytes(bytes([as_it_was[0] ^ 1]) + as_it_was[1:])
        assert verify(folder) == 1
        (folder / name).write_bytes(as_it_was)


async def test_what_was_decided_from_leaves_without_personal_data_and_says_what_that_does_to_hashes(
    books: PaymentsBooks, gateway_url: str, tmp_path: Path
) -> None:
    await books.add_partners(partner("CP0007", "RAMESH PATIL"))
    await decided_and_corrected(books)
    wish, folder = replace(EVER, with_personal_data=False), tmp_path / "some"

    write_export(folder, wish, payments_url=sync(books.database.url), gateway_url=gateway_url)

    text = (folder / PARTS_FILE).read_text() + (folder / DECISIONS_FILE).read_text()
    assert "KUMAR" not in text
    assert "PATIL" not in text
    parts = lines_of(folder, PARTS_FILE)
    kept = await books.rows("SELECT encode(content_hash, 'hex') AS digest FROM decision_inputs")
    assert {one["sha256"] for one in parts} == {row.digest for row in kept}
    withheld = {one["kind"] for one in parts if one["withheld"]}
    assert withheld == {"lines", "partners", "aliases"}
    for one in parts:
        is_whole = hashlib.sha256(one["content"].encode()).hexdigest() == one["sha256"]
        assert is_whole == (not one["withheld"])
    (line, *_) = json.loads(next(one["content"] for one in parts if one["kind"] == "lines"))
    assert (line["narration"], line["raw"], line["amount_minor"]) == (None, None, 118_000)
    manifest, _ = manifest_of(folder)
    facts = {one["path"]: one for one in manifest["files"]}
    assert "withheld" in facts[PARTS_FILE]["hashes"]
    assert facts[PARTS_FILE]["parts_with_fields_withheld"] == len([one for one in parts if one["withheld"]])
    assert (facts[DECISIONS_FILE]["decisions"], facts[DECISIONS_FILE]["without_inputs"]) == (4, 1)
    assert verify(folder) == 0


async def test_a_decision_or_part_that_does_not_agree_is_told_apart(
    books: PaymentsBooks, gateway_url: str, tmp_path: Path
) -> None:
    await decided_and_corrected(books)
    wish, folder = EVER, tmp_path / "all"
    write_export(folder, wish, payments_url=sync(books.database.url), gateway_url=gateway_url)
    manifest, _ = manifest_of(folder)
    parts, decisions = (folder / PARTS_FILE).read_bytes(), (folder / DECISIONS_FILE).read_bytes()

    (folder / PARTS_FILE).write_bytes(parts.replace(b"118000", b"118001"))
    assert "is not what was hashed" in next(broken_decisions(folder, manifest))
    (folder / PARTS_FILE).write_bytes(b"".join(parts.splitlines(keepends=True)[1:]))
    assert f"is not in {PARTS_FILE}" in next(broken_decisions(folder, manifest))
    (folder / PARTS_FILE).write_bytes(parts)
    (folder / DECISIONS_FILE).write_bytes(decisions.replace(b"asha", b"alex"))
    assert "is not what was hashed" in next(broken_decisions(folder, manifest))
    (folder / DECISIONS_FILE).write_bytes(b"".join(decisions.splitlines(keepends=True)[:-1]))
    assert "has 3 decisions" in next(broken_decisions(folder, manifest))
    (folder / DECISIONS_FILE).write_bytes(decisions)
    assert list(broken_decisions(folder, manifest)) == []


async def test_inputs_that_somebody_changed_are_not_handed_over(
    books: PaymentsBooks, superuser: Database, gateway_url: str, tmp_path: Path
) -> None:
    await decided_and_corrected(books)
    wish = EVER
    urls: dict[str, Any] = {"payments_url": sync(books.database.url), "gateway_url": gateway_url}
    async with superuser.engine.begin() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(
            sa.text("UPDATE decision_inputs SET content = :packed WHERE kind = 'policy'"),
            {"packed": zlib.compress(b"{}")},
        )
    with pytest.raises(ExportBroken, match="is not what was kept"):
        write_export(tmp_path / "changed", wish, **urls)
    async with superuser.engine.begin() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(sa.text("DELETE FROM decision_inputs WHERE kind = 'policy'"))
    with pytest.raises(ExportBroken, match="is not kept whole"):
        write_export(tmp_path / "gone", wish, **urls)


NOW = datetime(2031, 6, 9, 12, tzinfo=UTC)
SPRING = Wish(date(2031, 2, 1), date(2031, 5, 31), with_personal_data=True)


@pytest.fixture
async def audited(fresh_database: DatabaseFactory) -> AsyncIterator[Database]:
    """A gateway whose months from February to June 2031 have calls, some of them to the microsecond at an edge."""
    database = Database(await fresh_database("gateway"), application_name="tests", pool_size=2)
    await keep_audit_months(database, datetime(2031, 1, 1, tzinfo=UTC))
    for month in range(2, 7):
        await keep_audit_months(database, datetime(2031, month, 1, tzinfo=UTC))
        with psycopg.connect(sync(database.url)) as connection:
            for at in (
                f"2031-{month:02}-01T00:00:00.000001+05:30",
                f"2031-{month:02}-28T23:59:59.999999+05:30",
            ):
                connection.execute(CALL, (at,))
    yield database
    await database.close()


async def archived(database: Database, store: Path) -> None:
    """All months that ended before the running one have left."""
    archive = MonthArchive(object_store_opener(f"file://{store}"))
    while await archive_audit(database, archive, NOW, months_kept=0):
        pass


async def test_archived_months_come_back_equal(
    books: PaymentsBooks, audited: Database, tmp_path: Path
) -> None:
    urls: dict[str, Any] = {"payments_url": sync(books.database.url), "gateway_url": sync(audited.url)}
    store = tmp_path / "store"
    store.mkdir()
    archive = MonthArchive(object_store_opener(f"file://{store}"))
    write_export(tmp_path / "before", SPRING, **urls)
    await archived(audited, store)

    await asyncio.to_thread(write_export, tmp_path / "after", SPRING, **urls, archive=archive)
    whole = Wish(date(2031, 1, 2), date(2031, 6, 30), with_personal_data=True)
    await asyncio.to_thread(write_export, tmp_path / "whole", whole, **urls, archive=archive)

    before, after = (tmp_path / name / "tables/request_audit.csv" for name in ("before", "after"))
    assert after.read_bytes() == before.read_bytes()
    assert len(rows(tmp_path / "after", "request_audit")) == 8
    numbers = [int(row["id"]) for row in rows(tmp_path / "whole", "request_audit")]
    assert len(numbers) == 10
    assert numbers == sorted(numbers)
    manifest, _ = manifest_of(tmp_path / "after")
    (facts,) = [one for one in manifest["files"] if one["path"] == "tables/request_audit.csv"]
    proofs = {one.partition: one.sha256 for one in await archive.manifests()}
    assert {one["partition"]: one["sha256"] for one in facts["archived"]}.items() <= proofs.items()
    assert [one["partition"] for one in facts["archived"]][-1] == "request_audit_p203105"
    assert verify(tmp_path / "after") == 0


async def test_a_period_with_a_month_that_is_nowhere_is_refused_by_its_name(
    books: PaymentsBooks, audited: Database, tmp_path: Path
) -> None:
    urls: dict[str, Any] = {"payments_url": sync(books.database.url), "gateway_url": sync(audited.url)}
    store = tmp_path / "store"
    store.mkdir()
    archive = MonthArchive(object_store_opener(f"file://{store}"))
    await archived(audited, store)

    with pytest.raises(MonthsMissing) as unnamed:
        write_export(tmp_path / "unnamed", SPRING, **urls)
    assert unnamed.value.months == ("2031-01", "2031-02", "2031-03", "2031-04", "2031-05")
    assert "GATEWAY_ARCHIVE_STORE" in str(unnamed.value)

    manifest = store / "request_audit/request_audit_p203104.json"
    manifest.rename(tmp_path / "aside.json")
    with pytest.raises(MonthsMissing) as missing:
        await asyncio.to_thread(write_export, tmp_path / "missing", SPRING, **urls, archive=archive)
    assert missing.value.months == ("2031-04",)
    (tmp_path / "aside.json").rename(manifest)

    (file,) = store.glob("request_audit/request_audit_p203104-*.parquet")
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"x")
    with pytest.raises(ExportBroken, match="is not the file that was archived"):
        await asyncio.to_thread(write_export, tmp_path / "changed", SPRING, **urls, archive=archive)
    file.unlink()
    with pytest.raises(MonthsMissing) as lost:
        await asyncio.to_thread(write_export, tmp_path / "lost", SPRING, **urls, archive=archive)
    assert lost.value.months == ("2031-04",)
    for name in ("unnamed", "missing", "changed", "lost"):
        assert not (tmp_path / name).exists()
    june = Wish(date(2031, 6, 2), date(2031, 6, 30), with_personal_data=True)
    write_export(tmp_path / "june", june, **urls)
    assert verify(tmp_path / "june") == 0

    with psycopg.connect(urls["gateway_url"]) as connection:
        connection.execute("DROP TABLE request_audit_p203107")
    july = Wish(date(2031, 7, 2), date(2031, 7, 30), with_personal_data=True)
    with pytest.raises(MonthsMissing, match="2031-07"):
        write_export(tmp_path / "july", july, **urls)
