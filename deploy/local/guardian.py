"""Stops programs whose starter died: run as a script, told over standard input what to watch.

The starter writes "watch <pid> <signal>" and "forget <pid>" lines. The pipe closes with the starter, however
it dies, and only then the guardian acts: the named signal first, SIGKILL to the whole group after a grace.
A signal tied to the parent's death is shorter, but Linux alone has it, it reaches one process and not
its group, and it fires when the starting *thread* ends.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 25.0


def watched_at_end_of(lines: "list[str] | None" = None) -> dict[int, int]:
    """Return the pids still watched when the input ends, each with its stop signal."""
    watched: dict[int, int] = {}
    for line in sys.stdin if lines is None else lines:
        verb, pid, *rest = line.split()
        if verb == "watch":
            watched[int(pid)] = int(rest[0])
        else:
            watched.pop(int(pid), None)
    return watched


def stop(watched: dict[int, int]) -> None:
    """Signal every program, wait for all of them together, then kill what is left."""
    for pid, number in watched.items():
        _signal_process(pid, number)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(_is_alive(pid) for pid in watched):
        time.sleep(0.05)
    for pid in watched:
        _signal_group(pid, signal.SIGKILL)


def _is_alive(pid: int) -> bool:
    return _signal_process(pid, 0)


def _signal_process(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    stop(watched_at_end_of())
