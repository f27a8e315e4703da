"""What an exercise found, as a page for people and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.exercise.run import Outcome

HEADINGS = (
    "No.",
    "fault",
    "seen",
    "callers were answered",
    "acknowledged",
    "silence",
    "recovery",
    "settled",
    "wrong",
)


@dataclass(frozen=True, slots=True)
class Report:
    command: str
    seed: int
    seconds: float
    began_at: str
    outcomes: Sequence[Outcome]
    not_done: Mapping[str, str]

    def write(self, path: Path) -> None:
        """Both forms, beside each other: `path` with .json and with .md."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".json").write_text(json.dumps(self._as_json(), indent=1) + "\n")
        path.with_suffix(".md").write_text(self.as_page())

    def as_page(self) -> str:
        return "\n".join(
            [
                "# Faults under load",
                "",
                self._introduction(),
                "",
                _row(HEADINGS),
                _row(["---"] * len(HEADINGS)),
                *(_row(_cells(one)) for one in self.outcomes),
                "",
                *(f"- {number}: not part of it; {reason}." for number, reason in self.not_done.items()),
                "",
            ]
        )

    def _introduction(self) -> str:
        return (
            f"`make {self.command} SEED={self.seed} LASTING={self.seconds:g}`, begun {self.began_at}. Four callers book five"
            " receipts a second of all together, each on paper before it is sent. *Silence* is the longest that nobody"
            " was acknowledged anything, *recovery* the time from the end of the fault to the next acknowledgement,"
            " *settled* that until every fact had reached the other services. *Wrong* names what was acknowledged and"
            " is not booked, is booked twice, is not balanced or is not known elsewhere."
        )

    def _as_json(self) -> dict[str, object]:
        return {
            "command": self.command,
            "seed": self.seed,
            "seconds": self.seconds,
            "began_at": self.began_at,
            "outcomes": [one.as_json() for one in self.outcomes],
            "not_done": dict(self.not_done),
        }


def _cells(one: Outcome) -> list[str]:
    return [
        ", ".join(one.numbers),
        one.fault,
        one.seen,
        ", ".join(f"{answer} × {count}" for answer, count in one.answers.items()),
        f"{one.acknowledged} of {one.sent}",
        f"{one.silence_seconds} s",
        f"{one.recovery_seconds} s",
        f"{one.settled_seconds} s",
        "; ".join(one.complaints) or "nothing",
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
