"""A deployment as it is done to two of every process: one after the other, while callers book and read."""

import time

from tests.faults.cluster.system import EVERY_PROCESS
from tests.faults.exercise.fault import Fault, Scene
from tests.faults.exercise.readers import reading


def _everything_restarts_in_turn(scene: Scene) -> str:
    """One of two at a time, each until it is ready again: nobody may be answered an error."""
    attempts = scene.load.attempts
    before, attempts.slowest_seconds = attempts.answers.copy(), 0.0
    began_at = time.monotonic()
    with reading(scene.load.stage) as reads:
        for name in sorted(EVERY_PROCESS):  # both of a kind follow each other
            scene.system.terminate(name)
            scene.system.start(name)
            time.sleep(1.5)  # as long as the address takes to see that it is ready
    failed = {
        answer: count for answer, count in (attempts.answers - before).items() if not answer.startswith("2")
    }
    attempts.wrong += [f"{words} {count} times" for words, count in (*failed.items(), *reads.failed.items())]
    return (
        f"{len(EVERY_PROCESS)} processes in {time.monotonic() - began_at:.1f} s; bookings that failed: {failed or 'none'},"
        f" the slowest {attempts.slowest_seconds:.1f} s; {reads}"
    )


FAULTS = (Fault("cluster-rolling-restart", ("F31",), "nothing", _everything_restarts_in_turn),)
