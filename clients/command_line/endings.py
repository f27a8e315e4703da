"""How a command ends: exit codes that scripts may rely on, and the errors that lead to them.

CommandEnded
  Refused       1  the system or a rule says no, or the work failed
  WrongUse      2  the command was not called as it is meant
  NotAllowed    3  not signed in, or the role may not
  NotFound      4  it does not exist, or is not yours to see
  Unavailable   5  no reply, busy or broken off: try again
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from enum import IntEnum
from typing import Any, ClassVar

Problem = Mapping[str, Any]


class ExitCode(IntEnum):
    OK = 0
    REFUSED = 1
    WRONG_USE = 2
    NOT_ALLOWED = 3
    NOT_FOUND = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130


class CommandEnded(Exception):
    """An expected end that is no success: what happened, and what the person can do next."""

    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED
    code: ClassVar[str] = "refused"

    def __init__(self, message: str, next_step: str = "", *, problem: Problem | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.problem = problem


class Refused(CommandEnded):
    pass


class WrongUse(CommandEnded):
    exit_code = ExitCode.WRONG_USE
    code = "wrong_use"


class NotAllowed(CommandEnded):
    exit_code = ExitCode.NOT_ALLOWED
    code = "not_allowed"


class NotFound(CommandEnded):
    exit_code = ExitCode.NOT_FOUND
    code = "not_found"


class Unavailable(CommandEnded):
    exit_code = ExitCode.UNAVAILABLE
    code = "unavailable"


def unknown(kind: str, name: str, known: Sequence[str], otherwise: str) -> WrongUse:
    """Say that there is no such thing, with the names that are close to it if any are."""
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    return WrongUse(
        f"There is no {kind} '{name}'.", f"Did you mean {' or '.join(close)}?" if close else otherwise
    )
