"""What a fault is: done to a running system while callers book, and taken away again."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.exercise.load import Load
from tests.faults.processes import FragileSystem


class CannotInject(Exception):
    """This machine does not allow the fault; it says why."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a fault is done: the system, those who book there, chance from the run's seed, and how long faults last."""

    system: FragileSystem
    load: Load
    chance: random.Random
    seconds: float
    folder: Path


@dataclass(frozen=True, slots=True)
class Fault:
    """`inject(scene)` returns when the fault is over, with what it saw beside the callers, or raises CannotInject.

    `numbers` are those of the catalogue of faults; `expected` is what callers may notice.
    """

    name: str
    numbers: tuple[str, ...]
    expected: str
    inject: Callable[[Scene], str]
