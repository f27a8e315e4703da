"""The guide to the receivables desk does what it says: its blocks are run as they stand, and print what they promise."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.faults.processes import FragileSystem

ROOT: Final = Path(__file__).parents[2]
GUIDE: Final = ROOT / "docs" / "guides" / "payments.md"
ROLES: Final = ("coordinator", "approver", "auditor", "zonal_sales", "admin", "integration", "analyst")
PARTNERS: Final = ("GD-1", "GD-2")
_BLOCK: Final = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END: Final = "=== end of block {} ==="


@dataclass(frozen=True, slots=True)
class Step:
    """Commands, and what they print if the guide says it."""

    commands: str
    expected: str | None


def steps_of(guide: str) -> list[Step]:
    """The blocks in order; a text block belongs to the commands before it."""
    blocks = [(found[1], found[2]) for found in _BLOCK.finditer(guide)]
    followers = [*blocks[1:], ("", "")]
    return [
        Step(text, follower[1] if follower[0] == "text" else None)
        for (kind, text), follower in zip(blocks, followers, strict=True)
        if kind == "sh"
    ]


def as_pattern(expected: str) -> str:
    """`…` stands for anything within a line, or for any lines when it stands alone."""
    lines = [
        r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n"
        for line in expected.splitlines()
    ]
    return "".join(lines)


def run(steps: list[Step], preamble: str, tmp_path: Path) -> list[str]:
    """One shell runs all steps and stops at the first that fails; returns what each printed."""
    script = [preamble]
    for number, step in enumerate(steps):
        script += [step.commands, f"echo '{_END.format(number)}'"]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],
        cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    rest, printed = done.stdout, []
    for number in range(len(steps)):
        said, _, rest = rest.partition(_END.format(number) + "\n")
        printed.append(said)
    return printed


def test_a_promise_that_is_not_kept_is_noticed() -> None:
    assert re.fullmatch(as_pattern("a … c\n…\nd\n"), "a b c\nx\ny\nd\n")
    assert not re.fullmatch(as_pattern("a … c\n"), "a b d\n")
    assert not re.fullmatch(as_pattern("a\n"), "a\nb\n")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide is written for curl")
def test_the_guide_prints_what_it_promises(whole_system: FragileSystem, tmp_path: Path) -> None:
    where, *steps = steps_of(GUIDE.read_text(encoding="utf-8"))
    assert "make -s token" in where.commands, "the first block says where the system is; here it is elsewhere"
    tokens = " ".join(f"{role}/) echo {whole_system.token(role)};;" for role in ROLES)
    tokens += " ".join(
        f"partner/{code}) echo {whole_system.token('partner', partner_code=code)};;" for code in PARTNERS
    )
    preamble = f"BASE={whole_system.url('gateway')}/v1\ntoken() {{ case $1/${{2:-}} in {tokens} esac; }}\n"

    printed = run(steps, preamble, tmp_path)

    for step, said in zip(steps, printed, strict=True):
        if step.expected is not None:
            assert re.fullmatch(as_pattern(step.expected), said), (
                f"after\n{step.commands}\nexpected\n{step.expected}\nprinted\n{said}"
            )
