"""P5: a large CAMT.053 file from upload to booked and matched, against a bare streaming parse of the same file."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import psutil
from lxml import etree
from uuid_utils.compat import uuid7

from services.payments.adapters.statement_formats import StatementFormat, read_statement
from services.payments.application.project_partners import project_partners
from services.payments.application.register_bank_account import RegisterBankAccount, register_bank_account
from services.payments.application.register_invoices import register_invoices
from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.invoice import Invoice
from shared.database import Database, UnitOfWork
from shared.events.partners import PartnerState, PartnerStatus
from tests.benchmarks.ratios import REPETITIONS, Ratio
from tests.conformance.labelled_statement import LabelledStatement
from tests.conformance.statement_generator import invented_statement
from tests.factories.statement_files import Entry, camt_file
from tests.faults.processes import FragileSystem

LINES: Final = 100_000
PARTNERS: Final = 2_000
ACCOUNT: Final = "50200012345678"
INVOICES_TOGETHER: Final = 10_000
MEMORY_MAX_MB: Final = 300
STEP: Final = 10_000  # lines between two words on how far it is
LINE_TEXTS: Final = (
    "{*}Amt",
    "{*}CdtDbtInd",
    "{*}BookgDt/{*}Dt",
    "{*}ValDt/{*}Dt",
    ".//{*}EndToEndId",
    ".//{*}Ustrd",
)


async def measure(system: FragileSystem, line_count: int = LINES) -> Ratio:
    """One import by the real processes; the reading is repeated, because it takes seconds only."""
    system.start("payments API", "gateway")
    month = invented_statement(
        seed=5, layout="hdfc", pattern="ENG/26-27/00412", mixture="mild", partner_count=PARTNERS, line_count=line_count
    )  # fmt: skip
    database = Database(system.database_url("payments"), application_name="bench")
    await _prepare(database, month)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "month.xml"
        file.write_bytes(_camt(month))
        parses = [_parse_seconds(file) for _ in range(REPETITIONS)]
        parsing = _processor_seconds(file)
        read = min(_read_seconds(file) for _ in range(REPETITIONS))
        system.start("payments worker", is_forked=False)
        importing, used, peak_mb, counts = _import(system, file)
    await database.close()
    print(
        f"P5 {line_count / importing:,.0f} lines/s imported, {line_count / min(parses):,.0f}/s parsed; {counts};"
        f" processor seconds: parse {parsing:.2f}, worker {used:.0f}; at most {peak_mb:.0f} MB; the reading alone"
        f" {read:.1f} s"
    )
    assert peak_mb < MEMORY_MAX_MB, f"the worker took {peak_mb:.0f} MB"
    what = f"a CAMT.053 of {line_count:,} lines uploaded, booked and matched"
    note = (
        f"worker at most {peak_mb:.0f} MB and {used:.0f} s of processor time, against which the parse's are"
        f" {parsing / used:.4f}; {counts['booked']:,} booked; against our reader {read / importing:.2f}"
    )
    against = "a bare streaming parse of the same file to the texts of its lines"
    return Ratio("P5", what, against, 0.10, 0.25, tuple(parse / importing for parse in parses), note)


async def _prepare(database: Database, month: LabelledStatement) -> None:
    at = datetime.now(UTC)
    async with UnitOfWork(database) as work:
        await project_partners(work, list(_partner_states(month)))
        await register_bank_account(work, RegisterBankAccount(ACCOUNT, "Bench", "INR", "bench"), at=at)
        await work.commit()
    invoices = [
        Invoice(uuid7(), i.number, i.partner_code, i.issued_on, i.due_on, i.currency, i.taxable_minor, i.tax_minor,
                i.total_minor)
        for i in month.invoices
    ]  # fmt: skip
    for start in range(0, len(invoices), INVOICES_TOGETHER):
        async with UnitOfWork(database) as work:
            await register_invoices(work, invoices[start : start + INVOICES_TOGETHER], actor="bench", at=at)
            await work.commit()


def _partner_states(month: LabelledStatement) -> Iterator[PartnerState]:
    for partner in month.partners:
        yield PartnerState(
            code=partner.code, name=partner.name, city=partner.city, zone=partner.zone, gstin=None,
            ifsc=partner.ifsc, bank_account=partner.bank_account, status=PartnerStatus.ACTIVE, version=1,
        )  # fmt: skip


def _camt(month: LabelledStatement) -> bytes:
    return camt_file(
        *(
            Entry(line.amount_minor, line.narration, line.bank_reference, line.booked_on)
            for line in month.lines
        ),
        account_number=ACCOUNT,
    )


def _read_seconds(file: Path) -> float:
    """For comparison: what our reader takes to make checked lines of the file, of which nothing is kept."""
    started = time.perf_counter()
    with file.open("rb") as content:
        events = read_statement(content, StatementFormat.CAMT053, default_currency="INR")
        count = sum(isinstance(event, StatementLine) for event in events)
    assert count
    return time.perf_counter() - started


def _parse_seconds(file: Path) -> float:
    """What the XML alone takes: the texts of each entry that make a line, unchecked, freed as they pass."""
    started = time.perf_counter()
    count = 0
    with file.open("rb") as content:
        for _, entry in etree.iterparse(content, tag="{*}Ntry"):
            count += all(entry.findtext(path) for path in LINE_TEXTS)
            entry.clear()
            while entry.getprevious() is not None:
                del entry.getparent()[0]
    assert count
    return time.perf_counter() - started


def _processor_seconds(file: Path) -> float:
    """The same by what it uses: a machine that does other work beside it says nothing of seconds."""
    started = time.process_time()
    _parse_seconds(file)
    return time.process_time() - started


def _import(system: FragileSystem, file: Path) -> tuple[float, float, float, dict[str, Any]]:
    """Seconds from the first byte to the end of the job, seconds of the worker's processor time, its peak memory in MB,
    and what came of it."""
    worker = psutil.Process(system.child("payments worker").pid)
    headers = {"Authorization": f"Bearer {system.token('coordinator')}"}
    peak, used = 0, 0.0
    before = _used_by(worker)
    with httpx.Client(base_url=system.url("gateway"), headers=headers, timeout=120) as client:
        started = time.perf_counter()
        reply = client.post(
            "/v1/bank-statements", params={"bank_account": ACCOUNT}, content=file.read_bytes(),
            headers={"Prefer": "wait=0", "Content-Type": "application/xml"},
        )  # fmt: skip
        statement = reply.raise_for_status().json()
        progress = []
        job = client.get(statement["job_url"]).json()
        while job["state"] in ("queued", "running"):
            time.sleep(0.5)
            family = [worker, *worker.children(recursive=True)]
            peak = max(peak, sum(process.memory_info().rss for process in family))
            used = sum(map(_used_by, family)) - before
            job = client.get(statement["job_url"]).json()
            lines_read = job["counts"].get("lines_read", 0)
            if progress and lines_read // STEP > progress[-1] // STEP:
                print(
                    f"{lines_read:,} lines: worker {used:.0f} s of processor time, at most {peak / 1e6:.0f} MB",
                    flush=True,
                )
            progress.append(lines_read)
        seconds = time.perf_counter() - started
        statement = client.get(f"/v1/bank-statements/{statement['id']}").json()
    assert statement["state"] == "imported", statement
    assert len(set(progress)) > 5, "the job shows how far it is"
    return seconds, used, peak / 1e6, statement["counts"]


def _used_by(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
