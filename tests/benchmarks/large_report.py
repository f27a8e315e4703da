"""The largest report there is, 200,000 rows, made and written as XLSX: `python -m tests.benchmarks.large_report` tells the
memory of the whole process. Where it must not pass 300 MB the exit code is 1 otherwise."""

import resource
import sys
import tempfile
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast
from uuid import UUID

import msgspec

from services.reporting.adapters.extracts import bare_engine
from services.reporting.adapters.report_files import ReportFormat, write_report
from services.reporting.adapters.report_rows import ROWS_MAX, Found, found_rows
from tests.benchmarks.columnar_reports import DEFINITION, EVERYTHING, PERIOD, make_receipts

MEMORY_MAX_MB: Final = 300
# Of as many receipts as there are rows each is a group of its own.
BY_PARTNER: Final = replace(DEFINITION, groups=("partner_code", "bank_account", "zone", "day"))


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with bare_engine(folder) as engine:
            make_receipts(engine, folder, ROWS_MAX)
            found = found_rows(engine, folder, BY_PARTNER, EVERYTHING)
        started = time.perf_counter()
        with (folder / "report.xlsx").open("w+b") as target:
            write_report(target, _run(found), found.content, ReportFormat.XLSX)
            size = target.tell()
        seconds = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{found.rows_count:,} rows as {size / 1e6:.1f} MB of XLSX in {seconds:.0f} s, at most {peak_mb} MB"
    )
    return 0 if peak_mb < MEMORY_MAX_MB else 1


def _run(found: Found) -> Any:
    at = datetime.now(UTC)
    return cast(
        "Any",
        SimpleNamespace(
            id=UUID(int=1), definition=msgspec.to_builtins(asdict(BY_PARTNER)), definition_name=BY_PARTNER.name,
            revision=1, rows_count=found.rows_count, totals=found.totals, content_sha256="0" * 64, cut_off_at=at,
            first_on=PERIOD.first_on, last_on=PERIOD.last_on, period=PERIOD.expression, partner_code=None, zone=None,
            sees_all=True, own_code=None, zones=[],
        ),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
