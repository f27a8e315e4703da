"""Lets what two sides of this machine's network send to each other vanish, without closing anything: a network that parts.

By rules of the kernel's packet filter (`iptables`), which only root may set; they name ports and addresses of one exercise.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from deploy.local.debian_package import root_prefix

PROGRAM: Final = "iptables"


class CannotPart(Exception):
    """This machine has no packet filter, or does not let us set it; it says which."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One side: the port it listens at, and the loopback address that its own connections come from."""

    port: int
    source: str


def rules(lost: Peer, others: Sequence[Peer]) -> list[list[str]]:
    """What drops every packet between one and the others, whoever of them opened the connection, and none besides."""
    opened = [(lost, other) for other in others] + [(other, lost) for other in others]
    found = []
    for caller, called in opened:
        tcp = ["-i", "lo", "-p", "tcp"]
        found.append(["INPUT", *tcp, "-s", caller.source, "--dport", str(called.port), "-j", "DROP"])
        found.append(["INPUT", *tcp, "-d", caller.source, "--sport", str(called.port), "-j", "DROP"])
    return found


@contextmanager
def parted(lost: Peer, others: Sequence[Peer]) -> Iterator[None]:
    """Nothing passes between one and the others until the block ends; CannotPart, with nothing done, if we may not."""
    program = shutil.which(PROGRAM, path="/usr/sbin:/sbin:/usr/bin:/bin")
    as_root = root_prefix()
    if program is None or as_root is None:
        raise CannotPart(f"{PROGRAM} is not installed" if program is None else "only root parts a network")
    command = [*as_root, program, "-w"]
    set_rules: list[list[str]] = []
    try:
        for rule in rules(lost, others):
            done = subprocess.run([*command, "-I", *rule], check=False, capture_output=True, text=True)
            if done.returncode != 0:
                raise CannotPart(f"{PROGRAM}: {done.stderr.strip()}")
            set_rules.append(rule)
        yield
    finally:
        for rule in set_rules:
            subprocess.run([*command, "-D", *rule], check=True, capture_output=True)
