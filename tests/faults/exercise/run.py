"""One fault done to the running system under load, and what came of it."""

import random
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.exercise.fault import CannotInject, Fault, Scene
from tests.faults.exercise.load import under_load
from tests.faults.exercise.oracle import complaints
from tests.faults.exercise.stage import set_stage
from tests.faults.processes import FragileSystem

# Acknowledged before the fault and after it, so that there is something to lose and something that shows life.
BEFORE, AFTER = 10, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`silence_seconds`: the longest that no caller was acknowledged anything; `recovery_seconds`: from the fault's end to
    the next acknowledgement; `settled_seconds`: from the last booking until every fact had reached the other services."""

    fault: str
    numbers: tuple[str, ...]
    expected: str
    seen: str
    could_be_done: bool
    sent: int
    acknowledged: int
    repeats: int
    answers: dict[str, int]
    silence_seconds: float
    recovery_seconds: float
    settled_seconds: float
    complaints: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def exercise(system: FragileSystem, fault: Fault, *, seed: int, seconds: float, folder: Path) -> Outcome:
    """Callers book, the fault comes and goes, callers book on; then the books are looked at."""
    stage = set_stage(system, f"{fault.name}{seed}")
    could_be_done = True
    with under_load(stage, folder / f"{fault.name}-{seed}.journal", seed) as load:
        load.wait_for(BEFORE)
        try:
            chance = random.Random(f"{seed}-{fault.name}")
            seen = fault.inject(Scene(system, load, chance, seconds, folder))
        except CannotInject as reason:
            could_be_done, seen = False, f"not done: {reason}"
        fault_over = time.monotonic()
        load.wait_for(AFTER)
    over, attempts = time.monotonic(), load.attempts
    found = complaints(system, attempts)
    return Outcome(
        fault=fault.name,
        numbers=fault.numbers,
        expected=fault.expected,
        seen=seen,
        could_be_done=could_be_done,
        sent=len(attempts.amounts),
        acknowledged=len(attempts.acknowledged),
        repeats=attempts.repeats,
        answers=dict(attempts.answers.most_common()),
        silence_seconds=round(attempts.longest_silence_seconds(), 1),
        recovery_seconds=round(attempts.recovery_seconds(fault_over), 1),
        settled_seconds=round(time.monotonic() - over, 1),
        complaints=tuple(found),
    )
