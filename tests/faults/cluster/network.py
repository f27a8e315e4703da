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


Rule = list[str]


def between(lost: Peer, others: Sequence[Peer]) -> list[Rule]:
    """What drops every packet between one and the others, whoever of them opened the connection, and none besides."""
    opened = [(lost, other) for other in others] + [(other, lost) for other in others]
    found = []
    for caller, called in opened:
        found.append(_dropping("-s", caller.source, "--dport", str(called.port)))
        found.append(_dropping("-d", caller.source, "--sport", str(called.port)))
    return found


def of_connection(port: int, *, served_at: int) -> list[Rule]:
    """What drops every packet of one connection, by its own port and that of the server."""
    return [
        _dropping("--sport", str(port), "--dport", str(served_at)),
        _dropping("--sport", str(served_at), "--dport", str(port)),
    ]


def of_server(port: int) -> list[Rule]:
    """What drops every packet to and from whoever listens there, as if its machine had gone."""
    return [_dropping("--dport", str(port)), _dropping("--sport", str(port))]


def losing(port: int, share: float) -> list[Rule]:
    """What drops this share of the packets to and from a server, by chance."""
    chance = ("-m", "statistic", "--mode", "random", "--probability", f"{share:.4f}")
    return [_dropping("--dport", str(port), *chance), _dropping("--sport", str(port), *chance)]


@contextmanager
def vanishing(rules: Sequence[Rule]) -> Iterator[None]:
    """What the rules name vanishes until the block ends; CannotPart, with nothing done, if we may not."""
    program = shutil.which(PROGRAM, path="/usr/sbin:/sbin:/usr/bin:/bin")
    as_root = root_prefix()
    if program is None or as_root is None:
        raise CannotPart(f"{PROGRAM} is not installed" if program is None else "only root parts a network")
    command = [*as_root, program, "-w"]
    set_rules: list[Rule] = []
    try:
        for rule in rules:
            done = subprocess.run([*command, "-I", *rule], check=False, capture_output=True, text=True)
            if done.returncode != 0:
                raise CannotPart(f"{PROGRAM}: {done.stderr.strip()}")
            set_rules.append(rule)
        yield
    finally:
        for rule in set_rules:
            subprocess.run([*command, "-D", *rule], check=True, capture_output=True)


def _dropping(*which: str) -> Rule:
    return ["INPUT", "-i", "lo", "-p", "tcp", *which, "-j", "DROP"]
