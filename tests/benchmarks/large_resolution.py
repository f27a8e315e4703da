"""A million companies of a census against 100,000 of a CRM, within the bounds of production: time, memory, what is found.

`python -m tests.benchmarks.large_resolution [CENSUS CRM]`. Names, streets and places are invented with the skew of real
ones: few words are in very many names, most in few. Every company of the CRM is one of the census, half of them misspelt,
a third with another legal form, a quarter without street, a fifth without postal code, a third without telephone.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import duckdb

from services.research.adapters.resolving.engine import Bounds, Resolved, resolved
from tests.conformance.labelled_persons import f1, found_pairs

CENSUS: Final = 1_000_000
CRM: Final = 100_000
EVEN: Final = 0.5
# `pow(random(), n)` is skewed towards 0: the higher n, the more of the names share a few words.
_COMPANIES: Final = """
    CREATE TABLE companies AS
    SELECT range AS number, concat_ws(' ',
            substr(md5('first' || floor(pow(random(), 3) * 20000)), 1, 7),
            substr(md5('second' || floor(pow(random(), 2) * 60000)), 1, 6),
            ['transport', 'trucking', 'logistics', 'haulage', 'freight', 'express'][1 + CAST(floor(random() * 6) AS INT)]
        ) AS name,
        1 + CAST(floor(random() * 9000) AS INT) || ' ' || substr(md5('street' || floor(random() * 3000)), 1, 7) AS street,
        substr(md5('city' || floor(pow(random(), 2) * 20000)), 1, 8) AS city,
        'S' || CAST(floor(random() * 50) AS INT) AS region, 10000 + CAST(floor(random() * 80000) AS INT) AS postcode,
        2000000000 + CAST(floor(random() * 7e9) AS BIGINT) AS telephone
    FROM range({census})
"""
_RECORDS: Final = """
    COPY (
        SELECT 'a' || number AS id, 'census' AS source, true AS is_unique, false AS is_new, upper(name) || ' LLC' AS name,
            street, city, region, postcode, telephone, NULL AS identifiers
        FROM companies
        UNION ALL
        SELECT 'b' || number, 'crm', true, true,
            CASE WHEN number // {each} % 2 = 0 THEN left(name, 3) || 'x' || substr(name, 5) ELSE name END
                || CASE WHEN number % 3 = 0 THEN ' Inc' ELSE '' END,
            CASE WHEN number // {each} % 4 <> 0 THEN street END, city, region,
            CASE WHEN number // {each} % 5 <> 0 THEN postcode END, CASE WHEN number % 3 <> 1 THEN telephone END, NULL
        FROM companies WHERE number % {each} = 0
    ) TO '{file}' (FORMAT csv, HEADER true)
"""


def main() -> None:
    census, crm = (int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (CENSUS, CRM)
    with tempfile.TemporaryDirectory(prefix="salesops-resolution-") as name:
        folder = Path(name)
        records = folder / "records.csv"
        write_companies(records, census, each=census // crm)
        started, used = time.perf_counter(), time.process_time()
        run = resolved(records, folder, Bounds(), lambda message, percent: _tell(started, message, percent))
        seconds, used = time.perf_counter() - started, time.process_time() - used
        _print(run, folder, expected=len(range(0, census, census // crm)))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{seconds:,.0f} s, {used:,.0f} s of processor time, at most {memory:,} MB")


def write_companies(records: Path, census: int, *, each: int) -> None:
    """The records of both sides; the CRM has every `each`-th company."""
    with duckdb.connect() as engine:
        engine.execute("SELECT setseed(0.42)")
        engine.execute("SET threads = 1")  # with more the seed does not give the same companies
        engine.execute(_COMPANIES.format(census=census))
        engine.execute(_RECORDS.format(each=each, file=records))


def _print(run: Resolved, folder: Path, *, expected: int) -> None:
    even = [one for one in found_pairs(folder) if float(one["probability"]) >= EVEN and int(one["name"]) > 0]
    right = sum(one["left_id"][1:] == one["right_id"][1:] for one in even)
    print(f"{run.records:,} records, {run.new_records:,} of them new, {run.pairs_compared:,} pairs compared")
    print(
        f"{len(even):,} of even odds and more: precision {right / max(1, len(even)):.4f}, recall {right / expected:.4f},"
        f" F1 {f1(right, len(even), expected):.4f}"
    )


def _tell(started: float, message: str, percent: int) -> None:
    print(f"{time.perf_counter() - started:6.1f} s  {percent:3d} %  {message}", flush=True)


if __name__ == "__main__":
    main()
