"""Asks a public database for known weaknesses of the locked packages: `python -m deploy.release.audit`.

pip-audit does the asking. It is no dependency: it is fetched for the one run, as it brings twenty packages along.
0: nothing known; 1: something is; 2: the database was not reached, so nothing is known either way.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from deploy.local.folder import CHECKOUT

LOCKS: Final = (CHECKOUT / "deploy" / "requirements.lock", CHECKOUT / "requirements.lock")
AUDITOR: Final = "pip-audit==2.10.1"
PATIENCE_SECONDS: Final = 300
NOTHING_KNOWN, WEAK, NOT_REACHED = 0, 1, 2


def main() -> int:
    verdicts = [audit(lock) for lock in LOCKS]
    return max(verdicts)


def audit(lock: Path) -> int:
    """Ask about everything that one lock names, and say what came of it."""
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "tool", "run", AUDITOR, "--requirement", str(lock), "--require-hashes"]
    command += ["--disable-pip", "--format", "json", "--progress-spinner", "off"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return _say(lock, NOT_REACHED, [f"no answer within {PATIENCE_SECONDS} s"])
    return _say(lock, *verdict(said.stdout, said.stderr))


def verdict(output: str, errors: str) -> tuple[int, list[str]]:
    """What pip-audit's output means: JSON only if it got through."""
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        return NOT_REACHED, errors.strip().splitlines()[-1:]
    skipped = [f"{one['name']}: {one['skip_reason']}" for one in packages if "skip_reason" in one]
    known = [
        f"{one['name']} {one['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or 'no version'}"
        for one in packages
        for weakness in one.get("vulns", ())
    ]
    if known:
        return WEAK, known
    if skipped:
        return NOT_REACHED, [
            f"{len(skipped)} of {len(packages)} packages were not found there, e.g. {skipped[0]}"
        ]
    return NOTHING_KNOWN, [f"{len(packages)} packages"]


def _say(lock: Path, code: int, lines: list[str]) -> int:
    words = {NOTHING_KNOWN: "no known weakness", WEAK: "KNOWN WEAKNESSES", NOT_REACHED: "NOT AUDITED"}
    sys.stdout.write(f"{lock.relative_to(CHECKOUT)}: {words[code]}\n")
    sys.stdout.writelines(f"  {line}\n" for line in lines)
    return code


if __name__ == "__main__":
    sys.exit(main())
