"""Schemathesis at the gateway of a running system: `python -m tests.e2e.api_examination URL TOKEN [SECONDS [SEED]]`."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
DOCUMENT: Final = HERE.parents[1] / "docs" / "api" / "openapi.json"
CONFIGURATION: Final = HERE / "schemathesis.toml"
HOOKS: Final = HERE / "schemathesis_hooks.py"
SEED: Final = 20261014
ALL_PHASES: Final = "examples,coverage,fuzzing"
# Threads, which take turns at one core; and two that parse at once break each other's parsing in Python 3.11
# ("AST constructor recursion depth mismatch", python/cpython#106905). One also asks the same in the same order each time.
WORKERS: Final = 1
# Replies are judged, not how soon they come: a busy machine is slow, not wrong.
PATIENCE_SECONDS: Final = 300


@dataclass(frozen=True)
class Report:
    """What was found: one entry per kind of failure, with the operations it was seen at."""

    cases: int
    operations: int
    failures: list[dict[str, Any]]
    errors: list[dict[str, Any]]
    text: str

    def summary(self) -> str:
        kinds = [f"{one['code']} {one['title']}: {', '.join(one['operations'])}" for one in self.failures]
        return "\n".join([*kinds, *(str(error) for error in self.errors)])


@dataclass(frozen=True)
class Budget:
    """So many cases of each operation, again and again until the seconds are spent, or once where none are given.

    `coverage` tries every bound of every schema.
    """

    cases: int
    seconds: int | None = None
    phases: str = ALL_PHASES
    seed: int = SEED


def examine(url: str, token: str, *, folder: Path, budget: Budget) -> Report:
    """Send valid and invalid requests to every operation and check every reply."""
    report = folder / "report.json"
    command = [
        Path(sys.executable).with_name("schemathesis"),
        "--config-file", CONFIGURATION,
        "run", DOCUMENT,
        "--url", url,
        "--header", f"Authorization: Bearer {token}",
        "--checks", "all",
        "--phases", budget.phases,
        "--seed", budget.seed,
        "--max-examples", budget.cases,
        *(("--max-time", budget.seconds) if budget.seconds else ()),
        "--workers", WORKERS,
        "--no-shrink",
        "--request-timeout", PATIENCE_SECONDS,
        "--max-response-time", PATIENCE_SECONDS,
        "--report-json-path", report,
    ]  # fmt: skip
    ran = subprocess.run(
        map(str, command),
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        raise RuntimeError(ran.stdout + ran.stderr)
    found = json.loads(report.read_text())
    return Report(
        cases=found["test_cases"]["generated"],
        operations=found["operations"]["tested"],
        failures=found["failures"],
        errors=found["errors"],
        text=ran.stdout,
    )


def main() -> int:
    """Print what is found; 1 if anything is."""
    url, token, *rest = sys.argv[1:]
    seconds = int(rest[0]) if rest else 300
    seed = int(rest[1]) if rest[1:] else SEED
    folder = Path(".local") / "examination"
    folder.mkdir(parents=True, exist_ok=True)
    budget = Budget(cases=10_000, seconds=seconds, seed=seed)
    report = examine(url, token, folder=folder.resolve(), budget=budget)
    (folder / "report.txt").write_text(report.text)
    sys.stdout.write(f"{report.cases} requests to {report.operations} operations, seed {seed}\n")
    sys.stdout.write(f"{report.summary() or 'nothing found'}\nthe whole report: {folder}/report.txt\n")
    return 1 if report.failures or report.errors else 0


if __name__ == "__main__":
    sys.exit(main())
