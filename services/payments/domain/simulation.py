"""How a drafted policy compares with what was decided, and with how the lines were settled in the end."""

from collections import Counter
from dataclasses import dataclass, field

from services.payments.domain.decision_difference import DecisionFacts, Part

_RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Settled:
    """How the money of a line stands in the books now: whose it is and what it pays."""

    partner_code: str
    allocations: tuple[Part, ...]
    deductions: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """A decision that was recorded and the one the draft would have made; `settled` if the money is booked now."""

    recorded: DecisionFacts
    simulated: DecisionFacts
    settled: Settled | None

    @property
    def is_different(self) -> bool:
        """Scores and reasons may differ without anything else happening."""
        return _outcome(self.recorded) != _outcome(self.simulated)

    @property
    def is_contrary(self) -> bool:
        return is_contrary(self.simulated, self.settled)


def is_contrary(decision: DecisionFacts, settled: Settled | None) -> bool:
    """Whether the decision books by itself something else than what the line was settled with in the end.

    Money left on the right partner's account is incomplete, not contrary.
    """
    if settled is None or (decision.outcome, decision.kind) != ("auto", _RECEIPT):
        return False
    return (
        decision.partner_code != settled.partner_code
        or bool(Counter(decision.allocations) - Counter(settled.allocations))
        or bool(Counter(decision.deductions) - Counter(settled.deductions))
    )


@dataclass(slots=True)
class SimulationCounts:
    """Figures of a simulation while it runs; `straight_through` is the automatic receipts of all receipts."""

    counted: Counter[str] = field(default_factory=Counter)

    def add(self, line: SimulatedLine) -> None:
        self.counted["lines"] += 1
        self.counted["different"] += line.is_different
        for when, decision in (("recorded", line.recorded), ("simulated", line.simulated)):
            self.counted[f"{when}_{decision.outcome}"] += 1
            is_receipt = decision.kind == _RECEIPT
            self.counted[f"{when}_receipts"] += is_receipt
            self.counted[f"{when}_straight_through"] += is_receipt and decision.outcome == "auto"
            self.counted[f"{when}_contrary"] += is_contrary(decision, line.settled)
        is_auto = (line.recorded.outcome == "auto", line.simulated.outcome == "auto")
        self.counted["newly_automatic"] += is_auto == (False, True)
        self.counted["no_longer_automatic"] += is_auto == (True, False)
        self.counted["settled"] += line.settled is not None


def _outcome(facts: DecisionFacts) -> tuple[object, ...]:
    return (
        facts.outcome, facts.kind, facts.partner_code, facts.allocations, facts.deductions, facts.on_account_minor
    )  # fmt: skip
