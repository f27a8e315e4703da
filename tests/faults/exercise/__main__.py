"""`make faults`: every fault of the list done to a whole system under load, with a seed and a report.

0: nothing was lost or done twice under any; 1: something was, and the report says what.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.folder import StackFolder
from tests.faults.cluster.system import EVERY_PROCESS as EVERY_PROCESS_OF_CLUSTER
from tests.faults.cluster.system import cluster_system
from tests.faults.exercise.catalogue import BY_NAME, CLUSTER_FAULTS, FAULTS, NOT_DONE
from tests.faults.exercise.fault import Fault
from tests.faults.exercise.report import Report
from tests.faults.exercise.run import Outcome, exercise
from tests.faults.processes import EVERY_PROCESS, FragileSystem, fragile_system

SystemKind = Callable[[StackFolder], AbstractContextManager[FragileSystem]]


def main() -> int:
    wanted = _arguments().parse_args()
    began_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    say(f"Seed {wanted.seed}; what lasts lasts {wanted.seconds:g} s. Starting the whole system …")
    names = wanted.only or [fault.name for fault in (CLUSTER_FAULTS if wanted.cluster else FAULTS)]
    outcomes: list[Outcome] = []
    try:
        for outcome in _outcomes(names, wanted.seed, wanted.seconds, is_kept=wanted.keep):
            say(f"  {outcome.fault}: {outcome.seen}; {'; '.join(outcome.complaints) or 'nothing wrong'}")
            outcomes.append(outcome)
    finally:
        # Also of a run that ends early: what was seen until then was seen.
        report = Report(_command(wanted), wanted.seed, wanted.seconds, began_at, outcomes, NOT_DONE)
        report.write(wanted.report)
        say(f"{report.as_page()}\nWritten to {wanted.report.with_suffix('.json')} and .md")
    return 1 if any(one.complaints for one in outcomes) else 0


def _command(wanted: argparse.Namespace) -> str:
    only = f' ONLY="{" ".join(wanted.only)}"' if wanted.only else ""
    return f"{'faults-cluster' if wanted.cluster else 'faults'}{only}"


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _outcomes(names: Sequence[str], seed: int, seconds: float, *, is_kept: bool) -> Iterator[Outcome]:
    """What is done to a cluster needs another system; of each kind one is started for all its faults."""
    chosen = [BY_NAME[name] for name in names]
    systems = (
        ([one for one in chosen if one not in CLUSTER_FAULTS], fragile_system, EVERY_PROCESS),
        ([one for one in chosen if one in CLUSTER_FAULTS], cluster_system, EVERY_PROCESS_OF_CLUSTER),
    )
    for faults, kind, processes in systems:
        if faults:
            with _folder(is_kept=is_kept) as folder:
                yield from _exercised(faults, kind, processes, (seed, seconds), folder)


@contextmanager
def _folder(*, is_kept: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="salesops-faults-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        if is_kept:
            say(f"Logs, data and what callers wrote down: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _exercised(
    faults: Sequence[Fault],
    kind: SystemKind,
    processes: Sequence[str],
    chosen: tuple[int, float],
    folder: Path,
) -> Iterator[Outcome]:
    seed, seconds = chosen
    with kind(StackFolder(folder)) as system:
        system.start(*processes)
        for fault in faults:
            yield exercise(system, fault, seed=seed, seconds=seconds, folder=folder)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    chosen = random.SystemRandom().randrange(10**6)
    parser.add_argument("--seed", type=int, default=chosen, help="repeats a run")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long faults last that last")
    parser.add_argument(
        "--only", nargs="+", choices=sorted(BY_NAME), metavar="FAULT", help=", ".join(BY_NAME)
    )
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="all that is done to a cluster, in place of all that is done to one machine",
    )
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and data")
    parser.add_argument("--report", type=Path, default=Path("build/faults"), help="where, without a suffix")
    return parser


if __name__ == "__main__":
    sys.exit(main())
