"""`make faults`: every fault of the list done to a whole system under load, with a seed and a report.

0: nothing was lost or done twice under any; 1: something was, and the report says what.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.folder import StackFolder
from tests.faults.exercise.catalogue import BY_NAME, NOT_DONE
from tests.faults.exercise.report import Report
from tests.faults.exercise.run import Outcome, exercise
from tests.faults.processes import EVERY_PROCESS, fragile_system


def main() -> int:
    wanted = _arguments().parse_args()
    began_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    say(f"Seed {wanted.seed}; what lasts lasts {wanted.seconds:g} s. Starting the whole system …")
    outcomes: list[Outcome] = []
    try:
        for outcome in _outcomes(wanted.only or list(BY_NAME), wanted.seed, wanted.seconds):
            say(f"  {outcome.fault}: {outcome.seen}; {'; '.join(outcome.complaints) or 'nothing wrong'}")
            outcomes.append(outcome)
    finally:
        # Also of a run that ends early: what was seen until then was seen.
        report = Report(wanted.seed, wanted.seconds, began_at, outcomes, NOT_DONE)
        report.write(wanted.report)
        say(f"{report.as_page()}\nWritten to {wanted.report.with_suffix('.json')} and .md")
    return 1 if any(one.complaints for one in outcomes) else 0


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _outcomes(names: Sequence[str], seed: int, seconds: float) -> Iterator[Outcome]:
    folder = Path(tempfile.mkdtemp(prefix="salesops-faults-"))
    folder.chmod(0o711)
    try:
        with fragile_system(StackFolder(folder)) as system:
            system.start(*EVERY_PROCESS)
            for name in names:
                yield exercise(system, BY_NAME[name], seed=seed, seconds=seconds, folder=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    chosen = random.SystemRandom().randrange(10**6)
    parser.add_argument("--seed", type=int, default=chosen, help="repeats a run")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long faults last that last")
    parser.add_argument(
        "--only", nargs="+", choices=sorted(BY_NAME), metavar="FAULT", help=", ".join(BY_NAME)
    )
    parser.add_argument("--report", type=Path, default=Path("build/faults"), help="where, without a suffix")
    return parser


if __name__ == "__main__":
    sys.exit(main())
