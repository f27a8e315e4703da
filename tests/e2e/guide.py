"""Follows a guide literally: runs its blocks as they stand and compares what they print with what it promises.

A guide is Markdown. Its `sh` blocks run in order, in one shell that stops at the first that fails. A `text` block is
what the commands before it print; `…` stands for anything within a line, or for any lines when it stands alone. The
first `sh` block says where the system is and how to get a token; a test runs a preamble of its own instead.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.faults.processes import FragileSystem

GUIDES: Final = Path(__file__).parents[2] / "docs" / "guides"
ROLES: Final = ("coordinator", "approver", "auditor", "zonal_sales", "admin", "integration", "analyst")
PATIENCE_SECONDS: Final = 600
needs_curl: Final = pytest.mark.skipif(shutil.which("curl") is None, reason="the guide is written for curl")
_BLOCK: Final = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED: Final = re.compile(r"(?:^ {4}.*\n(?:^\n(?= {4}))*)+", re.MULTILINE)
# What reads only the beginning closes the pipe, and curl, that still writes, fails: now and then.
_CUT_SHORT: Final = re.compile(r"\|\s*(?:head|grep\s+-\w*q)\b")
_END: Final = "=== end of block {} ==="


@dataclass(frozen=True, slots=True)
class Step:
    """Commands, and what they print if the guide says it."""

    commands: str
    expected: str | None


def follow(guide: Path, preamble: str, folder: Path) -> None:
    """Run the guide in the folder; fails with the first block that ends badly or does not print what it promises."""
    where, *steps = steps_of(guide.read_text(encoding="utf-8"))
    assert "make -s token" in where.commands, "the first block says where the system is; here it is elsewhere"
    cut_short = [step.commands for step in steps if _CUT_SHORT.search(step.commands)]
    assert cut_short == [], "write to a file first"
    for step, said in zip(steps, run(steps, preamble, folder), strict=True):
        if step.expected is not None:
            assert re.fullmatch(as_pattern(step.expected), said), (
                f"after\n{step.commands}\nexpected\n{step.expected}\nprinted\n{said}"
            )


def token_function(system: FragileSystem, *, partners: Iterable[str] = ()) -> str:
    """The shell function `token ROLE [PARTNER]` for a system that `make token` does not know."""
    tokens = [f"{role}/) echo {system.token(role)};;" for role in ROLES]
    tokens += [f"partner/{code}) echo {system.token('partner', partner_code=code)};;" for code in partners]
    return f"token() {{ case $1/${{2:-}} in {' '.join(tokens)} esac; }}\n"


def steps_of(guide: str) -> list[Step]:
    """The blocks in order; a text block belongs to the commands before it."""
    blocks = [(found[1], found[2]) for found in _BLOCK.finditer(guide)]
    followers = [*blocks[1:], ("", "")]
    return [
        Step(text, follower[1] if follower[0] == "text" else None)
        for (kind, text), follower in zip(blocks, followers, strict=True)
        if kind == "sh"
    ]


def indented_steps_of(guide: str) -> list[Step]:
    """The indented blocks that are commands, those of bash: they set a variable, comment or call curl at their start."""
    blocks = [textwrap.dedent(found[0]) for found in _INDENTED.finditer(guide)]
    return [Step(block, None) for block in blocks if re.match(r"#|curl |\w+=", block)]


def as_pattern(expected: str) -> str:
    """The promise as a regular expression."""
    lines = [
        r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n"
        for line in expected.splitlines()
    ]
    return "".join(lines)


def run(steps: list[Step], preamble: str, folder: Path) -> list[str]:
    """One shell runs all steps and stops at the first that fails; returns what each printed."""
    script = [preamble]
    for number, step in enumerate(steps):
        script += [step.commands, f"echo '{_END.format(number)}'"]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],
        cwd=folder, env=_with_our_python(), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    rest, printed = done.stdout, []
    for number in range(len(steps)):
        said, _, rest = rest.partition(_END.format(number) + "\n")
        printed.append(said)
    return printed


def _with_our_python() -> dict[str, str]:
    """Guides call `python3` hundreds of times: here it is the interpreter itself, and no script that looks for one."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
