"""P14: a report over ten million receipts against the same question put to the bare engine, on the same Parquet file.

Processor time of the whole process is compared: the engine uses every core, and others of the machine do not count.
`python -m tests.benchmarks.columnar_reports` measures it alone; rows are made by the engine itself.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from services.reporting.adapters.extracts import EXTRACTED, bare_engine
from services.reporting.adapters.report_query import Rows
from services.reporting.adapters.report_rows import found_rows
from services.reporting.domain.report_definition import Function, Measure, Parameters, ReportDefinition
from services.reporting.domain.report_period import ReportPeriod, Unit
from shared.identity import RowScope
from tests.benchmarks.ratios import REPETITIONS, Ratio, table

ROWS: Final = 10_000_000
PERIOD: Final = ReportPeriod("2026", date(2025, 4, 1), date(2026, 3, 31), Unit.YEAR)
EVERYTHING: Final = Rows(
    period=PERIOD,
    scope=RowScope(sees_all=True, zones=frozenset(), partner_code=None),
    zone=None,
    partner_code=None,
)
DEFINITION: Final = ReportDefinition(
    name="collections-by-zone",
    title="Collections by zone and account",
    description="",
    source="collections",
    groups=("zone", "bank_account"),
    measures=(
        Measure(name="receipts", function=Function.COUNT),
        Measure(name="net", function=Function.SUM, column="amount"),
        Measure(name="on_time", function=Function.SHARE, column="is_on_time"),
    ),
    parameters=Parameters(period="2026"),
    audience=("analyst",),
)
_RECEIPTS: Final = """
    SELECT CAST(printf('%032x', range) AS UUID) AS receipt_id, DATE '2025-04-01' + CAST(range % 365 AS INTEGER)
        AS received_on, TIMESTAMP '2025-04-01 10:00:00' AS booked_at, 'Zone ' || range % 7 AS zone,
        'CP' || range % 2000 AS partner_code, '5020000000' || range % 5 AS bank_account, 'INR' AS currency,
        CAST(hash(range) % 10000000 AS BIGINT) AS amount_minor, range % 50 <> 0 AS is_on_time, range AS written_in
    FROM range({rows})
"""
# The same answer, written by somebody who knows the file: no totals, nothing counted, nothing frozen.
_BARE: Final = """
    SELECT zone, bank_account, currency, count(*) AS receipts, CAST(sum(amount) AS BIGINT) AS net,
        avg(CAST(is_on_time AS INTEGER)) AS on_time
    FROM (
        SELECT received_on AS day, coalesce(r.zone, p.zone) AS zone, bank_account, currency,
            amount_minor AS amount, is_on_time
        FROM collected_receipts r LEFT JOIN known_partners p ON p.code = r.partner_code
        UNION ALL
        SELECT v.reversed_on, coalesce(r.zone, p.zone), bank_account, currency, -amount_minor, NULL
        FROM reversed_receipts v JOIN collected_receipts r USING (receipt_id)
        LEFT JOIN known_partners p ON p.code = r.partner_code
    ) WHERE day BETWEEN DATE '2025-04-01' AND DATE '2026-03-31'
    GROUP BY zone, bank_account, currency ORDER BY ALL
"""


def measure(rows: int = ROWS) -> Ratio:
    """Interleaved; the value is the bare engine's time over ours, which groups, sums up, counts and freezes."""
    ratios: list[float] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with bare_engine(folder) as engine:
            make_receipts(engine, folder, rows)
            for repetition in range(REPETITIONS + 1):  # the first one warms up
                bare = _seconds(lambda: engine.execute(_BARE).fetchall())
                ours = _seconds(lambda: found_rows(engine, folder, DEFINITION, EVERYTHING))
                if repetition:
                    ratios.append(bare / ours)
    what = f"report over {rows:,} receipts, grouped, summed up, counted and frozen"
    return Ratio("P14", what, "the same query in bare DuckDB", 0.80, 0.95, tuple(ratios))


def make_receipts(engine: duckdb.DuckDBPyConnection, folder: Path, rows: int) -> None:
    """So many, as the engine finds them: one a number, over 2,000 partners and a year."""
    for one in EXTRACTED:
        engine.execute(f"CREATE VIEW {one.table.name} AS SELECT * FROM {one.nothing()}")
    file = folder / "collected_receipts.parquet"
    engine.execute(f"COPY ({_RECEIPTS.format(rows=rows)}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    engine.execute(f"CREATE OR REPLACE VIEW collected_receipts AS SELECT * FROM read_parquet('{file}')")


def _seconds(work: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    sys.stdout.write(table([measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)]) + "\n")
