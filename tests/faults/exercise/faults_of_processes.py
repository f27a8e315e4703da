"""Faults of our own processes: they end, die, are restarted in turn, and run twice."""

import time
from typing import Final

from tests.faults.exercise.fault import Fault, Scene
from tests.faults.processes import EVERY_PROCESS


def _api_ends(scene: Scene) -> str:
    scene.system.terminate("payments API")
    scene.system.start("payments API")
    return "SIGTERM, started again"


def _api_dies(scene: Scene) -> str:
    scene.system.kill("payments API")
    scene.system.start("payments API")
    return "SIGKILL, started again"


def _worker_takes_over(scene: Scene) -> str:
    """Two relays and two schedulers, then the one that was first dies."""
    copy = scene.system.start_copy("payments worker")
    time.sleep(scene.seconds / 4)
    scene.system.kill("payments worker")
    time.sleep(scene.seconds / 4)
    scene.system.start("payments worker")
    scene.system.terminate(copy)
    return "two workers, the first killed, another started, the second ended"


def _everything_restarts_in_turn(scene: Scene) -> str:
    began_at = time.monotonic()
    for name in EVERY_PROCESS:
        scene.system.terminate(name)
        scene.system.start(name)
    return f"{len(EVERY_PROCESS)} processes one after the other in {time.monotonic() - began_at:.1f} s"


FAULTS: Final = (
    Fault("api-ends", ("F4",), "requests wait or are repeated while it is away", _api_ends),
    Fault("api-dies", ("F1",), "requests under way break and are repeated", _api_dies),
    Fault("worker-takes-over", ("F24",), "nothing", _worker_takes_over),
    Fault(
        "rolling-restart",
        ("F31",),
        "with one process of each kind, requests are repeated while it is away",
        _everything_restarts_in_turn,
    ),
)
