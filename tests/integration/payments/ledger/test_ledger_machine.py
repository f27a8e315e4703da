"""The ledger agrees with a model of it after every step of random histories; `make soak-ledger` runs long ones."""

import os
import secrets
from collections import Counter
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.payments.ledger.conftest import NewBench
from tests.integration.payments.ledger.ledger_bench import LedgerBench
from tests.integration.payments.ledger.ledger_machine import LedgerMachine

STEPS: Final = int(os.environ.get("LEDGER_STEPS") or 160)
SEED: Final = int(os.environ.get("LEDGER_SEED") or secrets.randbelow(2**32))
STEPS_PER_HISTORY: Final = 40
HISTORIES_PER_ROUND: Final = 50
ENOUGH_TO_SEE_EVERYTHING: Final = 2_000


EVERY_REFUSAL: Final = {
    "AlreadyDecided",
    "AlreadyReversed",
    "CreditBeyondInvoice",
    "CreditUsedUp",
    "ItemNotPayable",
    "ItemSettled",
    "MakerIsChecker",
    "NotACheque",
    "NoteUsed",
    "ReceiptRefunded",
}


class CountedMachine(LedgerMachine):
    """Adds its steps, and how its actions ended, to those of the histories before."""

    def __init__(self, bench: LedgerBench, ends: Counter[str]) -> None:
        super().__init__(bench)
        self.ends = ends

    def teardown(self) -> None:
        super().teardown()
        self.ends.update(self.bench.ends)
        self.ends["steps"] += self.steps


def test_the_books_are_the_model_after_every_step(
    new_bench: NewBench, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each round has a seed of its own that follows from the first: the same SEED and STEPS are the same histories."""
    ends = Counter[str]()
    with capsys.disabled():
        print(f"\nmake soak-ledger STEPS={STEPS} SEED={SEED}")

    rounds = 0
    while ends["steps"] < STEPS:
        run_state_machine_as_test(
            seed(SEED + rounds)(lambda: CountedMachine(new_bench(), ends)),
            settings=histories_for(STEPS - ends["steps"]),
        )
        rounds += 1

    with capsys.disabled():
        print(f"{ends.pop('steps'):,} steps agree with the model; {dict(ends.most_common())}")
    assert STEPS < ENOUGH_TO_SEE_EVERYTHING or set(ends) >= EVERY_REFUSAL


def histories_for(steps_left: int) -> settings:
    return settings(
        max_examples=min(-(-steps_left // STEPS_PER_HISTORY), HISTORIES_PER_ROUND),
        stateful_step_count=STEPS_PER_HISTORY,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
